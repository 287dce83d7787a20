//! What this module keeps with a request: its Python objects, what runs, and what
//! scripts asked to have run.
//!
//! Other threads of a script reach it through a lent request, so each part has a lock
//! of its own, and none is held while Python code runs.

use super::RequestObject;
use crate::httpd::handle::Handle;
use crate::httpd::request::Request;
use crate::objects::apache::state;
use crate::python::attach::{Attached, attach};
use crate::python::error::Result;
use crate::python::interpreter::Interpreter;
use crate::python::object::{Object, Stored};
use crate::settings::filters::Direction;
use crate::settings::handlers::Handler;
use crate::settings::phases::{Phase, Row};
use crate::settings::section::PhaseSet;
use parking_lot::Mutex;
use std::ops::Deref;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

/// Runs what is due when the request is destroyed.
pub type End = fn(Request<'_>, &RequestState);

pub struct RequestState {
    pub handle: Arc<Handle>,
    /// The object of the interpreter that came first, mostly the only one.
    first: OnceLock<Made>,
    /// Those of further interpreters that a phase of this request has run in.
    others: Mutex<Vec<Made>>,
    running: Mutex<Option<Running>>,
    /// How many phases have begun: tells the handler list of one from that of another.
    serial: AtomicU32,
    /// What `req.add_handler` added, and for which phases.
    added: Mutex<Vec<(Row, Arc<Handler>)>>,
    added_phases: AtomicU32,
    init_ran: AtomicBool,
    /// What `req.register_input_filter` and its like registered.
    filters: Mutex<Vec<RegisteredFilter>>,
    cleanups: Mutex<Vec<Cleanup>>,
    end: End,
    fault: bool,
}

/// A request object and whose it is.
struct Made {
    interpreter: &'static Interpreter,
    object: Stored,
}

/// A phase that runs, and how far it is.
pub struct Running {
    pub phase: &'static Phase,
    configured: Option<Arc<[Handler]>>,
    position: usize,
    serial: u32,
}

/// A handler of the running phase.
pub enum Current {
    Configured(Arc<[Handler]>, usize),
    Added(Arc<Handler>),
}

impl Deref for Current {
    type Target = Handler;

    fn deref(&self) -> &Handler {
        match self {
            Current::Configured(list, position) => &list[*position],
            Current::Added(handler) => handler,
        }
    }
}

/// What `req.register_cleanup` asked for; it runs in the interpreter that asked.
pub struct Cleanup {
    pub function: Stored,
    pub data: Stored,
}

/// What `req.register_input_filter` or `req.register_output_filter` asked for.
struct RegisteredFilter {
    direction: Direction,
    name: Vec<u8>,
    handler: Arc<Handler>,
}

impl RegisteredFilter {
    fn is(&self, direction: Direction, name: &[u8]) -> bool {
        self.direction == direction && self.name == name
    }
}

impl RequestState {
    pub fn new(request: Request<'_>, end: End) -> Self {
        let fault = cfg!(feature = "fault-points")
            && request.headers_in().first(b"X-Fault").is_some_and(|value| value == b"cleanup");
        RequestState {
            handle: request.handle(),
            first: OnceLock::new(),
            others: Mutex::default(),
            running: Mutex::new(None),
            serial: AtomicU32::new(0),
            added: Mutex::default(),
            added_phases: AtomicU32::new(0),
            init_ran: AtomicBool::new(false),
            filters: Mutex::default(),
            cleanups: Mutex::default(),
            end,
            fault,
        }
    }

    /// The request object of this interpreter; made on first use.
    pub fn object<'py>(
        &self,
        py: Attached<'py>,
        interpreter: &'static Interpreter,
    ) -> Result<'py, Object<'py>> {
        let of_this = |made: &&Made| ptr::eq(made.interpreter, interpreter);
        if let Some(made) = self.first.get().filter(of_this) {
            return Ok(made.object.get(py).clone());
        }
        if let Some(made) = self.others.lock().iter().find(of_this) {
            return Ok(made.object.get(py).clone());
        }
        let object = state(py).request.instance(py, RequestObject::new(Arc::clone(&self.handle)))?;
        let made = Made { interpreter, object: object.clone().store(py) };
        if let Err(made) = self.first.set(made) {
            self.others.lock().push(made);
        }
        Ok(object)
    }

    // --- the running phase ---

    /// A phase begins; it ends when the result is dropped.
    pub fn begin(&self, phase: &'static Phase, configured: Option<Arc<[Handler]>>) -> RunningPhase<'_> {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        let before = self.running.lock().replace(Running { phase, configured, position: 0, serial });
        RunningPhase { state: self, before }
    }

    /// The phase that runs.
    pub fn phase(&self) -> Option<&'static Phase> {
        self.running.lock().as_ref().map(|running| running.phase)
    }

    /// The phase that runs, as [`Self::current_of`] knows it.
    pub fn running_serial(&self) -> Option<u32> {
        self.running.lock().as_ref().map(|running| running.serial)
    }

    /// The handler that is running, or None at the end of the list.
    pub fn current(&self) -> Option<Current> {
        self.current_if(|_| true)
    }

    /// The same, while the phase of that serial runs.
    pub fn current_of(&self, serial: u32) -> Option<Current> {
        self.current_if(|running| running.serial == serial)
    }

    fn current_if(&self, wanted: impl FnOnce(&Running) -> bool) -> Option<Current> {
        let running = self.running.lock();
        let running = running.as_ref().filter(|running| wanted(running))?;
        let configured = running.configured.as_ref().map_or(0, |list| list.len());
        match (&running.configured, running.position.checked_sub(configured)) {
            (Some(list), None) => Some(Current::Configured(Arc::clone(list), running.position)),
            (_, Some(at)) => self.added_at(running.phase.row, at).map(Current::Added),
            (None, None) => None,
        }
    }

    fn added_at(&self, row: Row, at: usize) -> Option<Arc<Handler>> {
        if self.added_phases() & row.bit() == 0 {
            return None;
        }
        let added = self.added.lock();
        added.iter().filter(|(of, _)| *of == row).nth(at).map(|(_, handler)| Arc::clone(handler))
    }

    /// Goes on to the next handler of the running phase.
    pub fn advance(&self) {
        if let Some(running) = self.running.lock().as_mut() {
            running.position += 1;
        }
    }

    /// The same, while the phase of that serial runs.
    pub fn advance_of(&self, serial: u32) {
        if let Some(running) = self.running.lock().as_mut().filter(|running| running.serial == serial) {
            running.position += 1;
        }
    }

    // --- what scripts asked for ---

    /// Adds a handler to a phase of this request: to the end of the list if it runs.
    pub fn add_handler(&self, row: Row, handler: Handler) {
        self.added.lock().push((row, Arc::new(handler)));
        self.added_phases.fetch_or(row.bit(), Ordering::Relaxed);
    }

    /// The phases that have added handlers.
    pub fn added_phases(&self) -> PhaseSet {
        self.added_phases.load(Ordering::Relaxed)
    }

    /// Whether PythonInitHandler has run; it will have from now on.
    pub fn take_init(&self) -> bool {
        self.init_ran.swap(true, Ordering::Relaxed)
    }

    /// Registers a filter for this request; the last one of a name counts.
    pub fn register_filter(&self, direction: Direction, name: Vec<u8>, handler: Handler) {
        let mut filters = self.filters.lock();
        filters.retain(|known| !known.is(direction, &name));
        filters.push(RegisteredFilter { direction, name, handler: Arc::new(handler) });
    }

    /// What was registered under exactly this name.
    pub fn registered_filter(&self, direction: Direction, name: &[u8]) -> Option<Arc<Handler>> {
        let filters = self.filters.lock();
        let found = filters.iter().find(|known| known.is(direction, name));
        found.map(|known| Arc::clone(&known.handler))
    }

    pub fn add_cleanup(&self, cleanup: Cleanup) {
        self.cleanups.lock().push(cleanup);
    }

    /// The clean-up that was registered last.
    pub fn pop_cleanup(&self) -> Option<Cleanup> {
        self.cleanups.lock().pop()
    }

    // --- the end ---

    /// The request's pool is being destroyed.
    pub fn end(&self, request: Request<'_>) {
        (self.end)(request, self);
        self.handle.revoke();
    }
}

impl Drop for RequestState {
    fn drop(&mut self) {
        self.handle.revoke();
        for Made { interpreter, object } in
            self.first.take().into_iter().chain(self.others.get_mut().drain(..))
        {
            // With nothing of a script's in it, it can go when Python is next entered.
            let Err(object) = interpreter.release_later::<RequestObject>(object) else { continue };
            // Where Python cannot be entered any more, the object goes with the process.
            let _ = attach(interpreter, move |_| drop(object));
        }
        assert!(!self.fault, "fault point cleanup");
    }
}

/// A phase that runs while this lives.
pub struct RunningPhase<'s> {
    state: &'s RequestState,
    before: Option<Running>,
}

impl Drop for RunningPhase<'_> {
    fn drop(&mut self) {
        *self.state.running.lock() = self.before.take();
    }
}
