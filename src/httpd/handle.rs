//! A request (or connection, or filter) as scripts may keep it: for ever, but usable
//! only while a handler of it runs.
//!
//! A script may store `req`, hand it to another thread, and use it when the request
//! is long over. Three rules keep that from touching freed or changing memory:
//!
//! * The record can be lent only between `open` and the matching `close`, that is
//!   while httpd's own thread is inside a handler and not changing it.
//! * The last `close` waits for lends that are still running in other threads, and so does
//!   `revoke`, before the record's memory goes.
//! * Reading and writing take `io`, which one thread holds at a time.
//!
//! Requests that come of one another, by internal redirects and sub-requests, run nested
//! on one thread: while a handler of any of them is on the stack, httpd changes none. They
//! share one [`Gate`], so `req.main`, `req.prev` and `req.next` can be used as `req` can.

use crate::ffi::httpd as ffi;
use parking_lot::{Condvar, Mutex, ReentrantMutex, ReentrantMutexGuard};
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
    lent: Lends,
    own_gate: Gate,
    /// The record that this one came of, whose gate counts for both.
    origin: Option<Arc<Handle<R>>>,
    /// Filters that a running lend has called, in whatever thread.
    within: AtomicUsize,
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
        Self::of(record, None)
    }

    /// The handle of a record that came of another one and runs nested in it.
    pub(super) fn nested(record: NonNull<R>, origin: &Arc<Self>) -> Arc<Self> {
        Self::of(record, Some(Arc::clone(origin.origin.as_ref().unwrap_or(origin))))
    }

    fn of(record: NonNull<R>, origin: Option<Arc<Self>>) -> Arc<Self> {
        Arc::new(Handle {
            record: AtomicPtr::new(record.as_ptr()),
            lent: Lends::default(),
            own_gate: Gate::default(),
            origin,
            within: AtomicUsize::new(0),
            io: ReentrantMutex::new(()),
        })
    }

    fn gate(&self) -> &Gate {
        self.origin.as_ref().map_or(&self.own_gate, |origin| &origin.own_gate)
    }

    /// A handler begins.
    pub fn open(&self) {
        self.gate().open();
    }

    /// A handler has ended. When none is left, waits until no other thread uses the
    /// record; to be called detached from Python.
    pub fn close(&self) {
        self.gate().close();
    }

    /// Whether this is the thread that httpd runs the handler on, and not one that the
    /// handler has started.
    pub fn is_handlers_thread(&self) -> bool {
        self.gate().is_of_this_thread()
    }

    /// The record is over; its memory goes next. Waits until no other thread uses it; to
    /// be called detached from Python.
    pub fn revoke(&self) {
        self.record.store(ptr::null_mut(), Ordering::SeqCst);
        self.lent.wait();
    }

    /// Lends the record to `use_it`. What `use_it` calls may run handlers of other records,
    /// and further ones of this record, on this thread.
    pub fn lend<T>(&self, use_it: impl FnOnce(R::Lent<'_>) -> T) -> Result<T, Error> {
        let gate = self.gate();
        // A lend on the handler's own thread ends before that handler does, and whoever
        // waited for it there would wait for itself: prefork ends a child in a signal
        // handler, which may interrupt any lend.
        let _counted = (!gate.is_of_this_thread()).then(|| (gate.lent.begin(), self.lent.begin()));
        let record = NonNull::new(self.record.load(Ordering::SeqCst));
        let usable = || gate.handlers.load(Ordering::SeqCst) != 0 || self.within.load(Ordering::SeqCst) != 0;
        let Some(record) = record.filter(|_| usable()) else {
            return Err(Error::Ended);
        };
        // SAFETY: not revoked, and a handler is on the stack: this thread's, or another's.
        // Then httpd frees the record only after `revoke`, and changes it only after that
        // handler's `close`, which both wait for this lend: the counts were raised before
        // `record` and `handlers` were read, and those are written before the counts are
        // read. What runs within another lend has that one waited for, and this one with it.
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

    /// Like `opened`, for a filter, which runs in the middle of reading or writing: no
    /// other thread reads or writes while the result lives, and one that does so now is
    /// waited for. To be called detached from Python.
    pub fn occupied(&self) -> Occupied<'_, R> {
        let within = self.io.is_owned_by_current_thread();
        let io = self.io.lock();
        if within {
            // The thread's own lend is what keeps the record; it may be that of a script's
            // thread, which goes on while httpd's waits for it.
            self.within.fetch_add(1, Ordering::SeqCst);
        } else {
            self.open();
        }
        Occupied { handle: self, within, _io: io }
    }

    /// A handler of the record is on the stack while the result lives.
    pub fn opened(&self) -> Opened<'_, R> {
        self.open();
        Opened(self)
    }
}

