//! What PyGILState_Ensure, which C extensions and ctypes call back through, finds on a
//! thread: a thread-specific value of pthreads with the thread's state.
//!
//! * Before 3.12 CPython binds the first state made on a thread and never another, so a
//!   callback on a thread that serves two interpreters would run in the wrong one, silently.
//! * Since 3.12 it binds at each attach, but leaves the value behind; an interpreter that is
//!   ended by another thread would leave it dangling, and CPython writes to what it finds.
//!
//! So the value is set at each attach and emptied when the attach ends. Its key is not
//! public, but it is the key that holds the one known state when Python has just started.
//! Rejected: a new thread state at each change of interpreter (it loses `threading.local`
//! and costs 200 ns), and the key's offset in a private struct.

use crate::ffi::python as ffi;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};

const UNKNOWN: u32 = u32::MAX;
static KEY: AtomicU32 = AtomicU32::new(UNKNOWN);

/// To be called on the thread that has just started Python.
pub fn learn() {
    // SAFETY: reading a key that nobody created yields NULL in glibc and musl; the result
    // is only compared.
    let key = unsafe {
        let state = ffi::PyGILState_GetThisThreadState();
        (0..1024).find(|&key| !state.is_null() && libc::pthread_getspecific(key) == state.cast())
    };
    if let Some(key) = key {
        KEY.store(key, Ordering::Relaxed);
    }
}

/// Whether interpreters can be ended: what they leave bound can be emptied.
pub fn is_known() -> bool {
    KEY.load(Ordering::Relaxed) != UNKNOWN
}

/// To be called when `state` has become current on this thread.
#[inline]
pub fn bind(state: *mut ffi::PyThreadState) {
    set(state.cast());
}

/// To be called when this thread has left Python.
#[inline]
pub fn unbind() {
    set(ptr::null_mut());
}

fn set(value: *mut libc::c_void) {
    let key = KEY.load(Ordering::Relaxed);
    if key != UNKNOWN {
        // SAFETY: the key is CPython's own, found to hold a thread state; the value is this
        // thread's current state, as CPython itself stores, or NULL, as on a thread that
        // CPython has never seen.
        unsafe { libc::pthread_setspecific(key, value) };
    }
}
