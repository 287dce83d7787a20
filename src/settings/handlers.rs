//! Handler entries as the configuration stores them, and where each was written.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// The section that a directive stands in, as far as handlers care.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Server or virtual host level.
    Server,
    /// `<Location>` and `<LocationMatch>`: the text, verbatim.
    Location(Vec<u8>),
    /// `<Directory>` and `.htaccess`: absolute, with one trailing slash.
    Directory(Vec<u8>),
    /// `<Directory>` with wildcards: the pattern, verbatim.
    DirectoryGlob(Vec<u8>),
    /// `<DirectoryMatch>` and `<Directory ~>`: the regular expression, verbatim.
    DirectoryRegex(Vec<u8>),
}

impl Place {
    /// The text that scripts and interpreter names see, if there is one.
    pub fn text(&self) -> Option<&[u8]> {
        match self {
            Place::Server => None,
            Place::Location(text)
            | Place::Directory(text)
            | Place::DirectoryGlob(text)
            | Place::DirectoryRegex(text) => Some(text),
        }
    }

    /// Whether it is a directory, or a pattern of directories.
    pub fn is_directory(&self) -> bool {
        matches!(self, Place::Directory(_)) || self.is_pattern()
    }

    /// Whether it stands for many directories.
    pub fn is_pattern(&self) -> bool {
        matches!(self, Place::DirectoryGlob(_) | Place::DirectoryRegex(_))
    }

    /// The first prefix of `filename` (`/`, `/a/`, `/a/b/` ...) that `matches`
    /// accepts with or without its trailing slash, with the slash.
    pub fn first_prefix(filename: &[u8], mut matches: impl FnMut(&[u8]) -> bool) -> Option<&[u8]> {
        let ends = filename.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        ends.map(|at| &filename[..=at]).find(|prefix| matches(prefix) || matches(&prefix[..prefix.len() - 1]))
    }
}

/// One handler of a list.
#[derive(Debug, Clone)]
pub struct Handler {
    /// As written: `module` or `module::object`.
    pub text: Vec<u8>,
    pub module: Vec<u8>,
    /// As written, or the phase's default.
    pub object: Vec<u8>,
    pub place: Place,
    /// Of PythonHandlerModule: a module without the object is passed over.
    pub silent: bool,
    key: Key,
}

/// What tells one handler from another: module, object and place. Caches look up by
/// the hash and compare the content; the address of an entry means nothing, since
/// entries of .htaccess live in request pools.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    hash: u64,
    content: Vec<u8>,
}

impl Key {
    pub fn hash(&self) -> u64 {
        self.hash
    }
}

impl Handler {
    pub fn new(text: Vec<u8>, module: Vec<u8>, object: Vec<u8>, place: Place) -> Self {
        // NUL separates: httpd's configuration has none.
        let kind = match &place {
            Place::Server => b'S',
            Place::Location(_) => b'L',
            Place::Directory(_) => b'D',
            Place::DirectoryGlob(_) => b'G',
            Place::DirectoryRegex(_) => b'R',
        };
        let content = [&module[..], &object, &[kind], place.text().unwrap_or_default()].join(&0);
        let mut hasher = DefaultHasher::new();
        content.hash(&mut hasher);
        Handler { text, module, object, place, silent: false, key: Key { hash: hasher.finish(), content } }
    }

    /// The same, but passed over where its module has no such object.
    pub fn silent(self) -> Self {
        Handler { silent: true, ..self }
    }

    pub fn key(&self) -> &Key {
        &self.key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_matching_prefix_wins_and_keeps_its_slash() {
        let found =
            Place::first_prefix(b"/www/a/b/page.py", |prefix| prefix == b"/www/a" || prefix == b"/www/a/b");
        assert_eq!(found, Some(&b"/www/a/"[..]));
    }

    #[test]
    fn no_prefix_matches_no_directory() {
        assert_eq!(Place::first_prefix(b"/www/page.py", |_| false), None);
        assert_eq!(Place::first_prefix(b"", |_| true), None);
    }

    #[test]
    fn the_same_name_in_two_directories_is_two_targets() {
        let entry = |directory: &str| {
            let place = Place::Directory(directory.into());
            Handler::new(b"m".to_vec(), b"m".to_vec(), b"handler".to_vec(), place)
        };
        assert_eq!(entry("/a/").key(), entry("/a/").key());
        assert_ne!(entry("/a/").key(), entry("/b/").key());
    }
}
