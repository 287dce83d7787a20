//! Header values with parameters: nothing is made up, and what is written is read again.
#![no_main]
#![allow(dead_code)]

#[path = "../../src/parse/mod.rs"]
mod parse;

use libfuzzer_sys::fuzz_target;
use parse::parameters::header;

fuzz_target!(|line: &[u8]| {
    let found = header(line);
    assert_eq!(found.value, found.value.trim_ascii().to_ascii_lowercase());
    assert!(found.parameters.len() <= line.iter().filter(|&&byte| byte == b'=').count());
    // A byte of ISO-8859-1 is at most two of UTF-8.
    let size = found.parameters.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
    assert!(found.value.len() + size <= 2 * line.len());

    // What could be decoded is; what is left with an asterisk stays as it is.
    let mut written = found.value.clone();
    for (name, value) in &found.parameters {
        written.extend([b";", &name[..], b"=\"", &quoted(value), b"\""].concat());
    }
    // A name beyond the first semicolon has none in it; one in quotes may have any.
    assert_eq!(header(&written), found);
});

fn quoted(value: &[u8]) -> Vec<u8> {
    value.iter().flat_map(|&byte| if b"\\\"".contains(&byte) { vec![b'\\', byte] } else { vec![byte] }).collect()
}
