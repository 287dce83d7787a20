//! A new interpreter on its way to its first handler.

use super::apache::DEFINITION;
use super::server;
use crate::httpd::server::Server;
use crate::python::attach::Attached;
use crate::python::convert::{Codec, to_message, to_str};
use crate::python::error::Result;
use crate::python::interpreter::CreateError;
use crate::python::lifecycle::{
    self, Ended, Farewell, Hooks, LoadAhead, NotMade, Options, Outdated, Started, WarmUp,
};
use crate::python::object::Object;
use crate::settings::reload;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::sync::OnceLock;

/// The version of this module; the Python package carries the same.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Starts Python in this child; `events` are what else happens to its interpreters.
pub fn start(options: Options, events: Events) -> std::result::Result<Started, CreateError> {
    let Events { warm_up, farewell, ended, not_made, outdated, load_ahead } = events;
    let hooks = Hooks { bootstrap: prepare, warm_up, farewell, ended, not_made, outdated, load_ahead };
    lifecycle::start(options, &DEFINITION, hooks)
}

/// What the phases do about interpreters that come and go.
pub struct Events {
    pub warm_up: WarmUp,
    pub farewell: Farewell,
    pub ended: Ended,
    pub not_made: NotMade,
    pub outdated: Outdated,
    pub load_ahead: LoadAhead,
}

/// Imports `_apache`, then the package, which sets up the rest.
fn prepare(py: Attached<'_>) -> std::result::Result<(), CreateError> {
    let prepared = (|| {
        Object::import(py, c"_apache")?;
        let name = to_str(py, Codec::Utf8, py.interpreter().name())?;
        let main = server::object(py, Server::main())?;
        let index = i64::try_from(py.interpreter().index()).unwrap_or_default();
        let notes_files = Object::bool(py, reload::is_used());
        let arguments =
            [&name, &Object::int(py, index)?, &main, &options(py)?, &environment(py)?, &notes_files];
        Object::import(py, c"mod_python._runtime")?.call_method(py, c"prepare", &arguments)
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

/// What each interpreter finds as its `os.environ`: the variables of the child, as they were when
/// its first interpreter had started. CPython gives a new one what is there now, with all that
/// scripts of other interpreters have set.
fn environment(py: Attached<'_>) -> Result<'_, Object<'_>> {
    static OF_THE_CHILD: OnceLock<Vec<(OsString, OsString)>> = OnceLock::new();
    let variables = OF_THE_CHILD.get_or_init(|| std::env::vars_os().collect());
    let bytes = |text: &OsString| Object::bytes(py, text.as_bytes());
    let pairs = variables.iter().map(|(name, value)| Object::tuple(py, [bytes(name), bytes(value)]));
    Object::list(py, pairs)
}

/// PythonInterpreterOptions, as `_runtime.Options` reads them: path, warnings, switch interval
/// and optimisation level.
fn options(py: Attached<'_>) -> Result<'_, Object<'_>> {
    let options = py.interpreter().options();
    let list = |codec, items: &Option<Vec<Vec<u8>>>| {
        Object::list(py, items.iter().flatten().map(|item| to_str(py, codec, item)))
    };
    let interval =
        options.switch_interval.map_or_else(|| Ok(Object::none(py)), |seconds| Object::float(py, seconds))?;
    let optimize = options.optimize.map_or_else(|| Ok(Object::none(py)), |level| Object::int(py, level))?;
    let (path, warnings) = (list(Codec::Path, &options.path)?, list(Codec::Utf8, &options.warnings)?);
    Object::tuple(py, [path, warnings, interval, optimize].map(Ok))
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
