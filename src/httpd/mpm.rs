//! What httpd says about itself: its process model, where it is installed, and the
//! names that its command line defines.

use super::pool::Pool;
use super::text::{Text, borrow};
use crate::ffi::httpd as ffi;
use std::ffi::{CString, c_int};

/// `ap_mpm_query`; 0 (AP_MPMQ_NOT_SUPPORTED) for a question that this MPM does not know.
pub fn query(question: c_int) -> c_int {
    let mut answer = 0;
    // SAFETY: writes one int; there is an MPM from before the first hook on.
    let status = unsafe { ffi::ap_mpm_query(question, &mut answer) };
    if status == ffi::APR_SUCCESS as c_int { answer } else { 0 }
}

/// How many requests this server can be busy with at once.
pub fn max_clients() -> usize {
    let at_least_one = |question: u32| usize::try_from(query(question as c_int)).unwrap_or(0).max(1);
    at_least_one(ffi::AP_MPMQ_MAX_THREADS).saturating_mul(at_least_one(ffi::AP_MPMQ_MAX_DAEMONS))
}

/// How many child processes there can be at once, also while the server restarts.
pub fn max_processes() -> usize {
    usize::try_from(query(ffi::AP_MPMQ_HARD_LIMIT_DAEMONS as c_int)).unwrap_or(0).max(1)
}

/// `ServerRoot`.
pub fn server_root() -> &'static [u8] {
    // SAFETY: httpd sets it while it reads the configuration; it stays for as long as the
    // process's configuration, which no caller outlives.
    unsafe { borrow(ffi::ap_server_root).unwrap_or_default() }
}

/// A path below `ServerRoot`, unless it is absolute; None if httpd cannot make one of it.
pub fn below_server_root<'p>(pool: Pool<'p>, path: Text<'_>) -> Option<&'p [u8]> {
    // SAFETY: the result is NULL or a string in the pool.
    unsafe { borrow(ffi::ap_server_root_relative(pool.as_raw(), pool.copy(path))) }
}

/// `DefaultRuntimeDir`, where httpd keeps files of a running server.
pub fn runtime_directory(pool: Pool<'_>) -> Option<&[u8]> {
    // SAFETY: as above.
    unsafe { borrow(ffi::ap_runtime_dir_relative(pool.as_raw(), c"".as_ptr())) }
}

/// Whether `-D name` or the directive Define defined the name.
pub fn is_defined(name: Text<'_>) -> bool {
    let name = CString::new(name.as_bytes()).unwrap_or_default();
    // SAFETY: reads an array that is complete when the configuration is.
    unsafe { ffi::ap_exists_config_define(name.as_ptr()) != 0 }
}

/// Whether httpd serves in the one process that was started: `httpd -X`, or
/// `-D ONE_PROCESS`.
pub fn is_one_process() -> bool {
    // SAFETY: C strings.
    unsafe { [c"DEBUG", c"ONE_PROCESS"].iter().any(|name| ffi::ap_exists_config_define(name.as_ptr()) != 0) }
}
