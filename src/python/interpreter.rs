//! Interpreters: `main_interpreter` is the process's first, every other name gets one with
//! legacy isolation (its own modules, the shared GIL), made on first use by the keeper.
//!
//! A thread uses an interpreter while it holds a [`Lease`] of it. One that was retired is
//! ended when its last lease is given back; its record here lives as long as anything
//! refers to it.

use super::attach::Attached;
use super::class::{Class, is_bare};
use super::ending;
use super::object::Stored;
use super::pool::{Chosen, HandOver};
use super::registry;
use super::source_files::SourceFiles;
use super::users::Users;
use crate::ffi::python as ffi;
use crate::settings::clock::{Microseconds, now};
use crate::settings::interpreter::MAIN;
use crate::settings::interpreter_options::InterpreterOptions;
use crate::settings::load::{Load, Loads};
use crate::status::child;
use crate::status::interpreter_row::InterpreterRow;
use crate::status::process::Kind;
use parking_lot::Mutex;
use std::any::{Any, TypeId};
use std::cell::Cell;
use std::mem;
use std::ops::Deref;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicPtr, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// An interpreter of this process. Always in an `Arc`.
pub struct Interpreter {
    name: Box<[u8]>,
    /// Which member of its pool; 0 for the only one.
    index: usize,
    options: InterpreterOptions,
    kind: Kind,
    /// Requests that it has begun to serve, and when the last one came, in microseconds of
    /// httpd's clock.
    served: AtomicU64,
    last_use: AtomicI64,
    made: Microseconds,
    /// Where it is counted, if anybody can look.
    row: Option<&'static InterpreterRow>,
    /// Its successor is being made.
    is_replacing: AtomicBool,
    raw: *mut ffi::PyInterpreterState,
    /// CPython's, which it gives to no other.
    number: i64,
    users: Users,
    /// What it is a member of.
    pool: OnceLock<Arc<HandOver>>,
    /// The thread states made for it: the one that it was created with, then one for each
    /// thread that has used it.
    states: Mutex<Vec<State>>,
    extension: OnceLock<Extension>,
    /// Objects to be used again.
    spares: Mutex<Vec<Stored>>,
    files: SourceFiles,
    /// Handlers to be loaded in its successor too.
    loads: Mutex<Loads>,
}

/// Which interpreter is to be made.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub name: Box<[u8]>,
    pub index: usize,
    pub options: InterpreterOptions,
}

impl Identity {
    /// Where it is to be counted, if anybody can look.
    pub fn row(&self) -> Option<&'static InterpreterRow> {
        Some(child::own()?.interpreter(&self.name, self.index, self.kind()))
    }

    fn kind(&self) -> Kind {
        match self.options.wants_own_gil() {
            _ if *self.name == *MAIN => Kind::Main,
            true => Kind::OwnGil,
            false => Kind::Legacy,
        }
    }
}

impl Drop for Interpreter {
    fn drop(&mut self) {
        if let Some(child) = child::own() {
            child.forget_number(self.number);
        }
    }
}

/// A thread state that this module made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct State(pub *mut ffi::PyThreadState);

// SAFETY: an address; it is used by its own thread, or by the one that ends its interpreter.
unsafe impl Send for State {}

// SAFETY: the name never changes; the pointers are used by attached threads, by the keeper
// and by what ends the interpreter only; the extension's content is reached through an
// Attached.
unsafe impl Send for Interpreter {}
// SAFETY: as above.
unsafe impl Sync for Interpreter {}

/// The state of our built-in module in this interpreter, and what keeps it alive.
struct Extension {
    /// NULL once the interpreter is about to end.
    state: AtomicPtr<()>,
    state_type: TypeId,
    module: Mutex<Option<Stored>>,
}

/// An interpreter that could not be made, and why.
#[derive(Debug, Clone)]
pub enum CreateError {
    /// CPython said no.
    Python(String),
    /// The package that prepares interpreters could not be imported from `path`.
    Unprepared { path: String, traceback: Vec<String> },
    /// There are as many as there may be.
    TooMany(usize),
}

impl CreateError {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        CreateError::Python(reason.into())
    }
}

/// The interpreter is not ended while this lives.
pub struct Lease(Arc<Interpreter>);

