//! Filters: their names in httpd, and the way in and out of a call.
//!
//! Guards: whatever a filter does or fails to do, the end of a stream and buckets that
//! are not data get through, a reader is never handed more than it asked for, and what
//! follows a failure is not taken for the rest of a whole answer or body.

use super::brigade::{Brigade, Kind};
use super::guard::{self, Entry};
use super::invocation::{Demand, Invocation};
use super::log::Target;
use super::pool::Pool;
use super::request::Request;
use super::text::{Text, borrow};
use crate::ffi::httpd as ffi;
use crate::settings::filters::Direction;
use crate::settings::handlers::Handler;
use parking_lot::Mutex;
use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};

/// What a call of a filter came to.
pub enum Outcome {
    /// What it has not read goes on unchanged.
    Done,
    /// What it has neither read nor passed on is dropped.
    Dropped,
    /// The stream cannot be completed. The client may be shown a page about it, if it is
    /// an answer's.
    Failed(Option<Vec<u8>>),
}

/// Calls the script behind a filter.
pub type Dispatch = fn(&Invocation) -> Outcome;

static DISPATCH: OnceLock<Dispatch> = OnceLock::new();

/// The filter that carries what scripts register for one request.
const FOR_ONE_REQUEST: &CStr = c"MOD_PYTHON";

/// Registers [`FOR_ONE_REQUEST`], and remembers what calls scripts.
pub(super) fn prepare(dispatch: Dispatch) {
    let _ = DISPATCH.set(dispatch);
    // SAFETY: static names and functions; httpd keeps the records in the configuration's
    // pool and forgets them with it, before this module can be unloaded.
    unsafe {
        ffi::ap_register_input_filter(FOR_ONE_REQUEST.as_ptr(), Some(input), None, ffi::AP_FTYPE_RESOURCE);
        ffi::ap_register_output_filter(
            FOR_ONE_REQUEST.as_ptr(),
            Some(OUTPUT[0]),
            None,
            ffi::AP_FTYPE_RESOURCE,
        );
    }
}

/// Registers a filter while the configuration is read. Err: why that cannot be.
pub(super) fn register(direction: Direction, name: &[u8]) -> Result<(), String> {
    let shown = String::from_utf8_lossy(name).into_owned();
    let name = CString::new(name).map_err(|_| "has a NUL in a filter's name".to_owned())?;
    // SAFETY: httpd looks the name up without regard to case if it is in lower case, and
    // copies it; functions are static, records live as long as the configuration.
    unsafe {
        let lower = CString::new(name.as_bytes().to_ascii_lowercase()).unwrap_or_default();
        let known = match direction {
            Direction::Input => ffi::ap_get_input_filter_handle(lower.as_ptr()),
            Direction::Output => ffi::ap_get_output_filter_handle(lower.as_ptr()),
        };
        if !known.is_null() && !is_ours(direction, known) {
            return Err(format!("names its filter '{shown}', which is another module's"));
        }
        match direction {
            Direction::Input => {
                ffi::ap_register_input_filter(name.as_ptr(), Some(input), None, ffi::AP_FTYPE_RESOURCE);
            }
            Direction::Output => {
                let record = ffi::ap_register_output_filter(
                    name.as_ptr(),
                    Some(OUTPUT[0]),
                    None,
                    ffi::AP_FTYPE_RESOURCE,
                );
                (*record).filter_func.out_func = Some(OUTPUT[slot_for(record)]);
            }
        }
    }
    Ok(())
}

/// # Safety
/// A live record of a filter of that direction.
unsafe fn is_ours(direction: Direction, record: *const ffi::ap_filter_rec_t) -> bool {
    // SAFETY: the union holds the function for the filter's direction.
    unsafe {
        match direction {
            Direction::Input => (*record).filter_func.in_func.is_some_and(|known| {
                ptr::fn_addr_eq(known, input as unsafe extern "C" fn(_, _, _, _, _) -> _)
            }),
            Direction::Output => (*record)
                .filter_func
                .out_func
                .is_some_and(|known| OUTPUT.iter().any(|entry| ptr::fn_addr_eq(known, *entry))),
        }
    }
}

