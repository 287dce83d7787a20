//! Pointers of httpd's, for extensions written in C.

use super::attach::Attached;
use super::error::Result;
use super::object::Object;
use crate::ffi::python as ffi;
use std::ffi::{CStr, c_void};
use std::ptr::NonNull;

impl<'py> Object<'py> {
    /// A PyCapsule; what it points to is not kept alive.
    pub fn capsule(py: Attached<'py>, pointer: NonNull<c_void>, name: &'static CStr) -> Result<'py, Self> {
        // SAFETY: not NULL, and the name is static; there is no destructor.
        unsafe { Object::owned(py, ffi::PyCapsule_New(pointer.as_ptr(), name.as_ptr(), None)) }
    }
}
