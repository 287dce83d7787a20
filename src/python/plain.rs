//! Plain data, by exact class: what has a class of a script's is not plain.

use super::attach::Attached;
use super::error::{Error, Result};
use super::object::Object;
use crate::ffi::python as ffi;
use std::ptr;

/// The classes of plain data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plain {
    None,
    Bool,
    Int,
    Float,
    Complex,
    Bytes,
    Str,
    Tuple,
    List,
    Dict,
    Set,
    FrozenSet,
}

impl<'py> Object<'py> {
    /// Which plain data it is; None for anything else, instances of subclasses too.
    pub fn plain(&self) -> Option<Plain> {
        // SAFETY: a live object has a live type, whose address is compared with those of
        // static types.
        unsafe {
            let class = ffi::Py_TYPE(self.as_raw());
            let is = |plain: *mut ffi::PyTypeObject| ptr::eq(class, plain);
            Some(match () {
                () if self.is_none() => Plain::None,
                () if is(&raw mut ffi::PyBool_Type) => Plain::Bool,
                () if is(&raw mut ffi::PyLong_Type) => Plain::Int,
                () if is(&raw mut ffi::PyFloat_Type) => Plain::Float,
                () if is(&raw mut ffi::PyComplex_Type) => Plain::Complex,
                () if is(&raw mut ffi::PyBytes_Type) => Plain::Bytes,
                () if is(&raw mut ffi::PyUnicode_Type) => Plain::Str,
                () if is(&raw mut ffi::PyTuple_Type) => Plain::Tuple,
                () if is(&raw mut ffi::PyList_Type) => Plain::List,
                () if is(&raw mut ffi::PyDict_Type) => Plain::Dict,
                () if is(&raw mut ffi::PySet_Type) => Plain::Set,
                () if is(&raw mut ffi::PyFrozenSet_Type) => Plain::FrozenSet,
                () => return None,
            })
        }
    }

    pub fn complex(py: Attached<'py>, real: f64, imaginary: f64) -> Result<'py, Self> {
        // SAFETY: attached; returns a new reference or NULL with an exception.
        unsafe { Object::owned(py, ffi::PyComplex_FromDoubles(real, imaginary)) }
    }

    /// The real and the imaginary part of a complex or another number; TypeError otherwise.
    pub fn to_complex(&self, py: Attached<'py>) -> Result<'py, (f64, f64)> {
        // SAFETY: a live object; -1 with an exception set is the error.
        unsafe {
            let real = ffi::PyComplex_RealAsDouble(self.as_raw());
            let imaginary = ffi::PyComplex_ImagAsDouble(self.as_raw());
            if ffi::PyErr_Occurred().is_null() { Ok((real, imaginary)) } else { Err(Error::fetch(py)) }
        }
    }

    /// TypeError for an item that cannot be hashed.
    pub fn set(
        py: Attached<'py>,
        items: impl IntoIterator<Item = Result<'py, Object<'py>>>,
    ) -> Result<'py, Self> {
        let list = Object::list(py, items)?;
        // SAFETY: a live list.
        unsafe { Object::owned(py, ffi::PySet_New(list.as_raw())) }
    }

    /// TypeError for an item that cannot be hashed.
    pub fn frozen_set(
        py: Attached<'py>,
        items: impl IntoIterator<Item = Result<'py, Object<'py>>>,
    ) -> Result<'py, Self> {
        let list = Object::list(py, items)?;
        // SAFETY: a live list.
        unsafe { Object::owned(py, ffi::PyFrozenSet_New(list.as_raw())) }
    }

    /// The int that text in base 16 is.
    pub fn int_from_hex(py: Attached<'py>, text: &str) -> Result<'py, Self> {
        let builtins = Object::import(py, c"builtins")?;
        let text = super::convert::to_str(py, super::convert::Codec::Utf8, text.as_bytes())?;
        builtins.getattr(py, c"int")?.call(py, &[&text, &Object::int(py, 16)?])
    }
}