// --- entries ---

type OutputEntry =
    unsafe extern "C" fn(*mut ffi::ap_filter_t, *mut ffi::apr_bucket_brigade) -> ffi::apr_status_t;

macro_rules! output_entries {
    ($($slot:literal)*) => { [$(output::<$slot>),*] };
}

/// mod_filter calls a provider's function with a record of its own, which does not say
/// which provider is meant (AddOutputFilterByType, FilterProvider). So each of the first
/// filters has an entry of its own, which knows. Entry 0 is for all others, and asks the
/// record.
static OUTPUT: [OutputEntry; 33] = output_entries!(
    0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32
);

/// Whose entry it is: records in the configuration's pool.
static OWNERS: [AtomicPtr<ffi::ap_filter_rec_t>; OUTPUT.len()] =
    [const { AtomicPtr::new(ptr::null_mut()) }; OUTPUT.len()];

/// The entry of that record: its own, a free one, or else the common one.
fn slot_for(record: *mut ffi::ap_filter_rec_t) -> usize {
    let owner = |slot: &usize| OWNERS[*slot].load(Ordering::Relaxed);
    let own = (1..OWNERS.len()).find(|slot| owner(slot) == record);
    let slot = own.or_else(|| (1..OWNERS.len()).find(|slot| owner(slot).is_null())).unwrap_or(0);
    if slot != 0 {
        OWNERS[slot].store(record, Ordering::Relaxed);
    }
    slot
}

unsafe extern "C" fn output<const SLOT: usize>(
    filter: *mut ffi::ap_filter_t,
    brigade: *mut ffi::apr_bucket_brigade,
) -> ffi::apr_status_t {
    // SAFETY: httpd's arguments: a filter and a brigade, live for the call, on the one
    // thread that the request is on.
    unsafe { enter_output(filter, brigade, OWNERS[SLOT].load(Ordering::Relaxed)) }
}

/// # Safety
/// httpd's arguments, and the entry's owner or NULL.
unsafe fn enter_output(
    filter: *mut ffi::ap_filter_t,
    brigade: *mut ffi::apr_bucket_brigade,
    owner: *mut ffi::ap_filter_rec_t,
) -> ffi::apr_status_t {
    // SAFETY: by contract; the filter's own record stands in for an owner.
    unsafe {
        // mod_filter can place it where connections are filtered.
        if (*filter).r.is_null() {
            return ffi::ap_pass_brigade((*filter).next, brigade);
        }
        let record = if owner.is_null() { (*filter).frec } else { owner };
        let request = Request::from_raw((*filter).r);
        let entry = Entry::Hook("an output filter", Target::Request(request));
        guard::run(entry, ffi::AP_FILTER_ERROR, || run_output(filter, record, Brigade::from_raw(brigade)))
    }
}

unsafe extern "C" fn input(
    filter: *mut ffi::ap_filter_t,
    brigade: *mut ffi::apr_bucket_brigade,
    mode: ffi::ap_input_mode_t,
    block: ffi::apr_read_type_e,
    bytes: ffi::apr_off_t,
) -> ffi::apr_status_t {
    // SAFETY: as for `output`.
    unsafe {
        let request = Request::from_raw((*filter).r);
        let entry = Entry::Hook("an input filter", Target::Request(request));
        let demand = Demand { mode, block, bytes };
        guard::run(entry, ffi::APR_EGENERAL as ffi::apr_status_t, || {
            run_input(filter, Brigade::from_raw(brigade), demand)
        })
    }
}

// --- what is kept with a filter of a request ---

