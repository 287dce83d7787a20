//! The variables of CGI (RFC 3875).

use super::Request;
use crate::ffi::httpd as ffi;
use crate::httpd::text::Text;
use std::ffi::c_int;

/// How httpd runs requests side by side.
#[derive(Debug, Clone, Copy)]
pub struct Processes {
    pub are_several: bool,
    pub have_threads: bool,
}

impl Processes {
    /// What the MPM says.
    pub fn of_this_server() -> Self {
        let is = |question: u32| {
            let mut answer = 0;
            // SAFETY: the answer is written; a question that the MPM does not know leaves it.
            unsafe { ffi::ap_mpm_query(question as c_int, &mut answer) };
            answer != ffi::AP_MPMQ_NOT_SUPPORTED as c_int
        };
        Processes { are_several: is(ffi::AP_MPMQ_IS_FORKED), have_threads: is(ffi::AP_MPMQ_IS_THREADED) }
    }
}

impl Request<'_> {
    /// Adds the variables that CGI and SSI share; may look up the client's name.
    pub fn add_common_vars(self) {
        // SAFETY: a live record.
        unsafe { ffi::ap_add_common_vars(self.as_raw()) }
    }

    /// Adds the variables of CGI. Unlike `ap_add_cgi_vars` it makes no sub-request to find
    /// PATH_TRANSLATED, and REQUEST_URI is the path that handlers work with.
    pub fn add_cgi_vars(self) {
        let uri = self.uri().unwrap_or_default();
        let path_info = self.path_info().unwrap_or_default();
        let script = &uri[..self.path_info_start()];
        let mut variables: Vec<(&[u8], &[u8])> = vec![
            (b"GATEWAY_INTERFACE", b"CGI/1.1"),
            (b"SERVER_PROTOCOL", self.protocol().unwrap_or_default()),
            (b"REQUEST_METHOD", self.method().unwrap_or_default()),
            (b"QUERY_STRING", self.args().unwrap_or_default()),
            (b"REQUEST_URI", uri),
            (b"SCRIPT_NAME", script),
        ];
        if !path_info.is_empty() {
            variables.push((b"PATH_INFO", path_info));
        }
        for (name, value) in variables {
            if let (Ok(name), Ok(value)) = (Text::new(name), Text::new(value)) {
                self.subprocess_env().set(name, value);
            }
        }
        self.add_common_vars();
    }

    /// Where PATH_INFO begins in `uri`: at its end if there is none.
    fn path_info_start(self) -> usize {
        let length = self.uri().unwrap_or_default().len();
        // SAFETY: both strings are NUL-terminated, and NULL is asked for first.
        let start = unsafe {
            let record = &*self.as_raw();
            if record.uri.is_null() || self.path_info().unwrap_or_default().is_empty() {
                return length;
            }
            ffi::ap_find_path_info(record.uri, record.path_info)
        };
        usize::try_from(start).unwrap_or(0).min(length)
    }
}
