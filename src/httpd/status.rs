//! What a hook answers httpd.

use crate::ffi::httpd as ffi;
use std::ffi::{CStr, c_int};

/// OK, DECLINED, DONE or an HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status(c_int);

impl Status {
    pub const OK: Status = Status(ffi::OK as c_int);
    pub const DECLINED: Status = Status(ffi::DECLINED);
    pub const DONE: Status = Status(ffi::DONE);
    pub const SERVICE_UNAVAILABLE: Status = Status(ffi::HTTP_SERVICE_UNAVAILABLE as c_int);
    pub const INTERNAL_SERVER_ERROR: Status = Status(ffi::HTTP_INTERNAL_SERVER_ERROR as c_int);
    pub const GATEWAY_TIME_OUT: Status = Status(ffi::HTTP_GATEWAY_TIME_OUT as c_int);

    pub const BAD_REQUEST: Status = Status(ffi::HTTP_BAD_REQUEST as c_int);
    pub const REQUEST_TIME_OUT: Status = Status(ffi::HTTP_REQUEST_TIME_OUT as c_int);
    pub const REQUEST_ENTITY_TOO_LARGE: Status = Status(ffi::HTTP_REQUEST_ENTITY_TOO_LARGE as c_int);
    pub const METHOD_NOT_ALLOWED: Status = Status(ffi::HTTP_METHOD_NOT_ALLOWED as c_int);
    pub const UNAUTHORIZED: Status = Status(ffi::HTTP_UNAUTHORIZED as c_int);
    pub const FORBIDDEN: Status = Status(ffi::HTTP_FORBIDDEN as c_int);

    /// A number that a script returned; None if it means nothing to httpd, which would
    /// write a malformed status line for it.
    pub fn from_script(number: i64) -> Option<Self> {
        match c_int::try_from(number) {
            Ok(number @ (-2..=0 | 100..=599)) => Some(Status(number)),
            _ => None,
        }
    }

    pub const fn as_raw(self) -> c_int {
        self.0
    }
}

/// An APR status, which may be an errno, in words.
pub fn describe(status: ffi::apr_status_t) -> String {
    let mut buffer = [0; 200];
    // SAFETY: APR writes a C string of at most that size and returns it.
    let text = unsafe { CStr::from_ptr(ffi::apr_strerror(status, buffer.as_mut_ptr(), buffer.len())) };
    text.to_string_lossy().into_owned()
}
