//! Guards: everything httpd and APR hand over is wrapped here, and no panic, no
//! dangling pool memory and no unchecked byte string gets past. There is no
//! Python in this room.

pub mod brigade;
pub mod connection;
pub mod directive;
pub mod fault;
pub mod filter;
pub mod guard;
pub mod handle;
pub mod hook;
pub mod log;
pub mod module;
pub mod path;
pub mod pool;
pub mod request;
pub mod server;
pub mod status;
pub mod table;
pub mod text;
