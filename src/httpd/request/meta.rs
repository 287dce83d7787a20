//! What describes the answer: validators, allowed methods, length.

use super::Request;
use crate::ffi::httpd as ffi;
use crate::httpd::text::Text;
use std::ffi::{c_char, c_int};
use std::ptr;

impl Request<'_> {
    /// Adds a method to those that `Allow:` names.
    pub fn allow_method(self, method: Text<'_>) {
        let end: *const c_char = ptr::null();
        // SAFETY: one method and the NULL that ends the list; httpd makes the list of
        // allowed methods with the request, and keeps the copy in it.
        unsafe {
            let method = self.pool().copy(method);
            ffi::ap_allow_methods(self.as_raw(), 0, method, end);
            // httpd names methods that it has no number for only where this bit is set,
            // which it does not set itself.
            if ffi::ap_method_number_of(method) == ffi::M_INVALID as c_int {
                (*(*self.as_raw()).allowed_methods).method_mask |= 1 << ffi::M_INVALID;
            }
        }
    }

    /// Forgets the methods that were allowed so far.
    pub fn allow_no_methods(self) {
        let end: *const c_char = ptr::null();
        // SAFETY: an empty list; the first argument after `reset` is the NULL that ends it.
        unsafe { ffi::ap_allow_methods(self.as_raw(), 1, end) }
    }

    /// Sets `Content-Length:` and `clength`.
    pub fn set_content_length(self, length: ffi::apr_off_t) {
        // SAFETY: a live record.
        unsafe { ffi::ap_set_content_length(self.as_raw(), length) }
    }

    /// Sets `ETag:` from the file; may read it.
    pub fn set_etag(self) {
        // SAFETY: a live record.
        unsafe { ffi::ap_set_etag(self.as_raw()) }
    }

    /// Sets `Last-Modified:` from `mtime`.
    pub fn set_last_modified(self) {
        // SAFETY: a live record.
        unsafe { ffi::ap_set_last_modified(self.as_raw()) }
    }

    /// Raises `mtime`, in microseconds since 1970; an earlier time changes nothing.
    pub fn update_mtime(self, time: ffi::apr_time_t) {
        // SAFETY: a live record.
        unsafe { ffi::ap_update_mtime(self.as_raw(), time) }
    }

    /// OK, or the status that the request's conditions ask for; RFC 9110, 13.
    pub fn meets_conditions(self) -> c_int {
        // SAFETY: a live record.
        unsafe { ffi::ap_meets_conditions(self.as_raw()) }
    }
}
