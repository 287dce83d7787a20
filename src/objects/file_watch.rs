//! A `Watched` for the Python half: it knows by itself when to look, and a look at files
//! that have not changed runs no Python code.

use super::apache::{Apache, state};
use super::arguments::none;
use super::watch::Watched;
use crate::python::attach::Attached;
use crate::python::class::{Class, Kind, Method, This};
use crate::python::error::{Error, Result};
use crate::python::module::Function;
use crate::python::object::Object;
use crate::settings::autoreload::Microseconds;
use std::ffi::CStr;
use std::time::{SystemTime, UNIX_EPOCH};

pub struct FileWatch(Watched);

pub const WATCH: Function<Apache> = Function::new(
    c"_watch",
    watch,
    c"_watch($module, changes, files, /)\n--\n\nA watch for files: file, mtime in seconds, nanoseconds and size of each, in one list; size -1 for one that is not there. changes: the number of changes among modules before they were listed.",
);

impl Class for FileWatch {
    const NAME: &'static CStr = c"builtins.mp_file_watch";
    const DOC: &'static CStr = c"Files, as they were.";
    const KIND: Kind = Kind::Closed;
    const METHODS: &'static [Method<Self>] = &[
        Method::new(
            c"is_outdated",
            is_outdated,
            c"is_outdated($self, /)\n--\n\nWhether modules have changed, or, when it is time to look, any of the files.",
        ),
        Method::END,
    ];
}

fn watch<'py>(py: Attached<'py>, apache: &Apache, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let [changes, files] = arguments else {
        return Err(Error::type_error(format!("takes exactly 2 arguments ({} given)", arguments.len())));
    };
    let watched = Watched::read(py, changes.to_int(py)?, files)?;
    apache.file_watch.instance(py, FileWatch(watched))
}

fn is_outdated<'py>(this: This<'_, 'py, FileWatch>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    let importer = &state(this.py).importer;
    let outdated = !importer.is_frozen() && this.0.is_outdated(this.py, importer.changes(), now());
    Ok(Object::bool(this.py, outdated))
}

fn now() -> Microseconds {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Microseconds::try_from(now.as_micros()).unwrap_or(Microseconds::MAX)
}
