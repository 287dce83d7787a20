//! pyvenv.cfg: any file has a version or none.
#![no_main]
#![allow(dead_code)]

#[path = "../../src/parse/mod.rs"]
mod parse;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    let text = String::from_utf8_lossy(file);
    if let Some((major, minor)) = parse::pyvenv::version(&text) {
        assert!(text.contains("version"));
        let written = format!("version = {major}.{minor}.7");
        assert_eq!(parse::pyvenv::version(&written), Some((major, minor)));
    }
});
