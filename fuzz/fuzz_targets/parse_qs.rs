//! Query strings: nothing is made up, nothing is lost but what the grammar drops.
#![no_main]
#![allow(dead_code)]

#[path = "../../src/parse/mod.rs"]
mod parse;

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

    let groups = grouped(all.clone());
    assert_eq!(groups.iter().map(|(_, values)| values.len()).sum::<usize>(), all.len());
    for (name, values) in &groups {
        let of_name = all.iter().filter(|(known, _)| known == name).map(|(_, value)| value);
        assert!(values.iter().eq(of_name));
    }
});

fn size(pairs: &[Pair]) -> usize {
    pairs.iter().map(|(name, value)| name.len() + value.len()).sum()
}

fn encode(name: &[u8], value: &[u8]) -> Vec<u8> {
    let escape = |bytes: &[u8]| bytes.iter().map(|byte| format!("%{byte:02X}")).collect::<String>();
    format!("{}={}&", escape(name), escape(value)).into_bytes()
}
