//! Guards: everything httpd and APR hand over is wrapped here, and no panic, no
//! dangling pool memory and no unchecked byte string gets past. There is no
//! Python in this room.

pub mod auth_provider;
pub mod body;
pub mod brigade;
pub mod client_error;
pub mod config_tree;
pub mod connection;
pub mod constants;
mod deadline;
pub mod directive;
pub mod exports;
pub mod fault;
pub mod filter;
pub mod finfo;
pub mod guard;
pub mod handle;
pub mod handler_extensions;
mod held;
pub mod hook;
pub mod include;
pub mod leaving;
pub mod log;
pub mod module;
pub mod mpm;
pub mod mutex;
pub mod object_cache;
pub mod path;
pub mod pool;
pub mod process;
pub mod request;
pub mod send;
pub mod send_file;
pub mod server;
pub mod shared_memory;
pub mod status;
pub mod table;
pub mod text;
mod transfer;