/// What a script registered for one request.
pub struct Added {
    /// As registered.
    pub name: Vec<u8>,
    pub handler: Arc<Handler>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum State {
    Active,
    /// Disabled: everything passes.
    Transparent,
    /// The end of the stream has passed.
    Ended,
    /// Nothing passes any more.
    Failed,
}

/// One filter in the chain of one request; in `ap_filter_t::ctx`. It owns nothing that its
/// pool does not: a clean-up of the request's may still write through it.
pub(super) struct Instance {
    state: AtomicU8,
    owned: Mutex<Owned>,
    /// Input: what is due to the reader next; NULL until there was something.
    due: AtomicPtr<ffi::apr_bucket_brigade>,
    /// Output: whether Content-Length was withdrawn.
    pub(super) length_withdrawn: AtomicU8,
}

/// What the pool's cleanup lets go of.
#[derive(Default)]
struct Owned {
    added: Option<Arc<Added>>,
    /// The directory that the filter was configured for, once it was looked for.
    directory: Option<Option<Vec<u8>>>,
    /// Brigades for calls' own use: one for each, since calls can be nested.
    spares: Vec<*mut ffi::apr_bucket_brigade>,
}

impl Instance {
    fn place(pool: Pool<'_>, added: Option<Added>) -> *mut Instance {
        let place = ptr::from_mut(pool.place(Instance {
            state: AtomicU8::new(State::Active as u8),
            owned: Mutex::new(Owned { added: added.map(Arc::new), ..Owned::default() }),
            due: AtomicPtr::default(),
            length_withdrawn: AtomicU8::new(0),
        }));
        // SAFETY: the place lives as long as the pool.
        unsafe {
            ffi::apr_pool_cleanup_register(
                pool.as_raw(),
                place.cast(),
                Some(release),
                Some(ffi::apr_pool_cleanup_null),
            );
        }
        place
    }

    /// # Safety
    /// A filter of ours, live for `'f`.
    unsafe fn of<'f>(filter: *mut ffi::ap_filter_t) -> &'f Instance {
        // SAFETY: the context of our filters is an Instance, or NULL before the first call.
        unsafe {
            if (*filter).ctx.is_null() {
                (*filter).ctx = Instance::place(Pool::from_raw((*(*filter).r).pool), None).cast();
            }
            &*(*filter).ctx.cast::<Instance>()
        }
    }

    pub(super) fn state(&self) -> State {
        match self.state.load(Ordering::Relaxed) {
            0 => State::Active,
            1 => State::Transparent,
            2 => State::Ended,
            _ => State::Failed,
        }
    }

    pub(super) fn set_state(&self, state: State) {
        self.state.store(state as u8, Ordering::Relaxed);
    }

    /// The stream has ended, unless something else was decided.
    pub(super) fn end(&self) {
        if self.state() == State::Active {
            self.set_state(State::Ended);
        }
    }

    pub(super) fn added(&self) -> Option<Arc<Added>> {
        self.owned.lock().added.clone()
    }

    /// What `find` finds; asked once, since patterns are matched in the request's pool.
    pub(super) fn directory(&self, find: impl FnOnce() -> Option<Vec<u8>>) -> Option<Vec<u8>> {
        self.owned.lock().directory.get_or_insert_with(find).clone()
    }

    /// Takes an empty brigade, which goes back when it is not needed any more.
    ///
    /// # Safety
    /// `filter` is the filter that this is the context of.
    unsafe fn take_spare(&self, filter: *mut ffi::ap_filter_t) -> *mut ffi::apr_bucket_brigade {
        if let Some(spare) = self.owned.lock().spares.pop() {
            return spare;
        }
        // SAFETY: a live filter of a request; the brigade lives in its pool.
        unsafe { ffi::apr_brigade_create((*(*filter).r).pool, (*(*filter).c).bucket_alloc) }
    }

    fn give_back(&self, mut spare: Brigade<'_>) {
        spare.clear();
        self.owned.lock().spares.push(spare.as_raw());
    }
}

/// The pool is being destroyed: lets go of what is not in it.
unsafe extern "C" fn release(data: *mut c_void) -> ffi::apr_status_t {
    guard::run(Entry::Cleanup, 0, || {
        // SAFETY: registered by `place`; the memory goes after its cleanups.
        let instance = unsafe { &*data.cast::<Instance>() };
        *instance.owned.lock() = Owned::default();
        instance.set_state(State::Transparent);
        0
    })
}

impl Request<'_> {
    /// Whether it is a sub-request, whose answer is part of another.
    pub(super) fn is_part(self) -> bool {
        // SAFETY: a live record.
        unsafe { !(*self.as_raw()).main.is_null() }
    }

