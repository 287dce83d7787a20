//! How an interpreter that was replaced ends, on a thread of its own: what scripts registered
//! runs, their threads are waited for, and then CPython takes it apart, unless something in
//! it cannot be taken apart safely.

use super::attach::Attached;
use super::convert::{Codec, to_message, to_str};
use super::error::Result;
use super::gilstate;
use super::interpreter::{Interpreter, State};
use super::lifecycle::{self, Runtime};
use super::memory;
use super::numbering;
use super::object::Object;
use crate::ffi::python as ffi;
use crate::ffi::thread as own_thread;
use std::collections::BTreeSet;
#[cfg(not(Py_3_12))]
use std::ptr;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// Nobody uses the interpreter any more. Called once for each.
pub(super) fn begin(interpreter: &Arc<Interpreter>) {
    let Some(runtime) = lifecycle::runtime() else { return };
    if lifecycle::is_exiting() {
        return;
    }
    let told = Arc::clone(interpreter);
    if let Err(error) = own_thread::spawn("mod_python end", move || watch(runtime, &told)) {
        (runtime.hooks.ended)(interpreter, Err(error.to_string()));
    }
}

/// Says so when the end takes longer than it is given; it may come all the same.
fn watch(runtime: &'static Runtime, interpreter: &Arc<Interpreter>) {
    let (done, is_done) = mpsc::sync_channel(1);
    let ending = Arc::clone(interpreter);
    let work = move || {
        end(runtime, &ending);
        let _ = done.send(());
    };
    let late = match own_thread::spawn("mod_python end", work) {
        Ok(()) => is_done.recv_timeout(runtime.shutdown_timeout) == Err(RecvTimeoutError::Timeout),
        Err(_) => true,
    };
    if late {
        let reason = "its threads and atexit callbacks did not end within PythonShutdownTimeout".to_owned();
        (runtime.hooks.ended)(interpreter, Err(reason));
    }
}

fn end(runtime: &'static Runtime, interpreter: &Arc<Interpreter>) {
    // SAFETY: nobody but this thread uses the interpreter, and it is alive: only this
    // function ends it.
    let state = unsafe { numbering::new_state(interpreter.as_raw()) };
    if state.is_null() {
        return (runtime.hooks.ended)(interpreter, Err("out of memory for a thread state".to_owned()));
    }
    // SAFETY: the state was made for this thread, which is detached.
    unsafe {
        ffi::PyEval_RestoreThread(state);
        gilstate::bind(state);
    }
    // SAFETY: attached just now.
    let py = unsafe { Attached::assume(interpreter) };
    (runtime.hooks.farewell)(py);
    lifecycle::finish(py);
    let result = match obstacle(py, interpreter, state) {
        None => {
            // SAFETY: attached with `state`, and nothing stands in the way.
            let take_apart = || unsafe { take_apart(py, interpreter, state) };
            memory::of(interpreter.row(), take_apart);
            runtime.registry.remove(interpreter);
            Ok(())
        }
        Some(obstacle) => {
            // SAFETY: attached with `state`, which is this thread's own.
            unsafe {
                ffi::PyThreadState_Clear(state);
                ffi::PyThreadState_DeleteCurrent();
            }
            Err(obstacle)
        }
    };
    gilstate::unbind();
    (runtime.hooks.ended)(interpreter, result);
}

/// Why the interpreter cannot be ended.
fn obstacle(py: Attached<'_>, interpreter: &Interpreter, own: *mut ffi::PyThreadState) -> Option<String> {
    if !gilstate::is_known() {
        return Some("threads of httpd would go on referring to it".to_owned());
    }
    let extensions = single_phase_extensions(py).unwrap_or_default();
    if !extensions.is_empty() {
        let names: Vec<_> = extensions.into_iter().collect();
        return Some(format!("these extension modules cannot be taken down: {}", names.join(", ")));
    }
    // A thread that was waited for may not have given its state back yet.
    for _ in 0..100 {
        if !has_other_threads(interpreter, own) {
            return None;
        }
        py.detach(|| thread::sleep(Duration::from_millis(10)));
    }
    Some("threads that scripts started are still running".to_owned())
}

