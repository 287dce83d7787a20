//! Arguments of handler directives: a line is refused, or its parts are parts of it.
#![no_main]
#![allow(dead_code)]

#[path = "../../src/parse/mod.rs"]
mod parse;

use libfuzzer_sys::fuzz_target;
use parse::handler::{Error, line, name};

fuzz_target!(|raw: &[u8]| {
    let line = match line(raw) {
        Ok(line) => line,
        Err(Error::NoName) => {
            let names = raw.split(|&byte| byte == b'|').next().unwrap_or_default();
            assert!(names.iter().all(u8::is_ascii_whitespace));
            return;
        }
        Err(Error::EmptyModule | Error::EmptyObject) => {
            assert!(contains(raw, b"::"));
            return;
        }
    };
    assert!(!line.names.is_empty());
    for found in &line.names {
        assert!(contains(raw, &found.text) && !found.module.is_empty());
        assert!(!found.text.contains(&b'|') && !found.text.iter().any(u8::is_ascii_whitespace));
        let joined = match &found.object {
            Some(object) => [&found.module[..], b"::", object].concat(),
            None => found.module.clone(),
        };
        assert_eq!(joined, found.text);
        assert_eq!(name(&found.text).as_ref(), Ok(found));
    }
    for extension in &line.extensions {
        assert!(contains(raw, extension) && !extension.is_empty() && !extension.contains(&b'|'));
    }
});

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
