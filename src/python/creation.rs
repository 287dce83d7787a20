//! How an interpreter is made: on the keeper, and prepared before anybody finds it.

use super::attach::Attached;
use super::gilstate;
use super::interpreter::{self, CreateError, Interpreter, Lease};
use super::lifecycle::{self, Runtime};
use crate::ffi::python as ffi;
use std::sync::Arc;

impl Runtime {
    /// Makes the interpreter of that name, unless another thread has meanwhile. The flag
    /// tells whether this call did.
    pub(super) fn create(&'static self, name: &[u8]) -> Result<(Lease, bool), CreateError> {
        if !lifecycle::is_started() || lifecycle::is_exiting() {
            return Err(CreateError::new("Python is not running in this child"));
        }
        let owned: Box<[u8]> = name.into();
        let created = self.keeper.run(move || {
            if let Some(lease) = self.registry.get(&owned) {
                return Ok((lease, false));
            }
            let interpreter = self.make(&owned)?;
            let lease = Lease::of(&interpreter).ok_or_else(|| CreateError::new("the interpreter is gone"))?;
            self.registry.publish(&interpreter);
            Ok((lease, true))
        });
        created.unwrap_or_else(|| Err(CreateError::new("internal error while creating an interpreter")))
    }

    /// `Py_NewInterpreter`, on the keeper; its name does not mean it yet.
    pub(super) fn make(&'static self, name: &[u8]) -> Result<Arc<Interpreter>, CreateError> {
        let main = self.main().ok_or_else(|| CreateError::new("Python is not running"))?;
        // SAFETY: the keeper is the one user of the home states. Py_NewInterpreter makes its
        // new state current, or returns NULL and leaves the old one current.
        unsafe {
            ffi::PyEval_RestoreThread(main.home());
            gilstate::bind(main.home());
            let home = ffi::Py_NewInterpreter();
            if home.is_null() {
                ffi::PyEval_SaveThread();
                gilstate::unbind();
                return Err(CreateError::new("CPython could not make another interpreter"));
            }
            gilstate::bind(home);
            let interpreter = Interpreter::new(name, ffi::PyThreadState_GetInterpreter(home), home);
            let result = adopt(self, &interpreter, |_| ());
            if result.is_err() {
                ffi::Py_EndInterpreter(home);
                ffi::PyThreadState_Swap(main.home());
            }
            ffi::PyEval_SaveThread();
            gilstate::unbind();
            result.map(|()| interpreter)
        }
    }
}

/// Prepares the interpreter whose state is current; what `describe` says of it.
///
/// # Safety
/// This thread is attached to the interpreter.
pub(super) unsafe fn adopt<T>(
    runtime: &'static Runtime,
    interpreter: &Arc<Interpreter>,
    describe: impl for<'py> FnOnce(Attached<'py>) -> T,
) -> Result<T, CreateError> {
    // SAFETY: by contract.
    let py = unsafe { Attached::assume(interpreter) };
    let description =
        interpreter::bringing_up(interpreter, || (runtime.hooks.bootstrap)(py).map(|()| describe(py)))?;
    runtime.registry.add(interpreter);
    Ok(description)
}
