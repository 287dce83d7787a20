//! Query strings: nothing is made up, nothing is lost but what the grammar drops.
#![no_main]
#![allow(dead_code)]

#[path = "../../src/parse/mod.rs"]
mod parse;

use std::collections::HashMap;

use libfuzzer_sys::fuzz_target;
use parse::query::{Pair, grouped, pairs};

fuzz_target!(|query: &[u8]| {
    let all = pairs(query, true);
    let pieces = query.split(|byte| b"&;".contains(byte)).filter(|piece| !piece.is_empty());
    assert_eq!(all.len(), pieces.count());
    assert!(size(&all) <= query.len());

    let filled: Vec<Pair> = all.iter().filter(|(_, value)| !value.is_empty()).cloned().collect();
    assert_eq!(pairs(query, false), filled);

    // Decoding undoes any encoding.
    let encoded: Vec<u8> = all.iter().flat_map(|(name, value)| encode(name, value)).collect();
    assert_eq!(pairs(&encoded, true), all);

    // Each name once; its values are those of the pairs, in order.
    let groups = grouped(all.clone());
    let mut expected: HashMap<Vec<u8>, Vec<Vec<u8>>> = HashMap::new();
    for (name, value) in all {
        expected.entry(name).or_default().push(value);
    }
    assert_eq!(groups.len(), expected.len());
    for (name, values) in &groups {
        assert_eq!(expected.get(name), Some(values));
    }
});

fn size(pairs: &[Pair]) -> usize {
    pairs.iter().map(|(name, value)| name.len() + value.len()).sum()
}

fn encode(name: &[u8], value: &[u8]) -> Vec<u8> {
    [&escape(name)[..], b"=", &escape(value), b"&"].concat()
}

fn escape(bytes: &[u8]) -> Vec<u8> {
    let digit = |nibble: u8| b"0123456789ABCDEF"[usize::from(nibble)];
    bytes.iter().flat_map(|&byte| [b'%', digit(byte >> 4), digit(byte & 15)]).collect()
}
