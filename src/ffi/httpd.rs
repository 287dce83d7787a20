//! httpd and APR, as bindgen reads them from the installed headers.
//!
//! bindgen also writes an assertion for the size and every offset of each struct.
#![allow(non_camel_case_types, non_snake_case, non_upper_case_globals, dead_code)]
#![allow(
    unknown_lints,
    unnecessary_transmutes,
    clippy::all,
    unsafe_op_in_unsafe_fn,
    unused_imports
)]

include!(concat!(env!("OUT_DIR"), "/httpd.rs"));
