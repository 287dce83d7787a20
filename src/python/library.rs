//! libpython as a file that the parent has mapped, without Python being started.

use crate::ffi::python as ffi;
use libc::{Dl_info, c_void};
use std::mem;

/// Keeps libpython mapped in the parent, which unloads it with this module at each restart.
///
/// As of 3.13 it takes a thread-specific key when it is loaded, for its allocator, and does
/// not give it back when it is unloaded. A process has 1024 of them, children inherit those
/// that the parent has lost, and Python does not start in a child where there is none left.
pub fn keep_mapped() {
    if !cfg!(Py_3_13) {
        return;
    }
    let theirs = object_of(ffi::Py_GetVersion as *const c_void);
    let ours = object_of(keep_mapped as fn() as *const c_void);
    // Where libpython was linked into this module, it has to go with it.
    if theirs.dli_fbase == ours.dli_fbase || theirs.dli_fname.is_null() {
        return;
    }
    // SAFETY: the name that the loader knows it by; RTLD_NOLOAD only adds a flag to what is
    // loaded already.
    unsafe { libc::dlopen(theirs.dli_fname, libc::RTLD_NOW | libc::RTLD_NOLOAD | libc::RTLD_NODELETE) };
}

/// The shared object that an address is in; all null if none is.
fn object_of(address: *const c_void) -> Dl_info {
    // SAFETY: null pointers are valid in it, and dladdr fills it or leaves it alone.
    unsafe {
        let mut info = mem::zeroed::<Dl_info>();
        libc::dladdr(address, &raw mut info);
        info
    }
}
