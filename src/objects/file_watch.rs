//! Files that Python code has made something of, such as a page's template: whether that is
//! still right, asked at each request and answered without a look at the files for most.

use super::apache::{Apache, state};
use super::arguments::one;
use super::watch::Watched;
use crate::python::attach::Attached;
use crate::python::class::{Class, Kind, Method, This};
use crate::python::error::{Error, Result};
use crate::python::module::Function;
use crate::python::object::Object;
use std::ffi::CStr;

pub struct FileWatch {
    watched: Watched,
}

pub const WATCH: Function<Apache> = Function::new(
    c"_watch",
    |py, _, arguments| watch(py, arguments),
    c"_watch($module, changes, files, /)\n--\n\nAn object whose is_outdated(req) tells whether modules have changed since _module_changes() was changes, or a file has. files: file, mtime (seconds and nanoseconds) and size of each, in one list; size -1 for a file that is not there.",
);

fn watch<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let [changes, files] = arguments else {
        return Err(Error::type_error(format!("_watch() takes 2 arguments ({} given)", arguments.len())));
    };
    let watched = Watched::read(py, changes.to_int(py)?, files)?;
    state(py).file_watch.instance(py, FileWatch { watched })
}

type Self_<'a, 'py> = This<'a, 'py, FileWatch>;

fn is_outdated<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let py = this.py;
    let apache = state(py);
    let request = apache.request.payload(py, one(arguments)?);
    let request = request.ok_or_else(|| Error::type_error("a request is required"))?;
    let now = request.value().with(|request| request.time())?;
    let importer = &apache.importer;
    let outdated = !importer.is_frozen() && this.watched.is_outdated(py, importer.changes(), now);
    Ok(Object::bool(py, outdated))
}

impl Class for FileWatch {
    const NAME: &'static CStr = c"builtins.mp_watch";
    const DOC: &'static CStr = c"Files that something was made of.";
    const KIND: Kind = Kind::Closed;
    const METHODS: &'static [Method<Self>] = &[
        Method::new(
            c"is_outdated",
            is_outdated,
            c"is_outdated($self, req, /)\n--\n\nWhether it is time to look again: at each request while there are few, twenty times a second while there are many.",
        ),
        Method::END,
    ];
}
