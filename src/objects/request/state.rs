//! What this module keeps with a request: its Python objects, what runs, and what
//! scripts asked to have run.
//!
//! Other threads of a script reach it through a lent request, so each part has a lock
//! of its own, and none is held while Python code runs.

use super::RequestObject;
use super::body::Body;
use crate::httpd::handle::{Handle, Opened};
use crate::httpd::request::Request;
use crate::httpd::send::Output;
use crate::objects::apache::state;
use crate::objects::serving::Serving;
use crate::objects::slots;
use crate::python::attach::{Attached, attach};
use crate::python::error::{Error, Kind, Result};
use crate::python::interpreter::Lease;
use crate::python::object::{Object, Stored};
use crate::settings::filters::Direction;
use crate::settings::handlers::Handler;
use crate::settings::phases::{self, Phase, Row};
use crate::settings::section::PhaseSet;
use parking_lot::Mutex;
use smallvec::SmallVec;
use std::ptr;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// Runs what is due when the request is destroyed.
pub type End = fn(Request<'_>, &RequestState);

pub struct RequestState {
    pub handle: Arc<Handle>,
    /// The interpreters that serve this request, to its end: mostly one.
    places: Mutex<SmallVec<[Place; 1]>>,
    running: Mutex<Option<Running>>,
    /// Where in its list of handlers the running phase is.
    position: AtomicUsize,
    /// The phases that scripts have added handlers to, and the bits below.
    flags: AtomicU32,
    /// What few requests need.
    further: OnceLock<Box<Further>>,
    /// Shared by all interpreters that the request runs in, as are the client's bytes.
    pub body: Body,
    pub output: Output,
    end: End,
}

/// Above the bits of the phases.
mod flag {
    pub const INIT_RAN: u32 = 1 << 31;
    pub const IS_VIRTUAL: u32 = 1 << 30;
    pub const HAS_CLEANUPS: u32 = 1 << 29;
    pub const CONTENT_TYPE_SET: u32 = 1 << 28;
    pub const ADDRESS_GIVEN: u32 = 1 << 27;
    /// The request is being destroyed.
    pub const ENDING: u32 = 1 << 26;
    /// For tests of the guard.
    pub const FAULT: u32 = 1 << 25;
    /// The table of options exists, which scripts may have changed.
    pub const OPTIONS_SHOWN: u32 = 1 << 24;
    pub const PHASES: u32 = OPTIONS_SHOWN - 1;
}

#[derive(Default)]
struct Further {
    /// What `req.add_handler` added.
    handlers: Mutex<Vec<(Row, Arc<Handler>)>>,
    /// What `req.register_input_filter` and its like registered.
    filters: Mutex<Vec<RegisteredFilter>>,
    cleanups: Mutex<Vec<Cleanup>>,
    /// When its first handler began, where PythonRequestTimeout is in force.
    begun: Mutex<Option<Instant>>,
    /// How many phases have begun: tells the handler list of one from that of another.
    phases: AtomicU32,
}

/// An interpreter that serves this request, and the request object there, once it was asked for.
struct Place {
    interpreter: Lease,
    object: Option<Stored>,
}

/// A phase that runs.
struct Running {
    phase: &'static Phase,
    configured: Option<Arc<[Handler]>>,
    /// Tells it from others; 0 until a script asks for the list.
    serial: u32,
}

/// What `req.register_cleanup` asked for; it runs in the interpreter that asked.
pub struct Cleanup {
    pub interpreter: Lease,
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
        // Requests that come of one another share a gate, so the first of them is first here.
        let handle = match request.origin().map(|origin| slots::make_request_state(origin, end)) {
            Some(origin) => request.nested_handle(&origin.handle),
            None => request.handle(),
        };
        RequestState {
            handle,
            places: Mutex::default(),
            running: Mutex::new(None),
            position: AtomicUsize::new(0),
            flags: AtomicU32::new(if fault { flag::FAULT } else { 0 }),
            further: OnceLock::new(),
            body: Body::default(),
            output: Output::default(),
            end,
        }
    }

    fn further(&self) -> &Further {
        self.further.get_or_init(Box::default)
    }

    fn has(&self, flag: u32) -> bool {
        self.flags.load(Ordering::Relaxed) & flag != 0
    }

    /// The interpreter of that name that serves the request, once one does: all that is
    /// done for a request is done in the same one, also when its name means another by now.
    pub fn interpreter(&self, name: &[u8]) -> Option<Lease> {
        let places = self.places.lock();
        places.iter().find(|place| place.interpreter.name() == name).map(|place| place.interpreter.clone())
    }

    /// From now on this interpreter serves the request under its name.
    pub fn stay_in(&self, interpreter: &Lease) {
        self.places.lock().push(Place { interpreter: interpreter.clone(), object: None });
    }

    /// The request object of the interpreter that this thread is in; made on first use.
    pub fn object<'py>(&self, py: Attached<'py>) -> Result<'py, Object<'py>> {
        if let Some(known) = self.known_object(py) {
            return Ok(known);
        }
        let object = state(py).request.renewed(py, RequestObject::new(Arc::clone(&self.handle)))?;
        let mut places = self.places.lock();
        match places.iter_mut().find(|place| place.is_of(py)) {
            // A thread of a script's was faster.
            Some(Place { object: Some(first), .. }) => return Ok(first.get(py).clone()),
            Some(place) => place.object = Some(object.clone().store(py)),
            None => {
                let interpreter = py.lease().ok_or_else(ending)?;
                places.push(Place { interpreter, object: Some(object.clone().store(py)) });
            }
        }
        drop(places);
        Ok(object)
    }

    /// The request object of the interpreter that this thread is in, if one was made.
    fn known_object<'py>(&self, py: Attached<'py>) -> Option<Object<'py>> {
        let places = self.places.lock();
        let object = places.iter().find(|place| place.is_of(py))?.object.as_ref()?;
        Some(object.get(py).clone())
    }

    /// Python code runs for the request on this thread, until the result is dropped. To
    /// be called and dropped detached.
    pub fn serve(&self) -> Service<'_> {
        let open = self.handle.opened();
        Service { _serving: Serving::request(&self.handle), _open: open }
    }

    /// When the first of its handlers began that was to be timed: now, if this is the first.
    pub fn begun(&self) -> Instant {
        *self.further().begun.lock().get_or_insert_with(Instant::now)
    }

    /// What was timed has timed out; what comes now, such as an error page, is timed anew.
    pub fn begin_anew(&self) {
        *self.further().begun.lock() = None;
    }

    // --- the running phase ---

    /// A phase begins; it ends when the result is dropped.
    pub fn begin(&self, phase: &'static Phase, configured: Option<Arc<[Handler]>>) -> RunningPhase<'_> {
        let before = self.running.lock().replace(Running { phase, configured, serial: 0 });
        RunningPhase { state: self, before, position: self.position.swap(0, Ordering::Relaxed) }
    }

    /// The phase that runs.
    pub fn phase(&self) -> Option<&'static Phase> {
        self.running.lock().as_ref().map(|running| running.phase)
    }

    /// The handler of the running phase that is `position` behind the configured ones.
    pub fn added_at(&self, row: Row, position: usize) -> Option<Arc<Handler>> {
        if !self.has(row.bit()) {
            return None;
        }
        let handlers = self.further().handlers.lock();
        let mut of_row = handlers.iter().filter(|(of, _)| *of == row).map(|(_, handler)| Arc::clone(handler));
        of_row.nth(position)
    }

    /// Where in its list of handlers the running phase is.
    #[inline]
    pub fn position(&self) -> usize {
        self.position.load(Ordering::Relaxed)
    }

    /// Goes on to the next handler of the running phase.
    #[inline]
    pub fn advance(&self) {
        self.position.fetch_add(1, Ordering::Relaxed);
    }

    /// A number for the running phase, by which [`Self::current_of`] knows it.
    pub fn running_serial(&self) -> Option<u32> {
        let mut running = self.running.lock();
        let running = running.as_mut()?;
        if running.serial == 0 {
            running.serial = self.further().phases.fetch_add(1, Ordering::Relaxed) + 1;
        }
        Some(running.serial)
    }

    /// Reads the handler that is running; None at the end of the list, or when another
    /// phase than that of the serial runs.
    pub fn current_of<T>(&self, serial: u32, read: impl FnOnce(&Handler) -> T) -> Option<T> {
        self.current_if(|running| running.serial == serial, read)
    }

    /// Reads the handler that is running; None at the end of the list, or when no phase runs.
    pub fn current<T>(&self, read: impl FnOnce(&Handler) -> T) -> Option<T> {
        self.current_if(|_| true, read)
    }

    fn current_if<T>(
        &self,
        is_meant: impl FnOnce(&Running) -> bool,
        read: impl FnOnce(&Handler) -> T,
    ) -> Option<T> {
        let running = self.running.lock();
        let running = running.as_ref().filter(|running| is_meant(running))?;
        let configured = running.configured.as_deref().unwrap_or_default();
        match configured.get(self.position()) {
            Some(handler) => Some(read(handler)),
            None => self.added_at(running.phase.row, self.position() - configured.len()).as_deref().map(read),
        }
    }

    /// Goes on to the next handler, if the phase of that serial runs and has not ended.
    pub fn advance_of(&self, serial: u32) {
        if self.current_of(serial, |_| ()).is_some() {
            self.advance();
        }
    }

    // --- what scripts asked for ---

    /// Adds a handler to a phase of this request: to the end of the list if it runs.
    pub fn add_handler(&self, row: Row, handler: Handler) {
        self.further().handlers.lock().push((row, Arc::new(handler)));
        self.flags.fetch_or(row.bit(), Ordering::Relaxed);
        phases::mark_used(row.bit());
    }

    /// The phases that have added handlers.
    #[inline]
    pub fn added_phases(&self) -> PhaseSet {
        self.flags.load(Ordering::Relaxed) & flag::PHASES
    }

    /// Whether PythonInitHandler has run; it will have from now on.
    pub fn take_init(&self) -> bool {
        self.flags.fetch_or(flag::INIT_RAN, Ordering::Relaxed) & flag::INIT_RAN != 0
    }

    /// Whether a `<Location>` with handlers serves the request, so that it needs no file.
    pub fn is_virtual(&self) -> bool {
        self.has(flag::IS_VIRTUAL)
    }

    pub fn set_virtual(&self, is_virtual: bool) {
        if is_virtual {
            self.flags.fetch_or(flag::IS_VIRTUAL, Ordering::Relaxed);
        } else {
            self.flags.fetch_and(!flag::IS_VIRTUAL, Ordering::Relaxed);
        }
    }

    /// Registers a filter for this request; the last one of a name counts.
    pub fn register_filter(&self, direction: Direction, name: Vec<u8>, handler: Handler) {
        let mut filters = self.further().filters.lock();
        filters.retain(|known| !known.is(direction, &name));
        filters.push(RegisteredFilter { direction, name, handler: Arc::new(handler) });
    }

    /// What was registered under exactly this name.
    pub fn registered_filter(&self, direction: Direction, name: &[u8]) -> Option<Arc<Handler>> {
        let filters = self.further().filters.lock();
        let found = filters.iter().find(|known| known.is(direction, name));
        found.map(|known| Arc::clone(&known.handler))
    }

    pub fn add_cleanup(&self, cleanup: Cleanup) {
        self.further().cleanups.lock().push(cleanup);
        self.flags.fetch_or(flag::HAS_CLEANUPS, Ordering::Relaxed);
    }

    /// The clean-up that was registered last.
    pub fn pop_cleanup(&self) -> Option<Cleanup> {
        if self.has(flag::HAS_CLEANUPS) { self.further().cleanups.lock().pop() } else { None }
    }

    /// Whether a script registered a clean-up.
    pub fn has_cleanups(&self) -> bool {
        self.has(flag::HAS_CLEANUPS)
    }

    // --- the answer ---

    /// How many bytes of the answer's body were handed to httpd.
    pub fn bytes_queued(&self) -> u64 {
        self.output.bytes_queued()
    }

    /// A script has set the content type.
    pub fn note_content_type(&self) {
        self.flags.fetch_or(flag::CONTENT_TYPE_SET, Ordering::Relaxed);
    }

    pub fn is_content_type_set(&self) -> bool {
        self.has(flag::CONTENT_TYPE_SET)
    }

    /// A script may change the options of this request from now on.
    pub fn note_options(&self) {
        self.flags.fetch_or(flag::OPTIONS_SHOWN, Ordering::Relaxed);
    }

    pub fn are_options_shown(&self) -> bool {
        self.has(flag::OPTIONS_SHOWN)
    }

    /// A script was given the record's address (`req._request_rec`).
    pub fn note_address(&self) {
        self.flags.fetch_or(flag::ADDRESS_GIVEN, Ordering::Relaxed);
    }

    // --- requests that it comes of, or that come of it ---

    /// What this module keeps with another request of the family; made on first use, but
    /// not any more when this one ends, since the other may have ended before.
    pub fn relative<'r>(&self, other: Request<'r>) -> Option<&'r RequestState> {
        if self.has(flag::ENDING) {
            return slots::request_state(other);
        }
        Some(slots::make_request_state(other, self.end))
    }

    // --- the end ---

    /// The request's pool is being destroyed.
    pub fn end(&self, request: Request<'_>) {
        self.flags.fetch_or(flag::ENDING, Ordering::Relaxed);
        (self.end)(request, self);
        self.handle.revoke();
        if self.has(flag::ADDRESS_GIVEN) {
            self.revoke_address();
        }
    }

    fn revoke_address(&self) {
        let interpreters: Vec<_> = self.places.lock().iter().map(|place| place.interpreter.clone()).collect();
        for interpreter in interpreters {
            // Where Python cannot be entered any more, no script can use the address either.
            let _ = attach(&interpreter, |py| {
                let Some(object) = self.known_object(py) else { return };
                if let Some(request) = state(py).request.payload(py, &object) {
                    request.revoke_address(py);
                }
            });
        }
    }
}