/// Whether CPython knows of a thread state that neither this module nor this thread made.
fn has_other_threads(interpreter: &Interpreter, own: *mut ffi::PyThreadState) -> bool {
    let states = interpreter.states();
    // SAFETY: attached, so no state of this interpreter's comes or goes meanwhile but by
    // threads that wait for its lock.
    unsafe {
        let mut state = ffi::PyInterpreterState_ThreadHead(interpreter.as_raw());
        while !state.is_null() {
            if state != own && !states.contains(&State(state)) {
                return true;
            }
            state = ffi::PyThreadState_Next(state);
        }
    }
    false
}

/// Extension modules that are no part of Python and were written for one interpreter only:
/// what they keep in C variables may refer to objects of this one.
fn single_phase_extensions(py: Attached<'_>) -> Result<'_, BTreeSet<String>> {
    let sys = Object::import(py, c"sys")?;
    let standard = sys.getattr(py, c"stdlib_module_names")?;
    let modules = sys.getattr(py, c"modules")?.call_method(py, c"copy", &[])?;
    let mut names = BTreeSet::new();
    for name in modules.iter(py)? {
        let name = name?;
        let Ok(module) = modules.get_item(py, &name) else { continue };
        if !is_single_phase(&module) || !name.is_str() {
            continue;
        }
        let text = to_message(py, &name)?;
        let top = text.split('.').next().unwrap_or_default();
        let top = to_str(py, Codec::Utf8, top.as_bytes())?;
        if !standard.call_method(py, c"__contains__", &[&top])?.truth(py)? {
            names.insert(text);
        }
    }
    Ok(names)
}

fn is_single_phase(module: &Object<'_>) -> bool {
    // SAFETY: a live object; a module's definition is static, or NULL for Python modules.
    unsafe {
        if ffi::PyModule_Check(module.as_raw()) == 0 {
            return false;
        }
        let definition = ffi::PyModule_GetDef(module.as_raw());
        !definition.is_null() && (*definition).m_slots.is_null()
    }
}

/// # Safety
/// The thread is attached with `own`; no other thread uses the interpreter or will.
unsafe fn take_apart(py: Attached<'_>, interpreter: &Interpreter, own: *mut ffi::PyThreadState) {
    interpreter.release_objects(py);
    for State(state) in interpreter.take_states() {
        // SAFETY: a state of this interpreter whose thread is detached from it and will not
        // attach with it again: it holds no lease. `gilstate::unbind` has seen to it that
        // the thread does not refer to it either.
        unsafe {
            ffi::PyThreadState_Clear(state);
            ffi::PyThreadState_Delete(state);
        }
    }
    // Deleting a state empties the binding of this thread (since 3.12).
    gilstate::bind(own);
    // SAFETY: `own` is current and the last state.
    unsafe { end_interpreter(own) };
}

/// `Py_EndInterpreter`; leaves this thread detached.
///
/// # Safety
/// `own` is current and the last state of its interpreter.
#[cfg(Py_3_12)]
unsafe fn end_interpreter(own: *mut ffi::PyThreadState) {
    // SAFETY: by contract. No lock is held afterwards.
    unsafe { ffi::Py_EndInterpreter(own) };
}

/// # Safety
/// As above.
#[cfg(not(Py_3_12))]
unsafe fn end_interpreter(own: *mut ffi::PyThreadState) {
    let main = lifecycle::runtime().and_then(Runtime::main);
    // SAFETY: by contract. The lock is still held afterwards, without a state: one of the
    // main interpreter, which never ends, gives it back.
    unsafe {
        let state = main.map_or(ptr::null_mut(), |main| numbering::new_state(main.as_raw()));
        ffi::Py_EndInterpreter(own);
        if !state.is_null() {
            ffi::PyThreadState_Swap(state);
            gilstate::bind(state);
            ffi::PyThreadState_Clear(state);
            ffi::PyThreadState_DeleteCurrent();
        }
    }
}
