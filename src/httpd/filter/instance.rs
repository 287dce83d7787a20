//! What is kept with one filter of one request.

use super::names::FOR_ONE_REQUEST;
use crate::ffi::httpd as ffi;
use crate::httpd::brigade::Brigade;
use crate::httpd::guard::{self, Entry};
use crate::httpd::pool::Pool;
use crate::httpd::request::Request;
use crate::httpd::text::Text;
use crate::settings::filters::Direction;
use crate::settings::handlers::Handler;
use parking_lot::Mutex;
use std::ffi::{c_char, c_void};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicU8, Ordering};

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
    pub(super) due: AtomicPtr<ffi::apr_bucket_brigade>,
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
    pub(super) unsafe fn of<'f>(filter: *mut ffi::ap_filter_t) -> &'f Instance {
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
    pub(super) unsafe fn take_spare(&self, filter: *mut ffi::ap_filter_t) -> *mut ffi::apr_bucket_brigade {
        if let Some(spare) = self.owned.lock().spares.pop() {
            return spare;
        }
        // SAFETY: a live filter of a request; the brigade lives in its pool.
        unsafe { ffi::apr_brigade_create((*(*filter).r).pool, (*(*filter).c).bucket_alloc) }
    }

    pub(super) fn give_back(&self, mut spare: Brigade<'_>) {
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
