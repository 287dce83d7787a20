//! How fields of the record look to scripts: for each kind, what gets them, and what sets
//! them. The rows of `attributes.rs` say which field is of which kind.

use super::{Self_, not_deleted};
use crate::httpd::request::Request;
use crate::python::convert::{Codec, to_str};
use crate::python::error::Result;
use crate::python::object::Object;
use std::ffi::c_int;

pub fn integer<'py>(this: Self_<'_, 'py>, field: for<'r> fn(Request<'r>) -> i64) -> Result<'py, Object<'py>> {
    Object::int(this.py, this.with(field)?)
}

pub fn set_integer<'py>(
    this: Self_<'_, 'py>,
    value: Option<&Object<'py>>,
    field: for<'r> fn(Request<'r>, c_int),
) -> Result<'py, ()> {
    let value = not_deleted(value)?.to_c_int(this.py)?;
    this.with(|request| field(request, value))
}

/// Microseconds since 1970 as seconds.
pub fn time<'py>(this: Self_<'_, 'py>, field: for<'r> fn(Request<'r>) -> i64) -> Result<'py, Object<'py>> {
    Object::float(this.py, this.with(field)? as f64 / 1e6)
}

/// Words of headers, as a tuple of str.
pub fn texts<'py>(
    this: Self_<'_, 'py>,
    field: for<'r> fn(Request<'r>) -> Vec<&'r [u8]>,
) -> Result<'py, Object<'py>> {
    this.with(|request| {
        Object::tuple(this.py, field(request).into_iter().map(|text| to_str(this.py, Codec::Latin1, text)))
    })?
}
