//! Threads of this module's own, which leave httpd's signals to httpd's threads.

use std::mem;
use std::ptr;
use std::{io, thread};

/// Starts a thread on which all signals are blocked, as on those that it starts.
pub fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    // A new thread has the mask of the one that starts it.
    let _blocked = AllSignalsBlocked::here();
    thread::Builder::new().name(name.into()).spawn(work).map(|_| ())
}

/// Blocks all signals on this thread until dropped.
struct AllSignalsBlocked(libc::sigset_t);

impl AllSignalsBlocked {
    fn here() -> Self {
        // SAFETY: both sets are plain data that the calls fill in.
        unsafe {
            let mut all = mem::zeroed();
            let mut before = mem::zeroed();
            libc::sigfillset(&mut all);
            libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before);
            AllSignalsBlocked(before)
        }
    }
}

impl Drop for AllSignalsBlocked {
    fn drop(&mut self) {
        // SAFETY: the mask that the thread had before.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.0, ptr::null_mut()) };
    }
}
