//! Named interpreters: `main_interpreter` is the process's first, every other name
//! gets one with legacy isolation (its own modules, the shared GIL), created once, on
//! first use, by the keeper thread.

use super::attach::Attached;
use super::class::{Class, is_bare};
use super::lifecycle;
use super::object::Stored;
use crate::ffi::python as ffi;
use parking_lot::Mutex;
use std::any::{Any, TypeId};
use std::cell::Cell;
use std::ptr;
use std::sync::OnceLock;

/// An interpreter of this process. Once made, it lives until the process ends.
pub struct Interpreter {
    name: Box<[u8]>,
    raw: *mut ffi::PyInterpreterState,
    /// The thread state it was created with; the keeper's, and nobody else's.
    home: *mut ffi::PyThreadState,
    extension: OnceLock<Extension>,
    /// Objects to be used again.
    spares: Mutex<Vec<Stored>>,
}

// SAFETY: the name never changes; the two pointers are used by attached threads and by
// the keeper only; the extension's content is reached through an Attached.
unsafe impl Send for Interpreter {}
// SAFETY: as above.
unsafe impl Sync for Interpreter {}

/// The state of our built-in module in this interpreter, and what keeps it alive.
struct Extension {
    state: *const (),
    state_type: TypeId,
    _module: Stored,
}

/// An interpreter that could not be made, and why.
#[derive(Debug, Clone)]
pub enum CreateError {
    /// CPython said no.
    Python(String),
    /// The package that prepares interpreters could not be imported from `path`.
    Unprepared { path: String, traceback: Vec<String> },
}

impl CreateError {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        CreateError::Python(reason.into())
    }
}

/// The interpreter of that name; created if there is none, which may take 20 ms. The
/// thread must be detached. The flag tells whether this call created it.
pub fn named(name: &[u8]) -> Result<(&'static Interpreter, bool), CreateError> {
    // SAFETY: set below, to an interpreter that is never freed.
    if let Some(last) = unsafe { LAST.get().as_ref() }.filter(|last| last.name() == name) {
        return Ok((last, false));
    }
    let runtime =
        lifecycle::runtime().ok_or_else(|| CreateError::new("Python is not running in this child"))?;
    let found = runtime.interpreter(name)?;
    LAST.set(found.0);
    Ok(found)
}

impl Interpreter {
    pub(super) fn new(name: &[u8], raw: *mut ffi::PyInterpreterState, home: *mut ffi::PyThreadState) -> Self {
        Interpreter { name: name.into(), raw, home, extension: OnceLock::new(), spares: Mutex::default() }
    }

    pub fn name(&self) -> &[u8] {
        &self.name
    }

    pub(super) fn as_raw(&self) -> *mut ffi::PyInterpreterState {
        self.raw
    }

    pub(super) fn home(&self) -> *mut ffi::PyThreadState {
        self.home
    }

    /// Takes an instance of `T` that nothing else refers to and that carries nothing of a
    /// script's, for [`super::class::ClassObject::renewed`]; gives back any other. So the
    /// object of an ordinary request goes without attaching for that, and comes without
    /// allocating.
    pub fn keep_spare<T: Class>(&self, object: Stored) -> Result<(), Stored> {
        /// As many as there are requests at the same time, mostly.
        const AT_MOST: usize = 256;
        let mut spares = self.spares.lock();
        if spares.len() >= AT_MOST || !is_bare::<T>(&object) {
            return Err(object);
        }
        spares.push(object);
        Ok(())
    }

    pub(super) fn take_spare(&self) -> Option<Stored> {
        self.spares.lock().pop()
    }

    /// Remembers the state of our built-in module; the first one counts.
    pub(super) fn set_extension<T: Any>(&self, module: Stored, state: *const T) {
        let extension = Extension { state: state.cast(), state_type: TypeId::of::<T>(), _module: module };
        // A script that imports the module anew gets its own copy; ours stays this one.
        let _ = self.extension.set(extension);
    }

    /// The state of our built-in module, once it has been imported.
    pub fn extension<'py, T: Any>(&self, _py: Attached<'py>) -> Option<&'py T> {
        let extension = self.extension.get()?;
        // SAFETY: the type is the one stored; the state lives as long as its module, which
        // the extension holds, and the interpreter is never ended while attached.
        (extension.state_type == TypeId::of::<T>()).then(|| unsafe { &*extension.state.cast::<T>() })
    }
}

thread_local! {
    /// The interpreter that this thread has asked for last: mostly the next one too.
    static LAST: Cell<*const Interpreter> = const { Cell::new(ptr::null()) };
    /// The interpreter that this thread is bringing up; not yet in the registry.
    static COMING_UP: Cell<*const Interpreter> = const { Cell::new(ptr::null()) };
}

/// Runs `body` while `interpreter` is what [`current`] finds on this thread.
pub(super) fn bringing_up<T>(interpreter: &'static Interpreter, body: impl FnOnce() -> T) -> T {
    COMING_UP.set(interpreter);
    let result = body();
    COMING_UP.set(ptr::null());
    result
}

/// The interpreter that this attached thread is in; None if it is not one of ours.
pub(super) fn current() -> Option<&'static Interpreter> {
    // SAFETY: set to a leaked interpreter by `bringing_up` only.
    if let Some(interpreter) = unsafe { COMING_UP.get().as_ref() } {
        return Some(interpreter);
    }
    // SAFETY: called from code that CPython runs, so a thread state is current.
    lifecycle::runtime()?.find(unsafe { ffi::PyInterpreterState_Get() })
}
