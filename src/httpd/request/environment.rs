//! What `ap_add_common_vars` tells programs, one by one: who wants a dict of Python's in
//! the end need not fill httpd's table first.

use super::Request;
use super::url::Port;
use crate::ffi::httpd as ffi;
use crate::httpd::text::borrow;
use std::ffi::c_uint;

impl<'r> Request<'r> {
    /// ServerSignature's text, as HTML.
    pub fn server_signature(self) -> &'r [u8] {
        // SAFETY: a live record and a C string; the result is static or in the request's pool.
        unsafe { borrow(ffi::ap_psignature(c"".as_ptr(), self.as_raw())) }.unwrap_or_default()
    }

    /// The server's name in URLs, by UseCanonicalName, as HTML; may look it up.
    pub fn server_name_for_url(self) -> &'r [u8] {
        // SAFETY: a live record; the name lives in the configuration or in a pool that
        // outlives the request, what is escaped in the request's.
        unsafe {
            let name = ffi::ap_get_server_name_for_url(self.as_raw());
            match borrow(name) {
                // The Host header may hold any byte.
                Some(text) if text.iter().any(|byte| b"<>&\"'".contains(byte)) => {
                    borrow(ffi::ap_escape_html2(self.pool().as_raw(), name, 0)).unwrap_or_default()
                }
                text => text.unwrap_or_default(),
            }
        }
    }

    /// The server's port in URLs, by UseCanonicalName and UseCanonicalPhysicalPort.
    pub fn server_port(self) -> Port {
        // SAFETY: a live record.
        unsafe { ffi::ap_get_server_port(self.as_raw()) }
    }

    /// The address that the client connected to.
    pub fn server_address(self) -> &'r [u8] {
        // SAFETY: the connection outlives the request, and its strings live as long.
        unsafe { borrow((*(*self.as_raw()).connection).local_ip) }.unwrap_or_default()
    }

    /// The port of who connected: of a proxy, if there is one.
    pub fn client_port(self) -> Port {
        // SAFETY: as above; httpd makes the address with the connection.
        unsafe { (*(*self.as_raw()).connection).client_addr.as_ref() }.map_or(0, |address| address.port)
    }

    /// `http` or `https`.
    pub fn scheme(self) -> &'r [u8] {
        // SAFETY: a live record; modules answer with static strings.
        unsafe { borrow(ffi::ap_run_http_scheme(self.as_raw())) }.unwrap_or_default()
    }

    pub fn context_prefix(self) -> &'r [u8] {
        // SAFETY: a string of the request's pool or the configuration's.
        unsafe { borrow(ffi::ap_context_prefix(self.as_raw())) }.unwrap_or_default()
    }

    pub fn context_document_root(self) -> &'r [u8] {
        // SAFETY: as above.
        unsafe { borrow(ffi::ap_context_document_root(self.as_raw())) }.unwrap_or_default()
    }

    /// What ServerTokens lets everybody know.
    pub fn server_banner(self) -> &'r [u8] {
        // SAFETY: a string of the configuration's.
        unsafe { borrow(ffi::ap_get_server_banner()) }.unwrap_or_default()
    }

    /// Whether to tell all that httpd tells programs takes a look-up, or one at a request
    /// that this one came of.
    pub fn needs_common_vars(self) -> bool {
        if self.origin().is_some() {
            return true;
        }
        // SAFETY: the core module has a configuration for each directory.
        unsafe {
            let core = ffi::ap_get_core_module_config((*self.as_raw()).per_dir_config)
                .cast::<ffi::core_dir_config>();
            core.as_ref().is_none_or(|core| {
                matches!(core.hostname_lookups(), HOSTNAME_LOOKUP_ON | HOSTNAME_LOOKUP_DOUBLE)
                    || core.use_canonical_name() == USE_CANONICAL_NAME_DNS
            })
        }
    }
}

// http_core.h's, which bindgen is not told to read.
const HOSTNAME_LOOKUP_ON: c_uint = 1;
const HOSTNAME_LOOKUP_DOUBLE: c_uint = 2;
const USE_CANONICAL_NAME_DNS: c_uint = 2;