    /// The request that this is a sub-request of, if it is one: whose answer it is part of.
    pub(super) fn outermost(self) -> Self {
        // SAFETY: a sub-request's main request outlives it.
        unsafe {
            let mut raw = self.as_raw();
            while !(*raw).main.is_null() {
                raw = (*raw).main;
            }
            Request::from_raw(raw)
        }
    }

    /// Adds httpd's filter of that name; the log says if there is none.
    pub fn add_filter(self, direction: Direction, name: Text<'_>) {
        // SAFETY: httpd looks the copy up and keeps nothing of it.
        unsafe { add(self, direction, self.pool().copy(name), ptr::null_mut()) }
    }

    /// Adds a filter that a script registered for this request.
    pub fn add_own_filter(self, direction: Direction, added: Added) {
        let instance = Instance::place(self.pool(), Some(added));
        // SAFETY: a static name; the context is what the filter's functions expect.
        unsafe { add(self, direction, FOR_ONE_REQUEST.as_ptr(), instance.cast()) }
    }
}

/// # Safety
/// `name` is a C string; the context is one for the filter of that name.
unsafe fn add(request: Request<'_>, direction: Direction, name: *const c_char, context: *mut c_void) {
    // SAFETY: a live request with its connection.
    unsafe {
        let (raw, connection) = (request.as_raw(), request.connection().as_raw());
        match direction {
            Direction::Input => ffi::ap_add_input_filter(name, context, raw, connection),
            Direction::Output => ffi::ap_add_output_filter(name, context, raw, connection),
        };
    }
}

// --- calls ---

/// Calls the script; a panic on the way is a failure of the filter.
fn call(invocation: &Invocation) -> Outcome {
    let Some(dispatch) = DISPATCH.get() else {
        return Outcome::Failed(None);
    };
    let entry = Entry::Hook("a filter", Target::Request(invocation.filter().request()));
    guard::run(entry, Outcome::Failed(None), || dispatch(invocation))
}

/// # Safety
/// A live filter of ours with its record, and a brigade that came down to it.
unsafe fn run_output(
    filter: *mut ffi::ap_filter_t,
    record: *mut ffi::ap_filter_rec_t,
    mut source: Brigade<'_>,
) -> ffi::apr_status_t {
    // SAFETY: by contract; the name is a C string of the record's.
    unsafe {
        let instance = Instance::of(filter);
        let name = borrow((*record).name).unwrap_or_default();
        let mut status = 0;
        // A filter sees what comes down in parts: up to where it is to be flushed, and no
        // more than it can hold in memory at once.
        while !source.is_empty() && status == 0 {
            status = match instance.state() {
                State::Transparent => ffi::ap_pass_brigade((*filter).next, source.as_raw()),
                State::Ended => pass_metadata(filter, instance, &mut source),
                State::Failed => ffi::AP_FILTER_ERROR,
                State::Active => {
                    let sink = Brigade::from_raw(instance.take_spare(filter));
                    let invocation = Invocation::output(filter, instance, name, &source, &sink);
                    let outcome = call(&invocation);
                    let status = invocation.finish_output(outcome);
                    drop(invocation);
                    instance.give_back(sink);
                    status
                }
            };
            if instance.state() != State::Active {
                source.clear();
            }
        }
        status
    }
}

/// Hands on what is not data; the end of the stream has passed already.
///
/// # Safety
/// As for `run_output`.
unsafe fn pass_metadata(
    filter: *mut ffi::ap_filter_t,
    instance: &Instance,
    source: &mut Brigade<'_>,
) -> ffi::apr_status_t {
    // SAFETY: by contract.
    unsafe {
        let mut sink = Brigade::from_raw(instance.take_spare(filter));
        keep_metadata(source, &mut sink);
        let status = if sink.is_empty() { 0 } else { ffi::ap_pass_brigade((*filter).next, sink.as_raw()) };
        instance.give_back(sink);
        status
    }
}

