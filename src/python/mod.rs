//! Guards: CPython, with as many interpreters as the configuration asks for. A
//! thread uses a thread state only for its own (thread, interpreter) pair, no object
//! reaches another interpreter, and code without an [`attach::Attached`] cannot touch
//! an object. There is no httpd in this room.

pub mod acquired;
pub mod attach;
pub mod capsule;
pub mod class;
pub mod content;
pub mod convert;
mod creation;
mod ending;
pub mod error;
mod gilstate;
pub mod interpreter;
pub mod interrupt;
mod keeper;
pub mod library;
pub mod lifecycle;
mod memory;
pub mod module;
mod numbering;
pub mod object;
pub mod plain;
pub mod pool;
pub mod recycling;
mod registry;
mod reloading;
pub mod source_files;
pub mod status;
mod trampoline;
mod users;
mod values;
