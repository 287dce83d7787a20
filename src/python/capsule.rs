//! Capsules: addresses that C modules exchange through Python.

use super::attach::Attached;
use super::error::{Error, Result};
use super::object::Object;
use crate::ffi::python as ffi;
use std::ffi::{CStr, c_void};
use std::ptr::{self, NonNull};

/// What a revoked capsule is called: nobody asks for that name.
const REVOKED: &CStr = c"revoked by mod_python";

/// A capsule without a name.
pub fn new<'py>(py: Attached<'py>, address: NonNull<c_void>) -> Result<'py, Object<'py>> {
    // SAFETY: the address is only carried; no destructor is called for it.
    unsafe { Object::owned(py, ffi::PyCapsule_New(address.as_ptr(), ptr::null(), None)) }
}

/// Takes the address out of reach: `PyCapsule_GetPointer` fails for every other name.
pub fn revoke<'py>(py: Attached<'py>, capsule: &Object<'py>) -> Result<'py, ()> {
    // SAFETY: a live capsule and a static name; anything else raises ValueError.
    Error::check(py, unsafe { ffi::PyCapsule_SetName(capsule.as_raw(), REVOKED.as_ptr()) })
}
