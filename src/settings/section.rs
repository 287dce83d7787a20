//! What the directives of one configuration section say.

use super::filters::Filters;
use super::handlers::{Handler, Place};
use super::options::Options;
use super::phases;
use std::sync::Arc;

/// Directives that hold one value. Flags are stored as `1` and `0`, as scripts
/// see them through `req.get_config()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    Path,
    Interpreter,
    InterpPerDirectory,
    InterpPerDirective,
    Debug,
    EnablePdb,
    AutoReload,
    RequestTimeout,
    Reload,
}

impl Setting {
    pub const ALL: [Setting; 9] = [
        Setting::Path,
        Setting::Interpreter,
        Setting::Debug,
        Setting::EnablePdb,
        Setting::InterpPerDirective,
        Setting::InterpPerDirectory,
        Setting::AutoReload,
        Setting::RequestTimeout,
        Setting::Reload,
    ];

    /// The directive, which is also the key in `req.get_config()`.
    pub const fn name(self) -> &'static str {
        match self {
            Setting::Path => "PythonPath",
            Setting::Interpreter => "PythonInterpreter",
            Setting::InterpPerDirectory => "PythonInterpPerDirectory",
            Setting::InterpPerDirective => "PythonInterpPerDirective",
            Setting::Debug => "PythonDebug",
            Setting::EnablePdb => "PythonEnablePdb",
            Setting::AutoReload => "PythonAutoReload",
            Setting::RequestTimeout => "PythonRequestTimeout",
            Setting::Reload => "PythonReload",
        }
    }
}

/// The values in force, borrowed from the sections that say so.
#[derive(Debug, Default)]
pub struct Values<'a>([Option<&'a [u8]>; Setting::ALL.len()]);

impl<'a> Values<'a> {
    /// Fills in what no section further in has said.
    pub fn add_outer(&mut self, section: &'a Section) {
        for (setting, said) in &section.values {
            self.0[*setting as usize].get_or_insert(said);
        }
    }

    pub fn get(&self, setting: Setting) -> Option<&'a [u8]> {
        self.0[setting as usize]
    }

    /// Whether a flag is On; absent means `default`.
    pub fn is_on(&self, setting: Setting, default: bool) -> bool {
        self.get(setting).map_or(default, |value| value == b"1")
    }
}

/// A phase's position in the phase table.
pub type PhaseIndex = usize;

/// One bit for each phase that a section has handlers for, in whatever list.
pub type PhaseSet = u32;

/// The handlers of one phase, for one extension or for all files.
#[derive(Debug)]
struct List {
    phase: PhaseIndex,
    /// `.py`; empty for the list without restriction.
    extension: Vec<u8>,
    /// Shared, so that a running phase can hold its list at no cost.
    handlers: Arc<[Handler]>,
}

/// One `<Directory>`, `<Location>`, `<Files>`, `.htaccess` or server level.
#[derive(Debug, Default)]
pub struct Section {
    /// At most one of each; most sections have few or none.
    values: Vec<(Setting, Vec<u8>)>,
    pub options: Options,
    pub filters: Filters,
    lists: Vec<List>,
    /// PythonAuthnProvider.
    authn_provider: Option<Handler>,
    phases: Phases,
    storage: Storage,
}

/// The phases that a section has handlers for.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Phases {
    /// In whatever list.
    pub any: PhaseSet,
    /// In a list that is restricted to an extension.
    pub restricted: PhaseSet,
}

impl Phases {
    pub fn and(self, other: Phases) -> Phases {
        Phases { any: self.any | other.any, restricted: self.restricted | other.restricted }
    }
}

/// What a section says about the way from URL to file.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// Server level: nothing.
    #[default]
    Open,
    /// A section that stands for files, or for a `<Location>` without handlers.
    Mapped,
    /// A `<Location>` with handlers: it needs no file behind it.
    Virtual,
}

impl Storage {
    /// The answer of `inner` laid over `self`.
    pub fn under(self, inner: Storage) -> Storage {
        if inner == Storage::Open { self } else { inner }
    }
}

impl Section {
    /// `has_path`: it is a section of the configuration or an .htaccess file, and not
    /// the server level.
    pub fn new(has_path: bool) -> Self {
        let storage = if has_path { Storage::Mapped } else { Storage::Open };
        Section { storage, ..Section::default() }
    }

    /// A copy in which `inner` lies over `outer`: what `Chain` answers, as one section.
    pub fn merge(outer: &Section, inner: &Section) -> Section {
        let mut merged = Section { options: outer.options.clone(), ..Section::default() };
        merged.options.overlay(&inner.options);
        for (setting, value) in outer.values.iter().chain(&inner.values) {
            merged.set(*setting, value);
        }
        merged
    }

    pub fn set(&mut self, setting: Setting, value: &[u8]) {
        self.values.retain(|(known, _)| *known != setting);
        self.values.push((setting, value.to_vec()));
    }

    pub fn get(&self, setting: Setting) -> Option<&[u8]> {
        self.values.iter().find(|(known, _)| *known == setting).map(|(_, value)| value.as_slice())
    }

    /// Appends to the phase's list for `extension`, or to its plain list.
    pub fn add_handlers(&mut self, phase: PhaseIndex, extension: &[u8], handlers: &[Handler]) {
        self.phases.any |= 1 << phase;
        self.phases.restricted |= u32::from(!extension.is_empty()) << phase;
        phases::mark_used(1 << phase);
        if handlers.iter().any(|handler| matches!(handler.place, Place::Location(_))) {
            self.storage = Storage::Virtual;
            self.phases.any |= phases::LOCATION;
            phases::mark_used(phases::LOCATION);
        }
        let same = |list: &&mut List| list.phase == phase && list.extension == extension;
        match self.lists.iter_mut().find(same) {
            Some(list) => list.handlers = list.handlers.iter().chain(handlers).cloned().collect(),
            None => {
                let (extension, handlers) = (extension.to_vec(), handlers.into());
                self.lists.push(List { phase, extension, handlers });
            }
        }
    }

    pub fn handlers(&self, phase: PhaseIndex, extension: &[u8]) -> Option<&Arc<[Handler]>> {
        let list = self.lists.iter().find(|list| list.phase == phase && list.extension == extension)?;
        Some(&list.handlers)
    }

    pub fn set_authn_provider(&mut self, provider: Handler) {
        self.authn_provider = Some(provider);
    }

    pub fn authn_provider(&self) -> Option<&Handler> {
        self.authn_provider.as_ref()
    }

    pub fn phases(&self) -> Phases {
        self.phases
    }

    pub fn storage(&self) -> Storage {
        self.storage
    }

    /// The directory that a handler of this section was written for.
    pub fn handler_directory(&self) -> Option<&[u8]> {
        let mut places =
            self.lists.iter().flat_map(|list| list.handlers.iter()).map(|handler| &handler.place);
        places.find_map(|place| match place {
            Place::Directory(directory) => Some(directory.as_slice()),
            _ => None,
        })
    }
}
