//! httpd and APR, as bindgen reads them from the installed headers.
//!
//! bindgen also writes an assertion for the size and every offset of each struct.

pub use generated::*;

/// Not our code: only its users can say why a call is sound.
#[allow(non_camel_case_types, non_snake_case, non_upper_case_globals, dead_code, unused_imports)]
#[allow(unknown_lints, unnecessary_transmutes, unsafe_op_in_unsafe_fn)]
#[allow(clippy::all, clippy::undocumented_unsafe_blocks)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/httpd.rs"));
}
