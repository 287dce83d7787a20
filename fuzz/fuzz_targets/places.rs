//! What is derived from a path: the extension that a handler list is chosen by, and the
//! directory that names an interpreter, or that a pattern matches.
#![no_main]
#![allow(dead_code)]

#[path = "../../src/settings/mod.rs"]
mod settings;

use libfuzzer_sys::fuzz_target;
use settings::handlers::Place;
use settings::interpreter::{Facts, choose};

fuzz_target!(|path: &[u8]| {
    let extension = settings::extension::of(path);
    if !extension.is_empty() {
        assert!(extension.starts_with(b".") && extension.len() > 1);
        assert!(!extension.windows(2).any(|pair| pair == b"..") && !extension.contains(&b'/'));
        // An extension is its own.
        assert_eq!(settings::extension::of(&extension), extension);
    }
    for is_directory in [false, true] {
        let facts = Facts { per_directory: true, filename: Some(path), is_directory, ..Facts::default() };
        let directory = choose(&facts);
        assert!(directory.ends_with(b"/") || (!is_directory && directory.is_empty()));
        assert!(!is_directory || !directory.ends_with(b"//"));
        assert!(path.starts_with(&directory[..directory.len().saturating_sub(1)]));
    }
    let slash = |byte: &u8| *byte == b'/';
    let (first, last) = (path.iter().position(slash), path.iter().rposition(slash));
    assert_eq!(Place::first_prefix(path, |_| true), first.map(|at| &path[..=at]));
    assert_eq!(Place::first_prefix(path, |_| false), None);
    let found = Place::first_prefix(path, |prefix| last == Some(prefix.len()));
    assert_eq!(found.is_some(), last.is_some());
    assert!(found.is_none_or(|found| found.ends_with(b"/") && path.starts_with(found)));
});
