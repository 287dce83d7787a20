//! How an interpreter is made: on the keeper, and prepared before anybody finds it.

use super::attach::Attached;
use super::gilstate;
use super::interpreter::{self, CreateError, Identity, Interpreter, Lease};
use super::lifecycle::{self, Runtime};
use super::memory;
use super::numbering;
use super::object::Object;
use super::recycling::Wanted;
use crate::ffi::python as ffi;
use crate::settings::interpreter_options::Gil;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

impl Runtime {
    pub(super) fn identity(&self, name: &[u8], index: usize) -> Identity {
        Identity { name: name.into(), index, options: self.interpreters.of(name) }
    }

    /// Makes the interpreter of that name, unless another thread has meanwhile. The flag
    /// tells whether this call did.
    pub(super) fn create(&'static self, name: &[u8]) -> Result<(Lease, bool), CreateError> {
        let making = self.registry.making(name);
        let _one_at_a_time = making.lock();
        if let Some(lease) = self.registry.get(name) {
            return Ok((lease, false));
        }
        let identity = self.identity(name, 0);
        let members = identity.options.pool.unwrap_or(1);
        let made = self.on_keeper(move || self.make(identity)).and_then(|interpreter| {
            let lease = Lease::of(&interpreter).ok_or_else(gone)?;
            // At the child's start imports are run in the order of the configuration.
            if self.serves.load(Ordering::Acquire) {
                (self.hooks.warm_up)(&lease);
            }
            self.registry.publish(&interpreter);
            Ok(lease)
        });
        self.registry.made(name);
        let lease = made?;
        if members > 1 {
            // They come while the first one serves.
            let further =
                (1..members).map(|index| Wanted { identity: self.identity(name, index), instead_of: None });
            self.make_in_background(further.collect());
        }
        Ok((lease, true))
    }

    /// Makes an interpreter and has it import what it is to, before it takes the place of
    /// the one with the same name and index, which it returns.
    pub(super) fn make_successor(
        &'static self,
        identity: Identity,
        instead_of: Option<&Interpreter>,
    ) -> Result<Option<Arc<Interpreter>>, CreateError> {
        let interpreter = self.on_keeper(move || self.make(identity))?;
        let lease = Lease::of(&interpreter).ok_or_else(gone)?;
        let watched = instead_of.filter(|old| old.files().is_watched());
        if watched.is_some() {
            interpreter.files().watch();
        }
        (self.hooks.warm_up)(&lease);
        if let Some(old) = watched {
            (self.hooks.load_ahead)(&lease, &old.loads());
        }
        Ok(self.registry.publish(&interpreter))
    }

    fn on_keeper<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> Result<T, CreateError> + Send + 'static,
    ) -> Result<T, CreateError> {
        if !lifecycle::is_started() || lifecycle::is_exiting() {
            return Err(CreateError::new("Python is not running in this child"));
        }
        let done = self.keeper.run(job);
        done.unwrap_or_else(|| Err(CreateError::new("internal error while creating an interpreter")))
    }

    /// On the keeper; its name does not mean it yet.
    fn make(&'static self, identity: Identity) -> Result<Arc<Interpreter>, CreateError> {
        if self.registry.count() >= self.max_interpreters {
            return Err(CreateError::TooMany(self.max_interpreters));
        }
        let main = self.main().ok_or_else(|| CreateError::new("Python is not running"))?;
        memory::of(identity.row(), || self.make_beside(&main, identity))
    }

    fn make_beside(
        &'static self,
        main: &Interpreter,
        identity: Identity,
    ) -> Result<Arc<Interpreter>, CreateError> {
        // SAFETY: the keeper is the one user of the home states. CPython makes its new state
        // current, or returns NULL and leaves the old one current.
        unsafe {
            ffi::PyEval_RestoreThread(main.home());
            gilstate::bind(main.home());
            let home = match identity.options.wants_own_gil() {
                true => new_interpreter(Gil::Own),
                false => new_interpreter(Gil::Shared),
            };
            if home.is_null() {
                ffi::PyEval_SaveThread();
                gilstate::unbind();
                return Err(CreateError::new("CPython could not make another interpreter"));
            }
            gilstate::bind(home);
            numbering::number(home);
            let interpreter = Interpreter::new(identity, ffi::PyThreadState_GetInterpreter(home), home);
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

fn gone() -> CreateError {
    CreateError::new("the interpreter is gone")
}

/// A new interpreter's first thread state, which is current then; NULL if there is none.
///
/// # Safety
/// The thread is attached to the main interpreter.
unsafe fn new_interpreter(gil: Gil) -> *mut ffi::PyThreadState {
    match gil {
        // SAFETY: by contract.
        Gil::Shared => unsafe { ffi::Py_NewInterpreter() },
        // SAFETY: by contract.
        Gil::Own => unsafe { new_with_own_gil() },
    }
}

/// CPython's isolated configuration: what it insists on for a lock of its own.
///
/// # Safety
/// As for `new_interpreter`.
#[cfg(Py_3_13)]
unsafe fn new_with_own_gil() -> *mut ffi::PyThreadState {
    let config = ffi::PyInterpreterConfig {
        use_main_obmalloc: 0,
        allow_fork: 0,
        allow_exec: 0,
        allow_threads: 1,
        allow_daemon_threads: 0,
        check_multi_interp_extensions: 1,
        gil: ffi::PyInterpreterConfig_OWN_GIL,
    };
    let mut state = ptr::null_mut();
    // SAFETY: by contract; the pointers are to live locals.
    let status = unsafe { ffi::Py_NewInterpreterFromConfig(&mut state, &config) };
    // SAFETY: a status that CPython returned.
    if unsafe { ffi::PyStatus_Exception(status) } != 0 { ptr::null_mut() } else { state }
}

/// The directive refuses what would lead here.
///
/// # Safety
/// None needed.
#[cfg(not(Py_3_13))]
unsafe fn new_with_own_gil() -> *mut ffi::PyThreadState {
    ptr::null_mut()
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
    if runtime.interpreters.want_own_gil() {
        import_shared_types(py);
    }
    let description =
        interpreter::bringing_up(interpreter, || (runtime.hooks.bootstrap)(py).map(|()| describe(py)))?;
    runtime.registry.add(interpreter);
    Ok(description)
}

/// Imports what interpreters with locks of their own must not import at the same time, while they
/// come up one after the other. The types of `datetime` are the process's, and each interpreter
/// that imports it first prepares them for itself, without a lock that all share (CPython until
/// 3.15, gh-136421). Where two do so at once, the process crashes, or methods are missing for good.
fn import_shared_types(py: Attached<'_>) {
    // A Python without it has nothing to prepare.
    let _ = Object::import(py, c"_datetime");
}
