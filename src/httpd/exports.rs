//! Functions that other httpd modules may call: APR's optional functions, declared for C in
//! `include/mod_python.h`.

use super::guard::{self, Entry};
use super::hook::Hooks;
use super::log::Target;
use super::request::Request;
use super::text::borrow;
use crate::ffi::httpd as ffi;
use std::ffi::{CStr, c_char, c_void};
use std::ptr;

/// What the functions do. Pointers are those of the Python C API.
pub trait Exports: 'static {
    /// Enters the interpreter of that name, or the main one, on this thread; NULL if that
    /// cannot be.
    fn acquire(name: Option<&[u8]>) -> *mut c_void;
    /// Leaves the interpreter entered last.
    fn release();
    /// A new reference to the request's object; NULL on failure.
    fn request_object(request: Request<'_>) -> *mut c_void;
}

impl Hooks {
    pub fn export<E: Exports>(&mut self) {
        type Acquire = unsafe extern "C" fn(*const c_char) -> *mut c_void;
        type Release = unsafe extern "C" fn();
        type OfRequest = unsafe extern "C" fn(*mut ffi::request_rec) -> *mut c_void;
        // SAFETY: APR keeps functions of all types as one, and callers cast back to the type
        // that mod_python.h declares, which is that of the entry.
        unsafe {
            let acquire: Acquire = acquire::<E>;
            let release: Release = release::<E>;
            let of_request: OfRequest = request_object::<E>;
            offer(c"mp_acquire_interpreter", std::mem::transmute::<Acquire, Release>(acquire));
            offer(c"mp_release_interpreter", release);
            offer(c"mp_get_request_object", std::mem::transmute::<OfRequest, Release>(of_request));
        }
    }
}

/// # Safety
/// The function has the type that mod_python.h declares for the name.
unsafe fn offer(name: &'static CStr, function: unsafe extern "C" fn()) {
    // SAFETY: name and function are static; httpd forgets them before it unloads us.
    unsafe { ffi::apr_dynamic_fn_register(name.as_ptr(), Some(function)) }
}

unsafe extern "C" fn acquire<E: Exports>(name: *const c_char) -> *mut c_void {
    // SAFETY: by mod_python.h, NULL or a C string.
    let name = unsafe { borrow(name) };
    let entry = Entry::Hook("mp_acquire_interpreter", Target::Process);
    guard::run(entry, ptr::null_mut(), || E::acquire(name))
}

unsafe extern "C" fn release<E: Exports>() {
    guard::run(Entry::Hook("mp_release_interpreter", Target::Process), (), E::release);
}

unsafe extern "C" fn request_object<E: Exports>(request: *mut ffi::request_rec) -> *mut c_void {
    // SAFETY: by mod_python.h, a live request.
    let request = unsafe { Request::from_raw(request) };
    let entry = Entry::Hook("mp_get_request_object", Target::Request(request));
    guard::run(entry, ptr::null_mut(), || E::request_object(request))
}
