//! A request (or connection, or filter) as scripts may keep it: for ever, but usable
//! only while a handler of it runs.
//!
//! A script may store `req`, hand it to another thread, and use it when the request
//! is long over. Three rules keep that from touching freed or changing memory:
//!
//! * The record can be lent only between `open` and the matching `close`, that is
//!   while httpd's own thread is inside a handler of this request and not changing it.
//! * The last `close` waits for lends that are still running in other threads.
//! * Reading and writing take `io`, which one thread holds at a time.

use crate::ffi::httpd as ffi;
use parking_lot::{Condvar, Mutex, ReentrantMutex};
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

/// What handlers are given, and how it is lent.
pub trait Record {
    type Lent<'a>;

    /// # Safety
    /// `raw` is a record of httpd's that lives for `'a`.
    unsafe fn lend<'a>(raw: NonNull<Self>) -> Self::Lent<'a>;
}

pub struct Handle<R: Record = ffi::request_rec> {
    record: AtomicPtr<R>,
    /// Handlers of this record on the stack.
    open: AtomicUsize,
    /// Lends that are running.
    lent: AtomicUsize,
    /// For `close` to sleep on; taken only when it has to wait.
    idle: (Mutex<()>, Condvar),
    io: ReentrantMutex<()>,
}

/// Why a record cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// It has ended, or no handler of it is running.
    Ended,
    /// Another thread reads or writes it.
    Busy,
}

impl<R: Record> Handle<R> {
    pub(super) fn new(record: NonNull<R>) -> Arc<Self> {
        Arc::new(Handle {
            record: AtomicPtr::new(record.as_ptr()),
            open: AtomicUsize::new(0),
            lent: AtomicUsize::new(0),
            idle: (Mutex::new(()), Condvar::new()),
            io: ReentrantMutex::new(()),
        })
    }

    /// A handler begins.
    pub fn open(&self) {
        self.open.fetch_add(1, Ordering::SeqCst);
    }

    /// A handler has ended. When none is left, waits until no other thread uses the
    /// record; to be called detached from Python.
    pub fn close(&self) {
        if self.open.fetch_sub(1, Ordering::SeqCst) > 1 || self.lent.load(Ordering::SeqCst) == 0 {
            return;
        }
        let mut guard = self.idle.0.lock();
        while self.lent.load(Ordering::SeqCst) != 0 {
            self.idle.1.wait(&mut guard);
        }
    }

    /// The record is over; its memory goes next.
    pub fn revoke(&self) {
        self.record.store(ptr::null_mut(), Ordering::SeqCst);
    }

    /// Lends the record to `use_it`, which must not call back into a handler.
    pub fn lend<T>(&self, use_it: impl FnOnce(R::Lent<'_>) -> T) -> Result<T, Error> {
        self.lent.fetch_add(1, Ordering::SeqCst);
        let _lend = Lend { lent: &self.lent, open: &self.open, idle: &self.idle };
        let record = NonNull::new(self.record.load(Ordering::SeqCst));
        let Some(record) = record.filter(|_| self.open.load(Ordering::SeqCst) != 0) else {
            return Err(Error::Ended);
        };
        // SAFETY: not revoked, and a handler is on the stack. httpd frees the record only
        // after that handler's `close`, which waits for this lend: `lent` was raised
        // before `open` was read, and `close` lowers `open` before it reads `lent`.
        Ok(use_it(unsafe { R::lend(record) }))
    }

    /// Lends the record for reading or writing; the same thread may nest.
    pub fn lend_io<T>(&self, use_it: impl FnOnce(R::Lent<'_>) -> T) -> Result<T, Error> {
        let _io = self.io.try_lock().ok_or(Error::Busy)?;
        self.lend(use_it)
    }

    /// The same, after waiting for another thread to be done; to be called detached.
    pub fn lend_io_in_turn<T>(&self, use_it: impl FnOnce(R::Lent<'_>) -> T) -> Result<T, Error> {
        let _io = self.io.lock();
        self.lend(use_it)
    }

    /// A handler of the record is on the stack while the result lives.
    ///
    /// Filters and include elements run inside a write, which may be that of a script's
    /// thread. They do not count: the handler that waits for that write would leave the
    /// waiting to them, and they would wait for the write that they are part of.
    pub fn opened(&self) -> Opened<'_, R> {
        let counts = !self.io.is_owned_by_current_thread();
        if counts {
            self.open();
        }
        Opened { handle: self, counts }
    }
}

/// See [`Handle::opened`].
pub struct Opened<'h, R: Record = ffi::request_rec> {
    handle: &'h Handle<R>,
    counts: bool,
}

impl<R: Record> Drop for Opened<'_, R> {
    fn drop(&mut self) {
        if self.counts {
            self.handle.close();
        }
    }
}

struct Lend<'h> {
    lent: &'h AtomicUsize,
    open: &'h AtomicUsize,
    idle: &'h (Mutex<()>, Condvar),
}

impl Drop for Lend<'_> {
    fn drop(&mut self) {
        let last = self.lent.fetch_sub(1, Ordering::SeqCst) == 1;
        if last && self.open.load(Ordering::SeqCst) == 0 {
            // Under the lock, so that a `close` between its look and its sleep hears it.
            let _guard = self.idle.0.lock();
            self.idle.1.notify_all();
        }
    }
}
