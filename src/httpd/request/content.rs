//! Who is to answer.

use super::Request;
use crate::ffi::httpd as ffi;
use crate::httpd::text::borrow;
use std::ptr;

impl<'r> Request<'r> {
    /// Whether SetHandler, of the sections in effect, says that httpd itself is to serve a
    /// file.
    pub fn is_for_default_handler(self) -> bool {
        let handler = self.configured_handler();
        handler.is_some_and(|name| name.eq_ignore_ascii_case(b"none") || name == b"default-handler")
    }

    /// SetHandler's argument, which may be an expression.
    fn configured_handler(self) -> Option<&'r [u8]> {
        // SAFETY: the core module has a configuration for each directory; its strings live in
        // the configuration's pool or the request's, and so does what an expression gives.
        unsafe {
            let core = ffi::ap_get_core_module_config((*self.as_raw()).per_dir_config)
                .cast::<ffi::core_dir_config>()
                .as_ref()?;
            if core.expr_handler.is_null() {
                return borrow(core.handler);
            }
            let mut error = ptr::null();
            let name = ffi::ap_expr_str_exec(self.as_raw(), core.expr_handler, &mut error);
            if error.is_null() { borrow(name) } else { None }
        }
    }
}
