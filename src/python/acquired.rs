//! Interpreters that C code of other modules has entered.
//!
//! `attach` ends with its closure. C enters by one call and leaves by another, so what was
//! entered is remembered for each thread. Only `phases::exports` calls this, on behalf of
//! such C code: an `Attached` of ours must never see the thread leave its interpreter, and
//! the C functions' contract (`include/mod_python.h`) is what guarantees that.

use super::attach::{Attached, Error, is_attached, seat};
use super::error::{Error as PythonError, Kind, Result};
use super::gilstate;
use super::interpreter::{self, Lease};
use super::lifecycle;
use super::object::Object;
use super::trampoline;
use crate::ffi::python as ffi;
use std::cell::RefCell;
use std::ffi::c_void;
use std::mem;
use std::ptr;

/// One entry of an interpreter.
struct Entered {
    /// The state that was current before; NULL if the thread was detached.
    before: *mut ffi::PyThreadState,
    on_release: Vec<Box<dyn FnOnce()>>,
    /// Until it is left it does not end.
    _interpreter: Lease,
}

thread_local! {
    /// Only children of httpd get here, since Python runs in them alone.
    static ENTERED: RefCell<Vec<Entered>> = const { RefCell::new(Vec::new()) };
}

/// Enters the interpreter that `find`, which runs detached, comes up with; returns CPython's
/// record of it.
pub fn acquire(find: impl FnOnce() -> Option<Lease>) -> Option<*mut c_void> {
    let left = Left::now();
    let interpreter = find()?;
    enter(&interpreter, left.before).ok()?;
    let raw = interpreter.as_raw().cast();
    let entered = Entered { before: left.stay(), on_release: Vec::new(), _interpreter: interpreter };
    ENTERED.with_borrow_mut(|all| all.push(entered));
    Some(raw)
}

fn enter(interpreter: &Lease, before: *mut ffi::PyThreadState) -> std::result::Result<(), Error> {
    if lifecycle::is_exiting() {
        return Err(Error::Exiting);
    }
    // SAFETY: `before` is NULL or this thread's state, which was current a moment ago.
    let is_same =
        !before.is_null() && unsafe { ffi::PyThreadState_GetInterpreter(before) } == interpreter.as_raw();
    // The same interpreter once more: its code goes on as it was.
    resume(if is_same { before } else { seat(interpreter)? });
    Ok(())
}

/// Leaves the interpreter entered last.
pub fn release() {
    let Some(Entered { before, on_release, _interpreter }) = ENTERED.with_borrow_mut(Vec::pop) else {
        return;
    };
    Left::now().stay();
    let _back = Left { before };
    on_release.into_iter().for_each(|action| action());
}

/// Runs `action`, detached, when the interpreter entered last is left; false if none was
/// entered here.
pub fn on_release(action: impl FnOnce() + 'static) -> bool {
    ENTERED.with_borrow_mut(|entered| match entered.last_mut() {
        Some(last) => {
            last.on_release.push(Box::new(action));
            true
        }
        None => false,
    })
}

/// A new reference for C code to own, made in the interpreter that this thread is in; NULL
/// if it is in none, or with the exception set.
pub fn object(make: impl for<'py> FnOnce(Attached<'py>) -> Result<'py, Object<'py>>) -> *mut c_void {
    if !is_attached() {
        return ptr::null_mut();
    }
    let Some(interpreter) = interpreter::current() else {
        return ptr::null_mut();
    };
    // SAFETY: this thread is attached to that interpreter, and stays so for the call.
    let py = unsafe { Attached::assume(&interpreter) };
    trampoline::enter(py, ptr::null_mut(), || {
        // An exception of the caller's and a result of ours cannot be told apart later.
        // SAFETY: attached.
        if unsafe { !ffi::PyErr_Occurred().is_null() } {
            return Err(PythonError::new(Kind::Runtime, "called with an exception set"));
        }
        make(py).map(|object| object.into_raw().cast())
    })
}

/// What this thread has left; goes back when dropped, also when a panic passes through.
struct Left {
    /// NULL if the thread was detached.
    before: *mut ffi::PyThreadState,
}

impl Left {
    fn now() -> Self {
        // SAFETY: only an attached thread has something to leave.
        Left { before: if is_attached() { unsafe { ffi::PyEval_SaveThread() } } else { ptr::null_mut() } }
    }

    /// Does not go back; what there was to go back to.
    fn stay(self) -> *mut ffi::PyThreadState {
        let before = self.before;
        mem::forget(self);
        before
    }
}

impl Drop for Left {
    fn drop(&mut self) {
        resume(self.before);
    }
}

/// Attaches with a state of this thread's; NULL leaves it detached.
fn resume(state: *mut ffi::PyThreadState) {
    if state.is_null() {
        return gilstate::unbind();
    }
    // SAFETY: this thread's own state, which is not current, and the thread is detached.
    unsafe { ffi::PyEval_RestoreThread(state) };
    gilstate::bind(state);
}