impl Drop for RequestState {
    fn drop(&mut self) {
        self.handle.revoke();
        let places = self.places.get_mut();
        while let Some(place) = places.pop() {
            place.release();
        }
        assert!(!self.has(flag::FAULT), "fault point cleanup");
    }
}

impl Place {
    /// Whether its interpreter is the one that this thread is in.
    fn is_of(&self, py: Attached<'_>) -> bool {
        ptr::eq(&raw const *self.interpreter, py.interpreter())
    }

    fn release(self) {
        let Some(object) = self.object else { return };
        // With nothing of a script's in it, it serves another request.
        if let Err(object) = self.interpreter.keep_spare::<RequestObject>(object) {
            // Where Python cannot be entered any more, the object goes with the process.
            let _ = attach(&self.interpreter, move |_| drop(object));
        }
    }
}

fn ending<'py>() -> Error<'py> {
    Error::new(Kind::Runtime, "this interpreter is being ended")
}

/// See [`RequestState::serve`]. What was printed is written out while the request is open.
pub struct Service<'s> {
    _serving: Serving,
    _open: Opened<'s>,
}

/// A phase that runs while this lives.
pub struct RunningPhase<'s> {
    state: &'s RequestState,
    before: Option<Running>,
    position: usize,
}

impl Drop for RunningPhase<'_> {
    fn drop(&mut self) {
        self.state.position.store(self.position, Ordering::Relaxed);
        *self.state.running.lock() = self.before.take();
    }
}