impl Lease {
    /// None if it has ended.
    pub(super) fn of(interpreter: &Arc<Interpreter>) -> Option<Self> {
        interpreter.users.enter().then(|| Lease(Arc::clone(interpreter)))
    }

    pub(super) fn record(&self) -> &Arc<Interpreter> {
        &self.0
    }
}

impl Clone for Lease {
    fn clone(&self) -> Self {
        // This lease keeps it from ending.
        let _ = self.0.users.enter();
        Lease(Arc::clone(&self.0))
    }
}

impl Deref for Lease {
    type Target = Interpreter;

    fn deref(&self) -> &Interpreter {
        &self.0
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.0.users.leave() {
            ending::begin(&self.0);
        }
    }
}

/// The interpreter of that name, of a pool the one with the least to do; created if there is
/// none, which may take 20 ms. The thread must be detached. The flag tells whether this call
/// created it.
pub fn named(name: &[u8]) -> Result<(Lease, bool), CreateError> {
    registry::named(name)
}

/// As `named`, but which member of a pool it is shows when one has room.
pub fn chosen(name: &[u8]) -> Result<(Chosen, bool), CreateError> {
    registry::chosen(name)
}

impl Interpreter {
    /// `home` is the state that it was created with.
    pub(super) fn new(
        identity: Identity,
        raw: *mut ffi::PyInterpreterState,
        home: *mut ffi::PyThreadState,
    ) -> Arc<Self> {
        let kind = identity.kind();
        let row = identity.row();
        // SAFETY: an interpreter that was made just now.
        let number = unsafe { ffi::PyInterpreterState_GetID(raw) };
        if let (Some(child), Some(row)) = (child::own(), row) {
            child.number(number, row);
        }
        Arc::new(Interpreter {
            name: identity.name,
            index: identity.index,
            options: identity.options,
            kind,
            row,
            served: AtomicU64::new(0),
            made: now(),
            last_use: AtomicI64::new(now()),
            is_replacing: AtomicBool::new(false),
            raw,
            number,
            users: Users::default(),
            pool: OnceLock::new(),
            states: Mutex::new(vec![State(home)]),
            extension: OnceLock::new(),
            spares: Mutex::default(),
            files: SourceFiles::default(),
            loads: Mutex::default(),
        })
    }

    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// Which member of its pool it is; 0 for an interpreter that has its name for itself.
    pub fn index(&self) -> usize {
        self.index
    }

    pub fn options(&self) -> &InterpreterOptions {
        &self.options
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Where it is counted; None where nobody can look.
    #[inline]
    pub fn row(&self) -> Option<&'static InterpreterRow> {
        self.row
    }

    /// The files that its modules were imported from.
    pub fn files(&self) -> &SourceFiles {
        &self.files
    }

    /// Its successor is to load the handler before it serves.
    pub fn remember_load(&self, load: &Load) {
        self.loads.lock().remember(load.clone());
    }

    pub(super) fn loads(&self) -> Loads {
        self.loads.lock().clone()
    }

    /// A request begins to be served here, at `now`. Tells whether the interpreter has then
    /// served as many as it is to.
    pub fn count_request(&self, now: Microseconds) -> bool {
        self.last_use.store(now, Ordering::Relaxed);
        if let Some(row) = self.row {
            row.count_request(now);
        }
        let served = self.served.fetch_add(1, Ordering::Relaxed) + 1;
        self.options.max_requests.is_some_and(|max| max > 0 && served % max == 0)
    }

    /// Requests that it has begun to serve.
    pub(super) fn requests(&self) -> u64 {
        self.served.load(Ordering::Relaxed)
    }

    pub(super) fn made(&self) -> Microseconds {
        self.made
    }

    /// When the last request came, or it was made.
    pub(super) fn last_use(&self) -> Microseconds {
        self.last_use.load(Ordering::Relaxed)
    }

    /// Whether no request has used it for as long as it is kept for.
    pub(super) fn is_idle(&self, now: Microseconds) -> bool {
        let Some(limit) = self.options.idle_timeout.filter(|limit| !limit.is_zero()) else { return false };
        let idle = now.saturating_sub(self.last_use.load(Ordering::Relaxed));
        self.users.count() == 0 && u128::try_from(idle).is_ok_and(|idle| idle >= limit.as_micros())
    }

