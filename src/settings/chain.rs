//! The configuration in force: sections laid over one another.
//!
//! httpd merges sections for every request. A merge here is one small node that
//! points at both sides, and a question walks from the innermost section outward;
//! copying tables would cost each request what only few ask for. The walk gives
//! the same answer however httpd groups its merges.

use super::extension;
use super::filters::Direction;
use super::handlers::Handler;
use super::options::Options;
use super::section::{PhaseIndex, PhaseSet, Phases, Section, Storage, Values};
use std::sync::Arc;

#[derive(Debug)]
pub enum Chain<'p> {
    Section(Box<Section>),
    Merged {
        outer: &'p Chain<'p>,
        inner: &'p Chain<'p>,
        /// Of both sides: most phases have no handlers, and then need no walk.
        phases: Phases,
        storage: Storage,
    },
}

impl<'p> Chain<'p> {
    pub fn merged(outer: &'p Chain<'p>, inner: &'p Chain<'p>) -> Self {
        let phases = outer.all_phases().and(inner.all_phases());
        Chain::Merged { outer, inner, phases, storage: outer.storage().under(inner.storage()) }
    }

    /// The phases that there are handlers for, for some files at least.
    #[inline]
    pub fn phases(&self) -> PhaseSet {
        self.all_phases().any
    }

    #[inline]
    fn all_phases(&self) -> Phases {
        match self {
            Chain::Section(section) => section.phases(),
            Chain::Merged { phases, .. } => *phases,
        }
    }

    pub fn storage(&self) -> Storage {
        match self {
            Chain::Section(section) => section.storage(),
            Chain::Merged { storage, .. } => *storage,
        }
    }

    /// The first answer, from the innermost section outward.
    fn find<'a, T>(&'a self, ask: &impl Fn(&'a Section) -> Option<T>) -> Option<T> {
        match self {
            Chain::Section(section) => ask(section),
            Chain::Merged { outer, inner, .. } => inner.find(ask).or_else(|| outer.find(ask)),
        }
    }

    /// All directives that hold one value, in one walk.
    pub fn values(&self) -> Values<'_> {
        let mut values = Values::default();
        self.collect(&mut values);
        values
    }

    fn collect<'a>(&'a self, values: &mut Values<'a>) {
        match self {
            Chain::Section(section) => values.add_outer(section),
            Chain::Merged { outer, inner, .. } => {
                inner.collect(values);
                outer.collect(values);
            }
        }
    }

    /// All options, including those that an empty value removes.
    pub fn options(&self) -> Options {
        match self {
            Chain::Section(section) => section.options.clone(),
            Chain::Merged { outer, inner, .. } => {
                let mut options = outer.options();
                options.overlay(&inner.options());
                options
            }
        }
    }

    /// The value of one option; None if it is not set, or an empty value removes it.
    pub fn option(&self, key: &[u8]) -> Option<&[u8]> {
        self.find(&|section| section.options.get(key)).filter(|value| !value.is_empty())
    }

    /// The outermost directory that handlers are configured for: the importer's `~`.
    pub fn handler_root(&self) -> Option<&[u8]> {
        match self {
            Chain::Section(section) => section.handler_directory(),
            Chain::Merged { outer, inner, .. } => outer.handler_root().or_else(|| inner.handler_root()),
        }
    }

    /// PythonAuthnProvider.
    pub fn authn_provider(&self) -> Option<&Handler> {
        self.find(&Section::authn_provider)
    }

    /// The list that serves `filename`: that of its extension, from whichever
    /// section, before any plain list.
    pub fn handlers(&self, phase: PhaseIndex, filename: Option<&[u8]>) -> Option<&Arc<[Handler]>> {
        let phases = self.all_phases();
        if phases.any & (1 << phase) == 0 {
            return None;
        }
        let plain = || self.find(&|section| section.handlers(phase, b""));
        match filename.filter(|_| phases.restricted & (1 << phase) != 0) {
            Some(filename) => {
                let extension = extension::of(filename);
                self.find(&|section| section.handlers(phase, &extension)).or_else(plain)
            }
            None => plain(),
        }
    }

    /// What handles the filter of that name.
    pub fn filter(&self, direction: Direction, name: &[u8]) -> Option<&Arc<Handler>> {
        self.find(&|section| section.filters.get(direction, name))
    }

    /// The extension by which `filename` is matched with the phase's lists: that of a
    /// list restricted to it, `""` for a name without extension that a plain list serves;
    /// None where no list is for this name in particular.
    pub fn matched_extension(&self, phase: PhaseIndex, filename: Option<&[u8]>) -> Option<Vec<u8>> {
        let extension = extension::of(filename?);
        self.find(&|section| section.handlers(phase, &extension)).is_some().then_some(extension)
    }
}

#[cfg(test)]
mod tests {
    use super::super::handlers::Place;
    use super::super::section::Setting;
    use super::*;

