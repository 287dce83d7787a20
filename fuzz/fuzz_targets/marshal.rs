//! marshal's data: what is read writes to data that reads as the same value.
#![no_main]
#![allow(dead_code)]

#[path = "../../src/parse/mod.rs"]
mod parse;

use libfuzzer_sys::fuzz_target;
use parse::marshal::{Long, Value, read, write};

fuzz_target!(|data: &[u8]| {
    let Ok(value) = read(data) else { return };
    let written = write(&value).expect("what can be read can be written");
    assert_eq!(read(&written).as_ref(), Ok(&value));
    // The forms of Python 2 are written in another way, and only these.
    if !data.iter().any(|code| b"ItRl".contains(code)) {
        assert_eq!(written, data);
    }
    longs(&value);
});

/// Large numbers go to Python and back as text.
fn longs(value: &Value) {
    match value {
        Value::Long(long) => assert_eq!(Long::from_hex(long.to_hex().as_bytes()).as_ref(), Some(value)),
        Value::Tuple(items) | Value::List(items) | Value::Set(items) | Value::FrozenSet(items) => {
            items.iter().for_each(longs);
        }
        Value::Dict(entries) => entries.iter().for_each(|(key, value)| {
            longs(key);
            longs(value);
        }),
        _ => {}
    }
}
