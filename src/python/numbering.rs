//! Numbers for thread states that no two of the process share.
//!
//! CPython counts them in each interpreter anew, and before 3.13 some of its own C modules take the
//! number for an identity all the same: `decimal` finds its context by it (through the cache of a
//! context variable that all interpreters with a shared GIL have in common), `asyncio` on 3.11 the
//! running loop. So a thread that changed interpreters, or two threads at the same time, got what
//! belongs to another interpreter, which may even be freed by then. CPython itself reads the number
//! for nothing else.

use super::attach::Attached;
use crate::ffi::layout::THREAD_STATE_ID;
use crate::ffi::python as ffi;
use std::sync::atomic::{AtomicU64, Ordering};

/// Far above what CPython counts to.
static NEXT: AtomicU64 = AtomicU64::new(1 << 48);

/// A new thread state with a number of its own; NULL if there is no memory.
///
/// # Safety
/// The interpreter is alive.
#[expect(clippy::disallowed_methods, reason = "this is the one place that may")]
pub unsafe fn new_state(interpreter: *mut ffi::PyInterpreterState) -> *mut ffi::PyThreadState {
    // SAFETY: by contract; what is not NULL is a state that nobody uses yet.
    unsafe {
        let state = ffi::PyThreadState_New(interpreter);
        number(state);
        state
    }
}

/// Gives a state a number of its own; NULL is left alone.
///
/// # Safety
/// The state is alive, and used by this thread only.
pub unsafe fn number(state: *mut ffi::PyThreadState) {
    if state.is_null() {
        return;
    }
    // SAFETY: by contract; the offset is that of the field in the headers of this Python.
    unsafe {
        let field = state.cast::<u8>().add(THREAD_STATE_ID).cast::<u64>();
        field.write(NEXT.fetch_add(1, Ordering::Relaxed));
    }
}

impl Attached<'_> {
    /// Gives the state of this thread, which Python itself has started, a number of its own.
    pub fn number_thread(self) {
        // SAFETY: attached, so there is a current state, and it is this thread's.
        unsafe { number(ffi::PyThreadState_Get()) }
    }
}
