//! A script used a request, a connection or a filter at the wrong time.

use crate::httpd::handle::Error as HandleError;
use crate::python::error::{Error, Kind};

pub fn ended<'py>(error: HandleError) -> Error<'py> {
    match error {
        HandleError::Ended => Error::new(Kind::Reference, "the request has ended"),
        HandleError::Busy => Error::new(Kind::Runtime, "another thread is reading or writing this request"),
    }
}
