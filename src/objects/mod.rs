//! Guards: what scripts see. A script that keeps a request or a table after the
//! request gets a Python exception, not freed memory.
//!
//! This is the first room in which httpd and Python meet.
#![forbid(unsafe_code)]

pub mod apache;
mod arguments;
pub mod bootstrap;
pub mod callables;
pub mod ended;
pub mod filter;
mod handler_list;
mod log_entry;
pub mod place;
pub mod request;
pub mod slots;
pub mod table;
mod table_iterator;
mod text;
