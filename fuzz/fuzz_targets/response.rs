//! An application's status and headers: what passes cannot split an answer in two.
#![no_main]
#![allow(dead_code)]

#[path = "../../src/parse/mod.rs"]
mod parse;

use libfuzzer_sys::fuzz_target;
use parse::response::{Header, header, status};

fuzz_target!(|text: &[u8]| {
    let breaks = |part: &[u8]| part.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n'));
    if let Ok(number) = status(text) {
        assert!((200..600).contains(&number));
        assert!(text.starts_with(number.to_string().as_bytes()));
        assert!(!breaks(text));
    }
    let colon = text.iter().position(|&byte| byte == b':').unwrap_or(text.len());
    let (name, value) = (&text[..colon], &text[(colon + 1).min(text.len())..]);
    match header(name, value) {
        Ok(kind) => {
            assert!(!name.is_empty() && !breaks(name) && !breaks(value) && !name.contains(&b' '));
            if let Header::ContentLength(bytes) = kind {
                let digits = String::from_utf8_lossy(value);
                assert_eq!(digits.trim_start_matches('0').parse().unwrap_or(0), bytes);
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
