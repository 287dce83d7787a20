//! A request as scripts may keep it: for ever, but usable only while a handler of
//! it runs.
//!
//! A script may store `req`, hand it to another thread, and use it when the request
//! is long over. Three rules keep that from touching freed or changing memory:
//!
//! * The record can be lent only between `open` and the matching `close`, that is
//!   while httpd's own thread is inside a handler of this request and not changing it.
//! * The last `close` waits for lends that are still running in other threads.
//! * Reading and writing take `io`, which one thread holds at a time.

use super::request::Request;
use crate::ffi::httpd as ffi;
use parking_lot::{Condvar, Mutex, ReentrantMutex};
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

pub struct Handle {
    request: AtomicPtr<ffi::request_rec>,
    /// Handlers of this request on the stack.
    open: AtomicUsize,
    /// Lends that are running.
    lent: AtomicUsize,
    /// For `close` to sleep on; taken only when it has to wait.
    idle: (Mutex<()>, Condvar),
    io: ReentrantMutex<()>,
}

/// Why a request cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// The request has ended, or no handler of it is running.
    Ended,
    /// Another thread reads or writes it.
    Busy,
}

impl Handle {
    pub(super) fn new(request: NonNull<ffi::request_rec>) -> Arc<Self> {
        Arc::new(Handle {
            request: AtomicPtr::new(request.as_ptr()),
            open: AtomicUsize::new(0),
            lent: AtomicUsize::new(0),
            idle: (Mutex::new(()), Condvar::new()),
            io: ReentrantMutex::new(()),
        })
    }

    /// A handler of the request begins.
    pub fn open(&self) {
        self.open.fetch_add(1, Ordering::SeqCst);
    }

    /// A handler of the request has ended. When none is left, waits until no other
    /// thread uses the request; to be called detached from Python.
    pub fn close(&self) {
        if self.open.fetch_sub(1, Ordering::SeqCst) > 1 || self.lent.load(Ordering::SeqCst) == 0 {
            return;
        }
        let mut guard = self.idle.0.lock();
        while self.lent.load(Ordering::SeqCst) != 0 {
            self.idle.1.wait(&mut guard);
        }
    }

    /// The request is over; its memory goes next.
    pub fn revoke(&self) {
        self.request.store(ptr::null_mut(), Ordering::SeqCst);
    }

    /// Lends the request to `use_it`, which must not call back into a handler.
    pub fn lend<T>(&self, use_it: impl FnOnce(Request<'_>) -> T) -> Result<T, Error> {
        self.lent.fetch_add(1, Ordering::SeqCst);
        let _lend = Lend(self);
        let request = self.request.load(Ordering::SeqCst);
        if request.is_null() || self.open.load(Ordering::SeqCst) == 0 {
            return Err(Error::Ended);
        }
        // SAFETY: not revoked, and a handler is on the stack. httpd frees the request only
        // after that handler's `close`, which waits for this lend: `lent` was raised
        // before `open` was read, and `close` lowers `open` before it reads `lent`.
        Ok(use_it(unsafe { Request::from_raw(request) }))
    }

    /// Lends the request for reading or writing; the same thread may nest.
    pub fn lend_io<T>(&self, use_it: impl FnOnce(Request<'_>) -> T) -> Result<T, Error> {
        let _io = self.io.try_lock().ok_or(Error::Busy)?;
        self.lend(use_it)
    }
}

struct Lend<'h>(&'h Handle);

impl Drop for Lend<'_> {
    fn drop(&mut self) {
        let last = self.0.lent.fetch_sub(1, Ordering::SeqCst) == 1;
        if last && self.0.open.load(Ordering::SeqCst) == 0 {
            // Under the lock, so that a `close` between its look and its sleep hears it.
            let _guard = self.0.idle.0.lock();
            self.0.idle.1.notify_all();
        }
    }
}
