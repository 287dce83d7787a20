//! What may enter httpd's strings and header lines.
#![no_main]
#![allow(dead_code)]

#[path = "../../src/httpd/text.rs"]
mod text;

use libfuzzer_sys::fuzz_target;
use text::{Error, OwnedText, Text};

fuzz_target!(|bytes: &[u8]| {
    let whole = |text: Text<'_>| text.as_bytes() == bytes;
    match Text::new(bytes) {
        Ok(text) => assert!(whole(text) && !bytes.contains(&0)),
        Err(error) => assert!(error == Error::Nul && bytes.contains(&0)),
    }
    let first = bytes.iter().find(|byte| b"\0\r\n".contains(byte));
    match Text::header(bytes) {
        Ok(text) => assert!(whole(text) && first.is_none()),
        Err(Error::Nul) => assert_eq!(first, Some(&0)),
        Err(Error::LineEnd) => assert!(matches!(first, Some(b'\r' | b'\n'))),
    }
    assert_eq!(OwnedText::new(bytes.into()).is_ok(), Text::new(bytes).is_ok());
    assert_eq!(OwnedText::header(bytes.into()).is_ok(), first.is_none());
});
