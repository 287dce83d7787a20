//! Functions that other httpd modules may call: APR's optional functions, declared for C in
//! `include/mod_python.h`.

use super::connection::Connection;
use super::guard::{self, Entry};
use super::hook::Hooks;
use super::log::Target;
use super::request::Request;
use super::server::Server;
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
    /// The same for a virtual host.
    fn server_object(server: Server<'_>) -> *mut c_void;
    /// The same for a connection.
    fn connection_object(connection: Connection<'_>) -> *mut c_void;
}

impl Hooks {
    pub fn export<E: Exports>(&mut self) {
        type Acquire = unsafe extern "C" fn(*const c_char) -> *mut c_void;
        type Release = unsafe extern "C" fn();
        type OfRequest = unsafe extern "C" fn(*mut ffi::request_rec) -> *mut c_void;
        type OfServer = unsafe extern "C" fn(*mut ffi::server_rec) -> *mut c_void;
        type OfConnection = unsafe extern "C" fn(*mut ffi::conn_rec) -> *mut c_void;
        // SAFETY: APR keeps functions of all types as one, and callers cast back to the type
        // that mod_python.h declares, which is that of the entry.
        unsafe {
            let acquire: Acquire = acquire::<E>;
            let release: Release = release::<E>;
            let of_request: OfRequest = request_object::<E>;
            let of_server: OfServer = server_object::<E>;
            let of_connection: OfConnection = connection_object::<E>;
            offer(c"mp_acquire_interpreter", std::mem::transmute::<Acquire, Release>(acquire));
            offer(c"mp_release_interpreter", release);
            offer(c"mp_get_request_object", std::mem::transmute::<OfRequest, Release>(of_request));
            offer(c"mp_get_server_object", std::mem::transmute::<OfServer, Release>(of_server));
            offer(c"mp_get_connection_object", std::mem::transmute::<OfConnection, Release>(of_connection));
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

unsafe extern "C" fn server_object<E: Exports>(server: *mut ffi::server_rec) -> *mut c_void {
    // SAFETY: by mod_python.h, a live server.
    let server = unsafe { Server::from_raw(server) };
    let entry = Entry::Hook("mp_get_server_object", Target::Server(server));
    guard::run(entry, ptr::null_mut(), || E::server_object(server))
}

unsafe extern "C" fn connection_object<E: Exports>(connection: *mut ffi::conn_rec) -> *mut c_void {
    // SAFETY: by mod_python.h, a live connection.
    let connection = unsafe { Connection::from_raw(connection) };
    let entry = Entry::Hook("mp_get_connection_object", Target::Connection(connection));
    guard::run(entry, ptr::null_mut(), || E::connection_object(connection))
}
