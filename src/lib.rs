//! mod_python: Python in every phase of an Apache httpd request.
//!
//! The rooms, from the ground up; each guards what its first lines say, and none
//! refers to one above it:
//!
//! ```text
//!     settings, parse, status   pure Rust; anyone may use them, they use nobody
//! ffi  ->  httpd   \
//! ffi  ->  python  /->  objects  ->  phases, directives  ->  this file
//! ```
//!
//! `sync` is what threads meet in; models of the module put another in its place.
//!
//! `unsafe` is confined to `ffi`, `httpd` and `python`.

mod ffi;
#[macro_use]
mod httpd;
mod directives;
mod objects;
mod parse;
mod phases;
mod python;
mod settings;
mod status;
mod sync;

/// The module as httpd loads it.
struct ModPython;

impl httpd::module::Module for ModPython {
    type Slots = objects::slots::Slots;

    fn record() -> &'static httpd::module::Record {
        &python_module
    }

    fn register(hooks: &mut httpd::hook::Hooks) {
        phases::register(hooks);
    }
}

// The name is the one that mod_python always had: <IfModule mod_python.c> asks for it.
export_module!(python_module, ModPython, c"mod_python.c", directives::table::COMMANDS);

// A case of tests/compile_fail, which the test runner compiles as part of this crate.
#[cfg(must_not_compile)]
#[allow(dead_code)]
mod must_not_compile {
    include!(env!("MUST_NOT_COMPILE_CASE"));
}
