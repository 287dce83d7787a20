//! Guards: every parser here is a total function over bytes. Any input ends in a
//! value or an error, in linear time, and nothing is dropped silently.
//!
//! Uses the standard library only; `tests/pure.rs` compiles this room by itself.
#![forbid(unsafe_code)]

pub mod cookie;
pub mod handler;
pub mod lines;
pub mod marshal;
pub mod multipart;
pub mod parameters;
pub mod psp;
pub mod pyvenv;
pub mod query;
pub mod response;