    fn section(lists: &[(&str, &str)]) -> Chain<'static> {
        let mut section = Section::default();
        for (extension, name) in lists {
            let name = name.as_bytes().to_vec();
            let handler = Handler::new(name.clone(), name, b"handler".to_vec(), Place::Server);
            section.add_handlers(0, extension.as_bytes(), &[handler]);
        }
        Chain::Section(Box::new(section))
    }

    fn names(chain: &Chain<'_>, filename: &str) -> Vec<String> {
        let handlers = chain.handlers(0, Some(filename.as_bytes()));
        handlers
            .into_iter()
            .flat_map(|list| list.iter())
            .map(|handler| String::from_utf8_lossy(&handler.text).into_owned())
            .collect()
    }

    /// The example of the configuration contract: /w, /w/sub and /w/sub2.
    #[test]
    fn lists_replace_per_key_and_extension_lists_outrank_plain_ones() {
        let outer = section(&[("", "a"), (".py", "b")]);
        let sub = section(&[("", "d")]);
        let sub2 = section(&[(".py", "c")]);
        let in_sub = Chain::merged(&outer, &sub);
        let in_sub2 = Chain::merged(&outer, &sub2);
        assert_eq!(names(&outer, "/w/x.txt"), ["a"]);
        assert_eq!(names(&outer, "/w/x.py"), ["b"]);
        assert_eq!(names(&in_sub, "/w/sub/x.txt"), ["d"]);
        assert_eq!(names(&in_sub, "/w/sub/x.py"), ["b"]);
        assert_eq!(names(&in_sub2, "/w/sub2/x.py"), ["c"]);
        assert_eq!(names(&in_sub2, "/w/sub2/x.txt"), ["a"]);
    }

    #[test]
    fn directives_of_one_section_accumulate() {
        assert_eq!(names(&section(&[("", "a"), ("", "b")]), "x"), ["a", "b"]);
    }

    #[test]
    fn filters_replace_per_name_and_others_are_inherited() {
        let filters = |named: &[(&str, &str)]| {
            let mut section = Section::default();
            for (name, text) in named {
                let text = text.as_bytes().to_vec();
                let handler = Handler::new(text.clone(), text, b"outputfilter".to_vec(), Place::Server);
                section.filters.set(Direction::Output, name.as_bytes(), handler);
            }
            Chain::Section(Box::new(section))
        };
        let (outer, inner) = (filters(&[("x", "a"), ("y", "b")]), filters(&[("X", "c")]));
        let merged = Chain::merged(&outer, &inner);
        let text = |name: &[u8]| merged.filter(Direction::Output, name).map(|handler| handler.text.clone());
        assert_eq!(text(b"x"), Some(b"c".to_vec()));
        assert_eq!(text(b"y"), Some(b"b".to_vec()));
        assert!(merged.filter(Direction::Input, b"x").is_none());
    }

    #[test]
    fn merging_is_associative() {
        let (a, b, c) = (section(&[("", "a")]), section(&[(".py", "b")]), section(&[("", "c")]));
        let ab = Chain::merged(&a, &b);
        let bc = Chain::merged(&b, &c);
        let left = Chain::merged(&ab, &c);
        let right = Chain::merged(&a, &bc);
        for filename in ["x", "x.py"] {
            assert_eq!(names(&left, filename), names(&right, filename));
        }
    }

    #[test]
    fn an_inner_off_outranks_an_outer_on() {
        let with_debug = |value: &[u8]| {
            let mut section = Section::default();
            section.set(Setting::Debug, value);
            Chain::Section(Box::new(section))
        };
        let (outer, inner) = (with_debug(b"1"), with_debug(b"0"));
        let merged = Chain::merged(&outer, &inner);
        assert!(!merged.values().is_on(Setting::Debug, true));
    }

    #[test]
    fn the_innermost_section_says_whether_a_file_is_needed() {
        let location = |has_handler: bool| {
            let mut section = Section::new(true);
            if has_handler {
                let place = Place::Location(b"/x".to_vec());
                let handler = Handler::new(b"m".to_vec(), b"m".to_vec(), b"handler".to_vec(), place);
                section.add_handlers(0, b"", &[handler]);
            }
            Chain::Section(Box::new(section))
        };
        let (server, handled, bare) = (section(&[("", "a")]), location(true), location(false));
        assert_eq!(server.storage(), Storage::Open);
        assert_eq!(Chain::merged(&server, &handled).storage(), Storage::Virtual);
        assert_eq!(Chain::merged(&handled, &server).storage(), Storage::Virtual);
        assert_eq!(Chain::merged(&handled, &bare).storage(), Storage::Mapped);
    }

    #[test]
    fn the_handler_root_is_the_outermost_directory_with_handlers() {
        let of = |place: Place| {
            let mut section = Section::default();
            section.add_handlers(0, b"", &[Handler::new(b"m".into(), b"m".into(), b"handler".into(), place)]);
            Chain::Section(Box::new(section))
        };
        let server = of(Place::Server);
        let (outer, inner) = (of(Place::Directory(b"/w/".into())), of(Place::Directory(b"/w/sub/".into())));
        let below = Chain::merged(&server, &outer);
        let chain = Chain::merged(&below, &inner);
        assert_eq!(chain.handler_root(), Some(&b"/w/"[..]));
        assert_eq!(inner.handler_root(), Some(&b"/w/sub/"[..]));
        assert_eq!(server.handler_root(), None);
    }

    #[test]
    fn the_innermost_value_of_an_option_counts_and_an_empty_one_removes() {
        let with = |value: &[u8]| {
            let mut section = Section::default();
            section.options.set(b"key", value);
            Chain::Section(Box::new(section))
        };
        let (outer, inner, removing) = (with(b"outer"), with(b"inner"), with(b""));
        let merged = Chain::merged(&outer, &inner);
        assert_eq!((merged.option(b"KEY"), merged.option(b"other")), (Some(&b"inner"[..]), None));
        assert_eq!(Chain::merged(&outer, &removing).option(b"key"), None);
    }

    #[test]
    fn without_a_list_there_is_no_handler() {
        assert!(section(&[(".py", "b")]).handlers(0, Some(b"x.txt")).is_none());
        assert!(section(&[("", "a")]).handlers(1, None).is_none());
    }
}