    /// True for one caller until `end_replacing`.
    pub(super) fn begin_replacing(&self) -> bool {
        !self.is_replacing.swap(true, Ordering::AcqRel)
    }

    pub(super) fn is_replacing(&self) -> bool {
        self.is_replacing.load(Ordering::Relaxed)
    }

    pub(super) fn end_replacing(&self) {
        self.is_replacing.store(false, Ordering::Release);
    }

    pub(super) fn as_raw(&self) -> *mut ffi::PyInterpreterState {
        self.raw
    }

    pub(super) fn number(&self) -> i64 {
        self.number
    }

    /// A new reference to the record.
    pub(super) fn record(&self) -> Arc<Self> {
        // SAFETY: `new`, the one constructor, gives nothing but an Arc.
        unsafe {
            Arc::increment_strong_count(self);
            Arc::from_raw(self)
        }
    }

    /// The thread state it was created with: the keeper's, and nobody else's.
    pub(super) fn home(&self) -> *mut ffi::PyThreadState {
        self.states.lock().first().map_or(ptr::null_mut(), |state| state.0)
    }

    pub(super) fn add_state(&self, state: State) {
        self.states.lock().push(state);
    }

    /// Whether the state was still listed.
    pub(super) fn remove_state(&self, state: State) -> bool {
        let mut states = self.states.lock();
        let found = states.iter().position(|known| *known == state);
        found.map(|at| states.swap_remove(at)).is_some()
    }

    pub(super) fn states(&self) -> Vec<State> {
        self.states.lock().clone()
    }

    pub(super) fn take_states(&self) -> Vec<State> {
        mem::take(&mut self.states.lock())
    }

    pub(super) fn users(&self) -> &Users {
        &self.users
    }

    pub(super) fn pool(&self) -> Option<&Arc<HandOver>> {
        self.pool.get()
    }

    pub(super) fn join(&self, pool: &Arc<HandOver>) {
        // It is published once.
        let _ = self.pool.set(Arc::clone(pool));
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
        let extension = Extension {
            state: AtomicPtr::new(state.cast_mut().cast()),
            state_type: TypeId::of::<T>(),
            module: Mutex::new(Some(module)),
        };
        // A script that imports the module anew gets its own copy; ours stays this one.
        let _ = self.extension.set(extension);
    }

    /// The state of our built-in module, once it has been imported.
    pub fn extension<'py, T: Any>(&self, _py: Attached<'py>) -> Option<&'py T> {
        let extension = self.extension.get()?;
        let state = extension.state.load(Ordering::Relaxed).cast::<T>();
        // SAFETY: the type is the one stored; the state lives as long as its module, which
        // the extension holds until it forgets the state, under the lock of the interpreter.
        if extension.state_type == TypeId::of::<T>() { unsafe { state.as_ref() } } else { None }
    }

    /// Lets go of the objects that this record holds: the interpreter is about to end.
    pub(super) fn release_objects(&self, _py: Attached<'_>) {
        let spares = mem::take(&mut *self.spares.lock());
        drop(spares);
        let Some(extension) = self.extension.get() else { return };
        extension.state.store(ptr::null_mut(), Ordering::Relaxed);
        let module = extension.module.lock().take();
        drop(module);
    }
}

thread_local! {
    /// The interpreter that this thread is bringing up; not yet in the registry.
    static COMING_UP: Cell<*const Interpreter> = const { Cell::new(ptr::null()) };
}

/// Runs `body` while `interpreter` is what [`current`] finds on this thread.
pub(super) fn bringing_up<T>(interpreter: &Arc<Interpreter>, body: impl FnOnce() -> T) -> T {
    let before = COMING_UP.replace(Arc::as_ptr(interpreter));
    let result = body();
    COMING_UP.set(before);
    result
}

/// The interpreter that this attached thread is in; None if it is not one of ours.
pub(super) fn current() -> Option<Arc<Interpreter>> {
    // SAFETY: set by `bringing_up` only, for as long as it holds the interpreter.
    if let Some(interpreter) = unsafe { COMING_UP.get().as_ref() } {
        return Some(interpreter.record());
    }
    // SAFETY: called from code that CPython runs, so a thread state is current.
    registry::find(unsafe { ffi::PyInterpreterState_Get() })
}
