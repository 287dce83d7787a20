//! What a handler did, as httpd's status or as a failure.

use crate::httpd::request::Request;
use crate::httpd::status::Status;
use crate::objects::callables::is_server_return;
use crate::python::attach::Attached;
use crate::python::error::{Error, Result};
use crate::python::object::Object;
use std::ffi::c_int;

/// Why a handler has no status.
pub enum Failure<'py> {
    PathFailed(Error<'py>),
    NotImportable(Error<'py>),
    NotFound(Error<'py>),
    Raised(Error<'py>),
    /// What it returned is no status: the name of its class, or the number.
    NoStatus(String),
    /// What an authentication or authorization provider returned is no answer: what it
    /// must return, and the name of the class of what it did, or the number.
    NoAnswer(&'static str, String),
    /// `SERVER_RETURN` without a usable result.
    Malformed(Error<'py>),
}

impl<'py> Failure<'py> {
    /// The exception behind it.
    pub fn error(&self) -> Option<&Error<'py>> {
        match self {
            Failure::PathFailed(error)
            | Failure::NotImportable(error)
            | Failure::NotFound(error)
            | Failure::Raised(error)
            | Failure::Malformed(error) => Some(error),
            Failure::NoStatus(_) | Failure::NoAnswer(..) => None,
        }
    }
}

/// Reads the result of a call.
pub fn read<'py>(
    py: Attached<'py>,
    request: Request<'_>,
    result: Result<'py, Object<'py>>,
) -> std::result::Result<Status, Failure<'py>> {
    match result {
        // Exactly int: True is no status, and a script that returns it has a bug.
        Ok(value) => match value.exact_int() {
            Some(number) => Status::from_script(number).ok_or_else(|| Failure::NoStatus(number.to_string())),
            None => Err(Failure::NoStatus(value.type_name())),
        },
        Err(error) => match is_server_return(py, &error) {
            Some(exception) => server_return(py, request, &exception).ok_or(Failure::Malformed(error)),
            None => Err(Failure::Raised(error)),
        },
    }
}

/// `SERVER_RETURN(result)` or `SERVER_RETURN(result, status)`.
fn server_return<'py>(py: Attached<'py>, request: Request<'_>, exception: &Object<'py>) -> Option<Status> {
    let arguments = exception.getattr(py, c"args").ok()?;
    let arguments = arguments.iter(py).ok()?.collect::<Result<'py, Vec<_>>>().ok()?;
    let result = arguments.first()?.exact_int()?;
    if let [_, status] = arguments.as_slice() {
        let status = status.exact_int().and_then(|status| c_int::try_from(status).ok());
        status.filter(|status| *status != 0).inspect(|status| request.set_status(*status));
    }
    Status::from_script(result)
}
