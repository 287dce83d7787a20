//! Attaching an OS thread to an interpreter, and detaching it around what can wait.
//!
//! Each thread keeps one thread state for each interpreter it has served, so that
//! `threading.local` and the PyGILState functions see the same one every time, and a
//! second attach costs no allocation. PyGILState itself is not used to attach: it
//! knows only the first interpreter.

use super::gilstate;
use super::interpreter::{Interpreter, Lease, State};
use super::lifecycle;
use super::numbering;
use super::pool::{Chosen, Pool};
use crate::ffi::python as ffi;
use crate::status::interpreter_row::InterpreterRow;
use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::ptr;
use std::sync::Arc;
use std::time::Instant;

/// Proof that this thread is attached to an interpreter, and to which.
///
/// `'py` is invariant and new for each attach, so an object of one interpreter does
/// not fit where one of another is asked for. It is not `Send`: nothing that holds it
/// can be captured by [`Attached::detach`].
#[derive(Clone, Copy)]
pub struct Attached<'py> {
    interpreter: &'py Interpreter,
    brand: Brand<'py>,
}

/// An invariant lifetime that keeps its holder on this thread.
pub(super) type Brand<'py> = PhantomData<(fn(&'py ()) -> &'py (), *mut ())>;

/// Why a thread could not attach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// The process is ending.
    Exiting,
    /// The thread is inside Python already, which only a signal can bring about.
    Interrupted,
    /// No memory for a thread state.
    NoThreadState,
}

/// A thread state of this thread.
struct Seat {
    interpreter: Arc<Interpreter>,
    state: *mut ffi::PyThreadState,
}

/// This thread's states, sorted by the names of their interpreters: a thread may serve hundreds.
/// Members of a pool share a name, and what was replaced has had it.
struct Seats {
    all: Vec<Seat>,
    /// Where the one is that was used last, mostly also the next one; or any other place.
    last: usize,
}

thread_local! {
    static SEATS: RefCell<Seats> = const { RefCell::new(Seats { all: Vec::new(), last: 0 }) };
    /// The state that `detach` put aside, on a thread that Python itself started.
    static SUSPENDED: Cell<(*const Interpreter, *mut ffi::PyThreadState)> =
        const { Cell::new((ptr::null(), ptr::null_mut())) };
}

/// Whether this very thread holds a GIL, whoever attached it.
pub fn is_attached() -> bool {
    lifecycle::is_started() && !own_state().is_null()
}

/// CPython's number of the interpreter that this very thread is attached to. Takes no memory of
/// Python's, and no lock.
pub(super) fn number_of_current() -> Option<i64> {
    let state = own_state();
    // SAFETY: current on this thread, so it and its interpreter live.
    (!state.is_null())
        .then(|| unsafe { ffi::PyInterpreterState_GetID(ffi::PyThreadState_GetInterpreter(state)) })
}

/// The state with which this very thread is attached; NULL if it is not.
fn own_state() -> *mut ffi::PyThreadState {
    // SAFETY: both read the runtime's own state and are callable at any time after
    // Python was pre-initialised; what they find is compared only.
    unsafe {
        let current = current_state();
        // Most often there is none: this thread is about to attach.
        let is_own = !current.is_null() && current == ffi::PyGILState_GetThisThreadState();
        if is_own { current } else { ptr::null_mut() }
    }
}

/// Whether this very thread has put Python aside for a while: it is in the middle of a handler.
pub(super) fn is_suspended() -> bool {
    !SUSPENDED.get().0.is_null()
}

/// The state that is current (before 3.12: in the process; since: on this thread).
///
/// # Safety
/// Python was pre-initialised.
unsafe fn current_state() -> *mut ffi::PyThreadState {
    unsafe extern "C" {
        #[cfg_attr(Py_3_13, link_name = "PyThreadState_GetUnchecked")]
        fn _PyThreadState_UncheckedGet() -> *mut ffi::PyThreadState;
    }
    // SAFETY: exported by every supported version under one of these two names.
    unsafe { _PyThreadState_UncheckedGet() }
}

/// Runs `body` attached to the interpreter. The thread must be detached.
pub fn attach<R>(interpreter: &Lease, body: impl for<'py> FnOnce(Attached<'py>) -> R) -> Result<R, Error> {
    if lifecycle::is_exiting() {
        return Err(Error::Exiting);
    }
    if is_attached() {
        return Err(Error::Interrupted);
    }
    let state = seat(interpreter)?;
    let _leave = Leave::enter(interpreter, state);
    Ok(body(Attached { interpreter, brand: PhantomData }))
}

/// What that name has meant when this thread used it, unless that was retired since: the short
/// way to what the registry knows.
pub(super) fn used_before(name: &[u8]) -> Option<Chosen> {
    SEATS.with_borrow_mut(|seats| {
        let known = seats.find(name, |known| known.name() == name && !known.users().is_retired())?;
        match known.interpreter.pool() {
            Some(pool) => Some(Chosen::Pool(Pool(Arc::clone(pool)))),
            None => Lease::of(&known.interpreter).map(Chosen::One),
        }
    })
}

