//! Guards: each directive is one row that says its arguments, where it may stand, its
//! default and its page; what cannot be meant is a message with the directive's name.
#![forbid(unsafe_code)]

mod filters;
mod handlers;
mod interpreters;
mod options;
mod providers;
mod startup;
pub mod table;
mod values;
