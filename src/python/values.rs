//! Floats and tuples.

use super::attach::Attached;
use super::error::Result;
use super::object::Object;
use crate::ffi::python as ffi;

impl<'py> Object<'py> {
    pub fn float(py: Attached<'py>, value: f64) -> Result<'py, Self> {
        // SAFETY: attached; returns a new reference or NULL with an exception.
        unsafe { Object::owned(py, ffi::PyFloat_FromDouble(value)) }
    }

    pub fn tuple(
        py: Attached<'py>,
        items: impl IntoIterator<Item = Result<'py, Object<'py>>>,
    ) -> Result<'py, Self> {
        let list = Object::list(py, items)?;
        // SAFETY: a live list.
        unsafe { Object::owned(py, ffi::PyList_AsTuple(list.as_raw())) }
    }
}
