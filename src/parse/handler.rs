//! The argument of a handler directive:
//!
//! ```text
//! name [name ...] [ | .ext [.ext ...] ]        name := module[::object]
//! module := dotted.name | /file | ./file | ../file | ~/file
//! ```
//!
//! httpd hands it over raw, so quotes are part of the names, as in mod_python 3.5.

use std::fmt;

/// One `module[::object]`, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    pub text: Vec<u8>,
    pub module: Vec<u8>,
    /// What stands behind `::`, if anything does.
    pub object: Option<Vec<u8>>,
}

impl Name {
    /// Whether the module is a file relative to the directory of the directive.
    pub fn needs_directory(&self) -> bool {
        self.module.starts_with(b"./") || self.module.starts_with(b"../")
    }
}

/// A parsed handler directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub names: Vec<Name>,
    /// Empty: no restriction.
    pub extensions: Vec<Vec<u8>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    NoName,
    EmptyModule,
    EmptyObject,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Error::NoName => "names no handler; write module or module::object",
            Error::EmptyModule => "has no module before '::'",
            Error::EmptyObject => "has no object after '::'",
        })
    }
}

/// Splits the raw argument of a handler directive.
pub fn line(raw: &[u8]) -> Result<Line, Error> {
    let bar = raw.iter().position(|&byte| byte == b'|');
    let (names, extensions) = match bar {
        Some(at) => (&raw[..at], &raw[at..]),
        None => (raw, &raw[raw.len()..]),
    };
    let names = words(names).map(name).collect::<Result<Vec<_>, _>>()?;
    if names.is_empty() {
        return Err(Error::NoName);
    }
    // A repeated bar is swallowed, wherever it stands.
    let extensions = extensions.split(|&byte| byte == b'|').flat_map(words).map(<[u8]>::to_vec).collect();
    Ok(Line { names, extensions })
}

/// Splits one `module[::object]` at the first `::`.
pub fn name(text: &[u8]) -> Result<Name, Error> {
    let split = text.windows(2).position(|pair| pair == b"::");
    let (module, object) = match split {
        Some(at) => (&text[..at], Some(text[at + 2..].to_vec())),
        None => (text, None),
    };
    if module.is_empty() {
        return Err(Error::EmptyModule);
    }
    if object.as_ref().is_some_and(Vec::is_empty) {
        return Err(Error::EmptyObject);
    }
    Ok(Name { text: text.to_vec(), module: module.to_vec(), object })
}

fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(raw: &str) -> (Vec<String>, Vec<String>) {
        let line = line(raw.as_bytes()).expect("a valid line");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("ASCII");
        (
            line.names.into_iter().map(|name| text(name.text)).collect(),
            line.extensions.into_iter().map(text).collect(),
        )
    }

    #[test]
    fn several_names_keep_their_order() {
        assert_eq!(parsed(" a  b::c\td "), (vec!["a".into(), "b::c".into(), "d".into()], vec![]));
    }

    #[test]
    fn extensions_follow_the_bar() {
        assert_eq!(parsed("a | .py .txt").1, [".py", ".txt"]);
        assert_eq!(parsed("a|.py").1, [".py"]);
    }

    #[test]
    fn repeated_bars_are_swallowed() {
        assert_eq!(parsed("a || .py | .txt").1, [".py", ".txt"]);
    }

    #[test]
    fn nothing_behind_the_bar_means_no_restriction() {
        assert!(parsed("a |  ").1.is_empty());
    }

    #[test]
    fn quotes_are_part_of_the_name() {
        assert_eq!(parsed("\"m::f\"").0, ["\"m::f\""]);
    }

    #[test]
    fn a_name_splits_at_its_first_double_colon() {
        let name = name(b"pkg.mod::Cls.meth::x").expect("a valid name");
        assert_eq!(
            (name.module.as_slice(), name.object.as_deref()),
            (&b"pkg.mod"[..], Some(&b"Cls.meth::x"[..]))
        );
    }

    #[test]
    fn only_files_relative_to_the_directive_need_a_directory() {
        let needs = |text: &str| name(text.as_bytes()).expect("a valid name").needs_directory();
        assert!(needs("./index") && needs("../lib/x.py::f"));
        for text in ["index", "package.module", "/srv/x.py::f", "~/x", ".hidden", "...", "~user/x"] {
            assert!(!needs(text), "{text}");
        }
    }

    #[test]
    fn a_file_keeps_its_dots_and_slashes() {
        let name = name(b"~/a.b/c.py::Page.show").expect("a valid name");
        assert_eq!(
            (name.module.as_slice(), name.object.as_deref()),
            (&b"~/a.b/c.py"[..], Some(&b"Page.show"[..]))
        );
    }

    #[test]
    fn incomplete_names_are_errors() {
        assert_eq!(line(b"  | .py"), Err(Error::NoName));
        assert_eq!(line(b"::f"), Err(Error::EmptyModule));
        assert_eq!(line(b"m::"), Err(Error::EmptyObject));
    }
}
