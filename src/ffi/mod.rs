//! Guards: declarations are those of the headers this binary was built with. A
//! mismatch fails the build or the load, never a request.
//!
//! Raw names keep their C spelling. Only `httpd` and `python` use this room, and what both need of the system, `thread`,
//! is here too.

pub mod function;
pub mod httpd;
pub mod layout;
pub mod python;
pub mod thread;
