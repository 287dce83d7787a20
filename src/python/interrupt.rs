//! What another thread may do to one that runs Python code: look at its stack, and have an
//! exception raised in it.
//!
//! Whoever does so is attached to the same interpreter. None of this runs Python code, so the
//! lock (GIL) is not given up in between, and the other thread stays where it is meanwhile.

use super::attach::Attached;
use super::object::{Object, Stored};
use crate::ffi::python as ffi;
use std::ffi::{CStr, c_int, c_long};
use std::ptr;

/// A thread in the middle of Python code.
#[derive(Debug, Clone, Copy)]
pub struct Running {
    /// As CPython numbers threads.
    thread: c_long,
    /// The address of its state in this interpreter.
    state: usize,
}

/// The innermost calls of a stack; deeper ones are left out.
const DEEPEST: usize = 50;

impl Running {
    /// This thread, in the interpreter that it is attached to.
    pub fn here(_py: Attached<'_>) -> Self {
        // SAFETY: attached.
        unsafe {
            Running {
                // An address, which CPython takes for signed here and for unsigned there.
                thread: ffi::PyThread_get_thread_ident() as c_long,
                state: ffi::PyThreadState_Get().addr(),
            }
        }
    }

    /// A number that no other live thread has.
    pub fn thread(&self) -> u64 {
        self.thread as u64
    }

    /// What the thread is doing, the innermost call last, in the words of a traceback.
    ///
    /// Empty if it is not there any more.
    pub fn stack(&self, py: Attached<'_>) -> Vec<String> {
        let mut lines = Vec::new();
        let Some(state) = self.find(py) else { return lines };
        let _quiet = CollectorPaused::begin(py);
        // SAFETY: a live state of this interpreter; the frame is a new reference, or NULL.
        let mut frame = unsafe { Object::owned_or_none(py, ffi::PyThreadState_GetFrame(state).cast()) };
        while let Some(current) = frame {
            if lines.len() == DEEPEST {
                lines.push("...".to_owned());
                break;
            }
            lines.push(describe(py, &current));
            // SAFETY: as above, of a frame that is alive.
            frame =
                unsafe { Object::owned_or_none(py, ffi::PyFrame_GetBack(current.as_raw().cast()).cast()) };
        }
        lines.reverse();
        lines
    }

    /// The thread's state, if this interpreter has it. Only who is attached deletes one.
    fn find(&self, py: Attached<'_>) -> Option<*mut ffi::PyThreadState> {
        // SAFETY: attached, so no state of this interpreter's goes meanwhile.
        unsafe {
            let mut state = ffi::PyInterpreterState_ThreadHead(py.interpreter().as_raw());
            while !state.is_null() && state.addr() != self.state {
                state = ffi::PyThreadState_Next(state);
            }
            (!state.is_null()).then_some(state)
        }
    }

    /// Has `class` raised in the thread when it next runs Python code.
    pub fn raise(&self, py: Attached<'_>, class: &Stored) {
        self.set(py, class.get(py).as_raw());
    }

    /// Takes back what has not been raised yet; to be called on the thread itself.
    pub fn clear(&self, py: Attached<'_>) {
        self.set(py, ptr::null_mut());
    }

    fn set(&self, _py: Attached<'_>, class: *mut ffi::PyObject) {
        // SAFETY: attached; the class is alive or NULL. CPython looks for the thread among
        // those of this interpreter, and does nothing if it is not there.
        unsafe { ffi::PyThreadState_SetAsyncExc(self.thread, class) };
    }
}

/// `File "name", line 1, in function`.
fn describe<'py>(py: Attached<'py>, frame: &Object<'py>) -> String {
    // SAFETY: a live frame; its code is a new reference.
    let (line, code) = unsafe {
        let frame = frame.as_raw().cast();
        (ffi::PyFrame_GetLineNumber(frame), Object::owned_or_none(py, ffi::PyFrame_GetCode(frame).cast()))
    };
    let text = |name: &CStr| {
        let value = code.as_ref().and_then(|code| code.getattr(py, name).ok());
        value.and_then(|value| super::convert::to_message(py, &value).ok()).unwrap_or_default()
    };
    format!("File \"{}\", line {line}, in {}", text(c"co_filename"), text(c"co_name"))
}

/// No garbage collection in this interpreter while this lives: it runs code of scripts, and
/// lets other threads run. Before 3.12 any new object may bring one about, frames too.
struct CollectorPaused(c_int);

impl CollectorPaused {
    fn begin(_py: Attached<'_>) -> Self {
        // SAFETY: attached.
        CollectorPaused(unsafe { ffi::PyGC_Disable() })
    }
}

impl Drop for CollectorPaused {
    fn drop(&mut self) {
        if self.0 != 0 {
            // SAFETY: made on this thread, which has been attached since.
            unsafe { ffi::PyGC_Enable() };
        }
    }
}
