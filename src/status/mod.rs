//! What is known of Python in the processes of the server, and how it is shown. Pure: the memory
//! comes from `httpd`, the facts from `python` and `phases`, which use this room; it uses nobody
//! but `settings` and `sync`.
//!
//! ```text
//! version, text, histogram   parts of shared memory
//! interpreter_row, handler_row, event   what is counted of one thing
//! slot      all that is counted of one child
//! child     how that child finds its rows
//! overview  all slots, read and added up
//! process   the child that answers, as it knows itself
//! lines, json, openmetrics, page, chart   what readers get
//! ```
#![forbid(unsafe_code)]

mod chart;
pub mod child;
mod escape;
pub mod event;
pub mod handler_row;
pub mod histogram;
pub mod interpreter_row;
pub mod json;
pub mod lines;
pub mod openmetrics;
pub mod overview;
pub mod page;
pub mod process;
pub mod slot;
pub mod text;
pub mod version;
