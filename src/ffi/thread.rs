//! Threads of this module's own, which leave httpd's signals to httpd's threads.

use std::mem;
use std::ptr;
use std::time::Duration;
use std::{io, thread};

/// What httpd's threads have, so that scripts can recurse as deeply on these.
const STACK: usize = 8 << 20;

/// Starts a thread on which all signals are blocked, as on those that it starts.
pub fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    // A new thread has the mask of the one that starts it.
    let _blocked = AllSignalsBlocked::here();
    thread::Builder::new().name(name.into()).stack_size(STACK).spawn(work).map(|_| ())
}

/// The processor's time that this thread has used.
pub fn cpu_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a live local; every thread has this clock.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
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
