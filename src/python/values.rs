//! Floats, tuples, lists and dicts.

use super::attach::Attached;
use super::error::{Error, Kind, Result};
use super::object::Object;
use crate::ffi::python as ffi;
use std::ffi::{CStr, c_int};

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

    /// An independent dict with the same items; TypeError if it is no dict.
    pub fn dict_copy(&self, py: Attached<'py>) -> Result<'py, Object<'py>> {
        // SAFETY: a live object; anything but a dict raises SystemError.
        unsafe { Object::owned(py, ffi::PyDict_Copy(self.as_raw())) }
    }

    /// Sets an item of a dict, whatever a subclass makes of that.
    pub fn dict_set(&self, py: Attached<'py>, key: &Object<'py>, value: &Object<'py>) -> Result<'py, ()> {
        // SAFETY: live objects; the dict adds its own references, and what is no dict raises.
        Error::check(py, unsafe { ffi::PyDict_SetItem(self.as_raw(), key.as_raw(), value.as_raw()) })
    }

    /// The text as the one str of that content that names are compared with at once.
    pub fn interned(py: Attached<'py>, text: &CStr) -> Result<'py, Self> {
        // SAFETY: a C string; returns a new reference or NULL with an exception.
        unsafe { Object::owned(py, ffi::PyUnicode_InternFromString(text.as_ptr())) }
    }

    /// Whether this is an instance of exactly that class.
    pub fn is_exactly(&self, class: &Object<'py>) -> bool {
        // SAFETY: a live object has a live type; only addresses are compared.
        unsafe { ffi::Py_TYPE(self.as_raw()).cast() == class.as_raw() }
    }

    /// The items of a list or tuple that is no instance of a subclass; None for anything else.
    pub fn plain_items(&self, py: Attached<'py>) -> Option<Vec<Object<'py>>> {
        // SAFETY: found to be a list or a tuple. Nothing runs in between that could change a
        // list, and each item is alive as long as it is in it.
        unsafe {
            if ffi::PyList_CheckExact(self.as_raw()) != 0 {
                let count = ffi::PyList_Size(self.as_raw());
                return (0..count)
                    .map(|at| Object::borrowed(py, ffi::PyList_GetItem(self.as_raw(), at)))
                    .collect();
            }
            if ffi::PyTuple_CheckExact(self.as_raw()) != 0 { self.tuple_items(py) } else { None }
        }
    }

    /// The two items of a tuple (or of a subclass); None for anything else.
    pub fn tuple_pair(&self, py: Attached<'py>) -> Option<[Object<'py>; 2]> {
        // SAFETY: as for `tuple_items`.
        unsafe {
            if ffi::PyTuple_Check(self.as_raw()) == 0 || ffi::PyTuple_Size(self.as_raw()) != 2 {
                return None;
            }
            let item = |at| Object::borrowed(py, ffi::PyTuple_GetItem(self.as_raw(), at));
            Some([item(0)?, item(1)?])
        }
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
