//! The table that scripts own, against the simplest model of it.
#![no_main]
#![allow(dead_code)]

#[path = "../../src/objects/entries.rs"]
mod entries;

use entries::{Entries, Entry};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|program: &[u8]| {
    let mut table = Entries::default();
    let mut model: Vec<Entry> = Vec::new();
    // Each step: what to do, the key's length, the key, and a value of one byte.
    let mut rest = program;
    while let [step, length, after @ ..] = rest {
        let (key, after) = after.split_at(after.len().min(usize::from(length % 4)));
        let (value, after) = after.split_at(after.len().min(1));
        rest = after;
        let same = |entry: &&Entry| entry.0.to_ascii_lowercase() == key.to_ascii_lowercase();
        match step % 6 {
            0 => {
                table.add(key, value);
                model.push((key.to_vec(), Some(value.to_vec())));
            }
            1 => {
                table.set(key, value);
                let first = model.iter().position(|entry| same(&entry));
                let kept = first.map(|at| (at, model[at].0.clone()));
                model = model.iter().filter(|entry| !same(entry)).cloned().collect();
                let (at, name) = kept.unwrap_or((model.len(), key.to_vec()));
                model.insert(at, (name, Some(value.to_vec())));
            }
            2 => {
                table.unset(key);
                model.retain(|entry| !same(&entry));
            }
            3 => assert_eq!(table.pop(), model.pop()),
            4 => {
                let found: Vec<_> = model.iter().filter(same).map(|(_, value)| value.clone()).collect();
                assert_eq!(table.all(key), found);
            }
            _ => {
                let joined = Entries::joined(table.to_vec());
                assert!(joined.len() <= table.len());
                for (key, value) in joined.to_vec() {
                    assert_eq!(joined.all(&key), [value.clone()]);
                    assert_eq!(table.all(&key).last(), Some(&value));
                }
            }
        }
        assert_eq!(table.to_vec(), model);
        assert_eq!((table.len(), table.at(0)), (model.len(), model.first()));
    }
    table.clear();
    assert_eq!(table.len(), 0);
});