/// See [`Handle::opened`].
pub struct Opened<'h, R: Record = ffi::request_rec>(&'h Handle<R>);

impl<R: Record> Drop for Opened<'_, R> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// See [`Handle::occupied`].
pub struct Occupied<'h, R: Record = ffi::request_rec> {
    handle: &'h Handle<R>,
    within: bool,
    /// Given back after `drop`.
    _io: ReentrantMutexGuard<'h, ()>,
}

impl<R: Record> Drop for Occupied<'_, R> {
    fn drop(&mut self) {
        if self.within {
            self.handle.within.fetch_sub(1, Ordering::SeqCst);
        } else {
            self.handle.close();
        }
    }
}

/// Whether a handler is on the stack.
#[derive(Default)]
struct Gate {
    /// The thread whose stack that is; 0 while there is none.
    thread: AtomicUsize,
    /// Handlers on that stack. One that a script's own thread causes to run, by writing
    /// through a filter for instance, is not counted: it must not keep the gate open once
    /// httpd's thread has left, and while it runs that thread waits for the lend that it
    /// runs in.
    handlers: AtomicUsize,
    lent: Lends,
}

impl Gate {
    fn open(&self) {
        let free = self.thread.compare_exchange(0, this_thread(), Ordering::SeqCst, Ordering::SeqCst);
        if free.is_ok() || free == Err(this_thread()) {
            self.handlers.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn is_of_this_thread(&self) -> bool {
        self.thread.load(Ordering::SeqCst) == this_thread()
    }

    fn close(&self) {
        if !self.is_of_this_thread() {
            return;
        }
        if self.handlers.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.lent.wait();
            self.thread.store(0, Ordering::SeqCst);
        }
    }
}

/// A number that no other live thread has.
fn this_thread() -> usize {
    // An address in thread-local memory: what `std::thread::current` knows costs more, and
    // a destructor, which the module's unloading forbids.
    thread_local!(static HERE: u8 = const { 0 });
    HERE.with(|here| ptr::from_ref(here).addr())
}

/// Lends that run in other threads than the handler's, and a way to sleep until none does.
#[derive(Default)]
struct Lends {
    running: AtomicUsize,
    waiting: AtomicUsize,
    /// Taken only by those who wait, and to wake them.
    idle: (Mutex<()>, Condvar),
}

impl Lends {
    fn begin(&self) -> Lend<'_> {
        self.running.fetch_add(1, Ordering::SeqCst);
        Lend(self)
    }

    fn wait(&self) {
        if self.running.load(Ordering::SeqCst) == 0 {
            return;
        }
        let mut guard = self.idle.0.lock();
        self.waiting.fetch_add(1, Ordering::SeqCst);
        while self.running.load(Ordering::SeqCst) != 0 {
            self.idle.1.wait(&mut guard);
        }
        self.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

struct Lend<'l>(&'l Lends);

impl Drop for Lend<'_> {
    fn drop(&mut self) {
        let last = self.0.running.fetch_sub(1, Ordering::SeqCst) == 1;
        if last && self.0.waiting.load(Ordering::SeqCst) != 0 {
            // Under the lock, so that a wait between its look and its sleep hears it.
            let _guard = self.0.idle.0.lock();
            self.0.idle.1.notify_all();
        }
    }
}
