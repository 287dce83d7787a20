//! What mod_ssl knows of the request, if it is loaded.
//!
//! Through its optional functions, which every 2.4 has; `ap_ssl_var_lookup` and its like
//! came with 2.4.49 only, and a module that names them does not load into an older httpd.

use super::Request;
use crate::ffi::httpd as ffi;
use crate::httpd::text::{Text, borrow};
use std::ffi::{CStr, c_char, c_int};
use std::mem;

/// As mod_ssl.h declares them.
type IsHttps = unsafe extern "C" fn(*mut ffi::conn_rec) -> c_int;
type VarLookup = unsafe extern "C" fn(
    *mut ffi::apr_pool_t,
    *mut ffi::server_rec,
    *mut ffi::conn_rec,
    *mut ffi::request_rec,
    *mut c_char,
) -> *mut c_char;

impl<'r> Request<'r> {
    /// Whether the connection is encrypted.
    pub fn is_https(self) -> bool {
        // SAFETY: the name stands for a function of that type, or for none; the connection
        // is live.
        unsafe {
            let function: Option<IsHttps> = mem::transmute(retrieve(c"ssl_is_https"));
            function.is_some_and(|is_https| is_https((*self.as_raw()).connection) != 0)
        }
    }

    /// A variable of mod_ssl's; None if it has no value.
    pub fn ssl_variable(self, name: Text<'_>) -> Option<&'r [u8]> {
        // SAFETY: the name stands for a function of that type, or for none; the records are
        // live, and the value is NULL or a string of the pool.
        unsafe {
            let function: Option<VarLookup> = mem::transmute(retrieve(c"ssl_var_lookup"));
            let record = &*self.as_raw();
            let value = function?(
                record.pool,
                record.server,
                record.connection,
                self.as_raw(),
                self.pool().copy(name),
            );
            borrow(value).filter(|value| !value.is_empty())
        }
    }
}

fn retrieve(name: &'static CStr) -> ffi::apr_opt_fn_t {
    // SAFETY: a C string; what modules registered while the configuration was read.
    unsafe { ffi::apr_dynamic_fn_retrieve(name.as_ptr()) }
}
