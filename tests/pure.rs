//! The rooms that need neither httpd nor Python, compiled and tested by
//! themselves: that they build here is the proof that they depend on nothing.
#![allow(dead_code, clippy::unwrap_used)]

#[path = "../src/parse/mod.rs"]
mod parse;
#[path = "../src/settings/mod.rs"]
mod settings;
#[path = "../src/status/mod.rs"]
mod status;
#[path = "../src/sync.rs"]
#[allow(unused_imports)]
mod sync;

/// Of rooms that are not pure as a whole.
#[path = "../src/phases/deadlines.rs"]
mod deadlines;
#[path = "../src/objects/entries.rs"]
mod entries;
#[path = "../src/httpd/text.rs"]
mod text;