/// Moves what is neither data nor an end nor a flush to `sink`, and drops the rest.
pub(super) fn keep_metadata(source: &mut Brigade<'_>, sink: &mut Brigade<'_>) {
    while let Some(kind) = source.first_kind() {
        if kind == Kind::Metadata { source.move_first(sink) } else { source.drop_first() }
    }
}

/// # Safety
/// A live filter of ours, and the empty brigade of who reads from it.
unsafe fn run_input(
    filter: *mut ffi::ap_filter_t,
    mut sink: Brigade<'_>,
    demand: Demand,
) -> ffi::apr_status_t {
    // SAFETY: by contract; the name is a C string of the record's.
    unsafe {
        let instance = Instance::of(filter);
        let upstream = |into: &Brigade<'_>| {
            ffi::ap_get_brigade((*filter).next, into.as_raw(), demand.mode, demand.block, demand.bytes)
        };
        // The others look ahead, or read what is no body: not a script's business.
        if !demand.reads() {
            return upstream(&sink);
        }
        if let Some(mut due) = due(instance) {
            due.move_all(&mut sink);
            return hold_back(filter, instance, &sink, demand);
        }
        let name = borrow((*(*filter).frec).name).unwrap_or_default();
        loop {
            match instance.state() {
                State::Transparent => return upstream(&sink),
                State::Failed => return ffi::APR_EGENERAL as ffi::apr_status_t,
                State::Ended => return drain(&mut sink, upstream),
                State::Active => {}
            }
            let source = Brigade::from_raw(instance.take_spare(filter));
            let invocation = Invocation::input(filter, instance, name, &source, &sink, demand);
            let outcome = call(&invocation);
            let status = invocation.finish_input(outcome);
            let starved = invocation.is_starved();
            drop(invocation);
            instance.give_back(source);
            // Who waits for data is not told that there is none because a filter keeps
            // what it has read for later.
            if !sink.is_empty() && (status == 0 || status == ffi::APR_EAGAIN as ffi::apr_status_t) {
                return hold_back(filter, instance, &sink, demand);
            }
            if status != 0 || !demand.waits() || starved {
                return status;
            }
        }
    }
}

/// The filter has ended the stream, perhaps before its own source did. What that still
/// has must be read, or it would be taken for the connection's next request.
fn drain(sink: &mut Brigade<'_>, upstream: impl Fn(&Brigade<'_>) -> ffi::apr_status_t) -> ffi::apr_status_t {
    loop {
        let status = upstream(sink);
        let ended = sink.is_empty() || sink.has(Kind::Eos);
        sink.clear();
        if status != 0 {
            return status;
        }
        if ended {
            sink.append_eos();
            return 0;
        }
    }
}

/// What is due to the reader from earlier.
///
/// # Safety
/// On the request's thread.
unsafe fn due<'b>(instance: &Instance) -> Option<Brigade<'b>> {
    let raw = instance.due.load(Ordering::Relaxed);
    if raw.is_null() {
        return None;
    }
    // SAFETY: a brigade in the request's pool, used by this filter alone.
    let brigade = unsafe { Brigade::from_raw(raw) };
    (!brigade.is_empty()).then_some(brigade)
}

/// Puts aside what the reader did not ask for: it would drop that.
///
/// # Safety
/// As for `run_input`.
unsafe fn hold_back(
    filter: *mut ffi::ap_filter_t,
    instance: &Instance,
    sink: &Brigade<'_>,
    demand: Demand,
) -> ffi::apr_status_t {
    if !demand.is_limited() {
        return 0;
    }
    // SAFETY: live brigades; `rest` and `due` are of the request's pool.
    unsafe {
        let Some(first) = sink.after(demand.bytes) else {
            return 0;
        };
        let mut rest = instance.take_spare(filter);
        ffi::apr_brigade_split_ex(sink.as_raw(), first, rest);
        let mut due = instance.due.load(Ordering::Relaxed);
        let status = ffi::ap_save_brigade(filter, &mut due, &mut rest, (*(*filter).r).pool);
        instance.due.store(due, Ordering::Relaxed);
        instance.give_back(Brigade::from_raw(rest));
        status
    }
}
