//! Who the client says it is.

use super::Request;
use crate::ffi::httpd as ffi;
use crate::httpd::text::borrow;
use std::ptr;

impl<'r> Request<'r> {
    /// AuthName in effect; an expression in it is evaluated.
    pub fn auth_name(self) -> Option<&'r [u8]> {
        // SAFETY: NULL, or a string of the request's or the configuration's pool.
        unsafe { borrow(ffi::ap_auth_name(self.as_raw())) }
    }

    /// AuthType in effect; an expression in it is evaluated.
    pub fn auth_type(self) -> Option<&'r [u8]> {
        // SAFETY: as above.
        unsafe { borrow(ffi::ap_auth_type(self.as_raw())) }
    }

    /// The password of Basic authentication, if that is what the configuration asks for and
    /// the client has sent; sets `user` and `ap_auth_type`.
    pub fn basic_auth_password(self) -> Option<&'r [u8]> {
        let mut password = ptr::null();
        // SAFETY: the password is written on success only, and lives in the request's pool.
        unsafe {
            let status = ffi::ap_get_basic_auth_pw(self.as_raw(), &mut password);
            if status == ffi::OK as i32 { borrow(password) } else { None }
        }
    }
}
