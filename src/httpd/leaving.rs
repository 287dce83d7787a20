//! A child that leaves by itself, while it finishes what it has begun.

use crate::ffi::httpd as ffi;
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering};

/// Has this child take no further connection, and say `Connection: close` in its answers.
///
/// MPMs have no function for that. What they do have is a contract with the function by which a
/// listening socket accepts, which any module may set: one that answers APR_EGENERAL makes its
/// child end gracefully. The connection that was to be accepted is left to other children, and
/// the parent starts another child.
pub fn begin() {
    // SAFETY: the list is built with the configuration, and is this process's own since the
    // fork. Its pointers are read by the thread that listens, by one load; they and the number
    // are aligned.
    unsafe {
        let mut listener = ffi::ap_listeners;
        while let Some(record) = listener.as_mut() {
            let place = (&raw mut record.accept_func).cast::<*mut c_void>();
            AtomicPtr::from_ptr(place).store(refuse as *mut c_void, Ordering::Release);
            listener = record.next;
        }
        // What httpd asks before it keeps a connection.
        if let Some(retained) = ffi::ap_unixd_mpm_get_retained_data().as_mut() {
            let state = AtomicI32::from_ptr(&raw mut retained.mpm_state);
            state.store(ffi::AP_MPMQ_STOPPING as i32, Ordering::Relaxed);
        }
    }
}

unsafe extern "C" fn refuse(
    accepted: *mut *mut c_void,
    _listener: *mut ffi::ap_listen_rec,
    _pool: *mut ffi::apr_pool_t,
) -> ffi::apr_status_t {
    // Worker looks at this and not at the status, and has the last connection in it.
    // SAFETY: where the MPM wants the socket.
    unsafe { accepted.write(ptr::null_mut()) };
    ffi::APR_EGENERAL as ffi::apr_status_t
}

/// Ends the process at once: no clean-up of httpd's runs, which would meet threads that are
/// still at work.
pub fn exit() -> ! {
    // SAFETY: does not return, and touches nothing of this process.
    unsafe { libc::_exit(0) }
}
