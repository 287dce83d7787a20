//! What is derived from a path: the extension that a handler list is chosen by, and the
//! directory that names an interpreter.
#![no_main]
#![allow(dead_code)]

#[path = "../../src/settings/mod.rs"]
mod settings;

use libfuzzer_sys::fuzz_target;
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
});
