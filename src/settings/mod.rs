//! Guards: what the configuration means. Merging is associative, nothing here
//! reads a file or a C symbol, nor, but for `clock`, a clock, and nothing outlives its section.
//!
//! Uses the standard library only; `tests/pure.rs` compiles this room by itself.
#![forbid(unsafe_code)]

pub mod autoreload;
pub mod chain;
pub mod clock;
pub mod extension;
pub mod filters;
pub mod handlers;
pub mod interpreter;
pub mod interpreter_options;
pub mod load;
pub mod local_client;
pub mod messages;
pub mod options;
pub mod phases;
pub mod pool_width;
pub mod reload;
pub mod section;
pub mod server;
pub mod timeout;
