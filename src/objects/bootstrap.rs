//! A new interpreter on its way to its first handler.

use super::apache::DEFINITION;
use super::server;
use crate::httpd::server::Server;
use crate::python::attach::Attached;
use crate::python::convert::{Codec, to_message, to_str};
use crate::python::error::Result;
use crate::python::interpreter::CreateError;
use crate::python::lifecycle::{self, Ended, Farewell, Hooks, Options, Started};
use crate::python::object::Object;

/// The version of this module; the Python package carries the same.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Starts Python in this child. `farewell` runs in each interpreter that ends; `ended` is told
/// of those that end before the child does.
pub fn start(options: Options, farewell: Farewell, ended: Ended) -> std::result::Result<Started, CreateError> {
    lifecycle::start(options, &DEFINITION, Hooks { bootstrap: prepare, farewell, ended })
}

/// Imports `_apache`, then the package, which sets up the rest.
fn prepare(py: Attached<'_>) -> std::result::Result<(), CreateError> {
    let prepared = (|| {
        Object::import(py, c"_apache")?;
        let name = to_str(py, Codec::Utf8, py.interpreter().name())?;
        let main = server::object(py, Server::main())?;
        Object::import(py, c"mod_python._runtime")?.call_method(py, c"prepare", &[&name, &main])
    })();
    let failed = match prepared {
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    Err(CreateError::Unprepared {
        path: module_path(py).unwrap_or_default(),
        traceback: failed.traceback(py),
    })
}

/// `sys.path`, as text.
fn module_path(py: Attached<'_>) -> Result<'_, String> {
    let path = Object::import(py, c"sys")?.getattr(py, c"path")?.str(py)?;
    to_message(py, &path)
}

/// A Python package that is not of this module's version.
pub struct ForeignPackage {
    pub version: String,
    pub file: String,
}

/// The Python package, if its version differs from ours.
pub fn foreign_package(py: Attached<'_>) -> Option<ForeignPackage> {
    let package = Object::import(py, c"mod_python").ok()?;
    let read = |name| package.getattr(py, name).and_then(|value| to_message(py, &value)).ok();
    let version = read(c"mp_version")?;
    (version != VERSION).then(|| ForeignPackage { version, file: read(c"__file__").unwrap_or_default() })
}
