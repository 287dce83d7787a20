//! The `Cookie` header: nothing is made up, and separating what httpd has joined keeps what is found.
#![no_main]
#![allow(dead_code)]

#[path = "../../src/parse/mod.rs"]
mod parse;

use std::collections::HashSet;

use libfuzzer_sys::fuzz_target;
use parse::cookie::{Pair, pairs, separated};

fuzz_target!(|header: &[u8]| {
    let found: Vec<Pair<'_>> = pairs(header).collect();
    let mut rest = header;
    for (name, value) in &found {
        assert!(!name.is_empty() && !name.starts_with(b"$"));
        assert!(!name.iter().any(|byte| b" \t;=".contains(byte)));
        assert!(!value.contains(&b';') || is_quoted(value));
        // Each stands in the header, behind the one before.
        rest = &rest[find(rest, name)..];
        rest = &rest[find(rest, value)..];
    }

    // Written the plain way, they are read as they were.
    let plain: Vec<u8> =
        found.iter().flat_map(|(name, value)| [name, &b"="[..], value, b"; "].concat()).collect();
    assert_eq!(pairs(&plain).collect::<Vec<_>>(), found);

    let Some(separated_once) = separated(header) else { return };
    assert_eq!(separated(&separated_once), None);
    // Quotes may hold what looked like a name.
    if !header.contains(&b'"') {
        assert!(names(&separated_once).is_superset(&names(header)));
    }
});

fn names(header: &[u8]) -> HashSet<Vec<u8>> {
    pairs(header).map(|(name, _)| name.to_vec()).collect()
}

fn is_quoted(value: &[u8]) -> bool {
    value.len() >= 2 && value.starts_with(b"\"") && value.ends_with(b"\"")
}

fn find(text: &[u8], part: &[u8]) -> usize {
    if part.is_empty() {
        return 0;
    }
    text.windows(part.len()).position(|window| window == part).expect("a part of the header") + part.len()
}
