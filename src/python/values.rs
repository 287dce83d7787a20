//! Floats and tuples.

use super::attach::Attached;
use super::error::{Error, Kind, Result};
use super::object::Object;
use crate::ffi::python as ffi;
use std::ffi::c_int;

impl<'py> Object<'py> {
    pub fn float(py: Attached<'py>, value: f64) -> Result<'py, Self> {
        // SAFETY: attached; returns a new reference or NULL with an exception.
        unsafe { Object::owned(py, ffi::PyFloat_FromDouble(value)) }
    }

    /// The value of a number; TypeError for anything else.
    pub fn to_float(&self, py: Attached<'py>) -> Result<'py, f64> {
        // SAFETY: a live object; -1 with an exception set is the error.
        unsafe {
            let value = ffi::PyFloat_AsDouble(self.as_raw());
            if value == -1.0 && !ffi::PyErr_Occurred().is_null() {
                return Err(Error::fetch(py));
            }
            Ok(value)
        }
    }

    /// The value of an int that fits C's; OverflowError if it does not.
    pub fn to_c_int(&self, py: Attached<'py>) -> Result<'py, c_int> {
        let value = self.to_int(py)?;
        c_int::try_from(value)
            .map_err(|_| Error::new(Kind::Overflow, format!("{value} does not fit a C int")))
    }

    pub fn tuple(
        py: Attached<'py>,
        items: impl IntoIterator<Item = Result<'py, Object<'py>>>,
    ) -> Result<'py, Self> {
        let list = Object::list(py, items)?;
        // SAFETY: a live list.
        unsafe { Object::owned(py, ffi::PyList_AsTuple(list.as_raw())) }
    }

    /// Whether it is a list, or an instance of a subclass.
    pub fn is_list(&self) -> bool {
        // SAFETY: a live object.
        unsafe { ffi::PyList_Check(self.as_raw()) != 0 }
    }

    /// The items of a tuple (or of a subclass); None for anything else.
    pub fn tuple_items(&self, py: Attached<'py>) -> Option<Vec<Object<'py>>> {
        // SAFETY: found to be a tuple, whose items are alive as long as it is.
        unsafe {
            if ffi::PyTuple_Check(self.as_raw()) == 0 {
                return None;
            }
            let count = ffi::PyTuple_Size(self.as_raw());
            (0..count).map(|at| Object::borrowed(py, ffi::PyTuple_GetItem(self.as_raw(), at))).collect()
        }
    }
}
