//! Guards: what scripts see. A script that keeps a request or a table after the
//! request gets a Python exception, not freed memory.
//!
//! This is the first room in which httpd and Python meet.
#![forbid(unsafe_code)]

pub mod apache;
mod arguments;
pub mod bootstrap;
pub mod callables;
pub mod child_cleanup;
pub mod client_errors;
mod config_tree;
pub mod connection;
mod cookies;
pub mod ended;
mod entries;
mod file_watch;
pub mod filter;
pub mod finfo;
mod handler_list;
mod importer;
pub mod include_filter;
mod live_table;
mod locks;
mod log_entry;
mod multipart;
mod object_cache;
mod output;
pub mod place;
mod plain_data;
mod psp;
mod query;
pub mod reloading;
pub mod request;
pub mod server;
mod server_facts;
mod server_tables;
pub mod serving;
pub mod slots;
pub mod table;
mod table_iterator;
mod table_storage;
mod text;
mod turn;
mod watch;
pub mod wsgi;