/// This thread's state for the interpreter; made on first use.
pub(super) fn seat(interpreter: &Lease) -> Result<*mut ffi::PyThreadState, Error> {
    let wanted = Arc::as_ptr(interpreter.record());
    let (suspended, state) = SUSPENDED.get();
    if suspended == wanted {
        return Ok(state);
    }
    SEATS.with_borrow_mut(|seats| {
        if let Some(known) = seats.find(interpreter.name(), |known| ptr::eq(known, wanted)) {
            return Ok(known.state);
        }
        // SAFETY: the lease keeps the interpreter from being ended.
        let state = unsafe { numbering::new_state(interpreter.as_raw()) };
        if state.is_null() {
            return Err(Error::NoThreadState);
        }
        interpreter.add_state(State(state));
        seats.add(Seat { interpreter: Arc::clone(interpreter.record()), state });
        Ok(state)
    })
}

impl Seats {
    /// The one of that name that is wanted.
    fn find(&mut self, name: &[u8], is_wanted: impl Fn(&Interpreter) -> bool) -> Option<&Seat> {
        let fits = |seat: &Seat| is_wanted(&seat.interpreter);
        if !self.all.get(self.last).is_some_and(fits) {
            let first = self.first(name);
            let mut of_name = self.all[first..].iter().take_while(|seat| seat.interpreter.name() == name);
            self.last = first + of_name.position(fits)?;
        }
        self.all.get(self.last)
    }

    fn add(&mut self, seat: Seat) {
        // What ends an interpreter deletes its states.
        self.all.retain(|known| !known.interpreter.users().is_ended());
        self.last = self.first(seat.interpreter.name());
        self.all.insert(self.last, seat);
    }

    /// Where those of that name begin, or would.
    fn first(&self, name: &[u8]) -> usize {
        self.all.partition_point(|seat| seat.interpreter.name() < name)
    }
}

impl Drop for Seats {
    /// The thread ends: mod_http2, for one, starts and ends threads as load changes.
    fn drop(&mut self) {
        if !lifecycle::is_exiting() && is_attached() {
            // C code that acquired an interpreter has not released it.
            // SAFETY: the thread is attached.
            unsafe { ffi::PyEval_SaveThread() };
        }
        for seat in self.all.drain(..) {
            if lifecycle::is_exiting() {
                return;
            }
            let Some(lease) = Lease::of(&seat.interpreter) else { continue };
            lease.remove_state(State(seat.state));
            // SAFETY: the state belongs to this thread and is detached, and the lease keeps
            // its interpreter; it is cleared and deleted while current, and used by nobody
            // afterwards.
            unsafe {
                ffi::PyEval_RestoreThread(seat.state);
                ffi::PyThreadState_Clear(seat.state);
                ffi::PyThreadState_DeleteCurrent();
            }
        }
    }
}

/// Attaches. How long this thread has waited for the interpreter's lock is counted in the row, where
/// anybody can look.
///
/// # Safety
/// The state is this thread's own for the row's interpreter, and the thread is detached.
unsafe fn take_lock(row: Option<&InterpreterRow>, state: *mut ffi::PyThreadState) {
    let since = row.map(|row| (row, Instant::now()));
    // SAFETY: by contract.
    unsafe { ffi::PyEval_RestoreThread(state) };
    if let Some((row, since)) = since {
        row.count_wait(since.elapsed());
    }
}

/// Detaches when dropped, also when a panic passes through.
struct Leave {
    row: Option<&'static InterpreterRow>,
}

impl Leave {
    fn enter(interpreter: &Interpreter, state: *mut ffi::PyThreadState) -> Self {
        let row = interpreter.row();
        if let Some(row) = row {
            row.begin_use();
        }
        // SAFETY: the state is this thread's own for a live interpreter, and not current:
        // `attach` has checked that the thread is detached.
        unsafe { take_lock(row, state) };
        gilstate::bind(state);
        Leave { row }
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        // SAFETY: the thread is attached: `detach` is balanced by its own guard.
        unsafe { ffi::PyEval_SaveThread() };
        gilstate::unbind();
        if let Some(row) = self.row {
            row.end_use();
        }
    }
}

impl<'py> Attached<'py> {
    pub fn interpreter(self) -> &'py Interpreter {
        self.interpreter
    }

    /// A lease of the interpreter; None in one that is being ended, where threads of
    /// scripts may still run.
    pub fn lease(self) -> Option<Lease> {
        Lease::of(&self.interpreter.record())
    }

    /// For an entry from Python, whose thread is attached by definition.
    ///
    /// # Safety
    /// The thread is attached to `interpreter` for all of `'py`.
    pub(super) unsafe fn assume(interpreter: &'py Interpreter) -> Self {
        Attached { interpreter, brand: PhantomData }
    }

    /// Runs `body` detached, so that other threads can run Python meanwhile.
    pub fn detach<R: Send>(self, body: impl FnOnce() -> R + Send) -> R {
        let _back = Reattach::leave(self.interpreter);
        body()
    }
}

/// Attaches again when dropped, also when a panic passes through.
struct Reattach<'a> {
    interpreter: &'a Interpreter,
    state: *mut ffi::PyThreadState,
    suspended: (*const Interpreter, *mut ffi::PyThreadState),
}

impl<'a> Reattach<'a> {
    fn leave(interpreter: &'a Interpreter) -> Self {
        // SAFETY: the caller holds an Attached, so the thread is attached.
        let state = unsafe { ffi::PyEval_SaveThread() };
        Reattach { interpreter, state, suspended: SUSPENDED.replace((interpreter, state)) }
    }
}

impl Drop for Reattach<'_> {
    fn drop(&mut self) {
        SUSPENDED.set(self.suspended);
        // SAFETY: the state that this thread was detached from a moment ago.
        unsafe { take_lock(self.interpreter.row(), self.state) };
        gilstate::bind(self.state);
    }
}
