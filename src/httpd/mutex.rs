//! Locks between the processes of a server.
//!
//! The parent makes them once and keeps them for its own lifetime, in memory of APR's
//! alone: this module is unloaded at every restart. So children of the configuration
//! before and after a restart exclude each other, and a child that is still starting
//! when its server restarts finds the files that it is to open. Each child opens them
//! for itself and keeps them until it ends.
//!
//! A lock belongs to a process, and any thread of it may release it: httpd's event MPM
//! may finish a request, cleanups included, on another thread than it began on. So
//! threads are kept apart by a state here, and processes by flock(2) below it:
//!
//! * `APR_LOCK_DEFAULT` is mostly a robust pthread mutex, which only the thread that
//!   took it can release. So was `apr_global_mutex_t` rejected, whose inner mutex
//!   leaves a release by another thread undefined.
//! * A semaphore may outlive its server, and its holder if that is killed; so may one in
//!   shared memory. fcntl(2) reports deadlocks that are none
//!   when a process has several threads.
//! * httpd's directive Mutex could choose any of these, and cannot know
//!   `mod_python.mutex_directory`. So it does not apply.
//!
//! The kernel releases what a process held when it dies.

use super::pool::{OwnedPool, Pool};
use super::server::Server;
use super::status::describe;
use super::text::Text;
use crate::ffi::httpd as ffi;
use parking_lot::{Condvar, Mutex, RwLock};
use std::ffi::{CStr, CString, OsStr, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::Arc;

const MECHANISM: ffi::apr_lockmech_e =
    if ffi::APR_HAS_FLOCK_SERIALIZE != 0 { ffi::APR_LOCK_FLOCK } else { ffi::APR_LOCK_DEFAULT };

/// Where children find the locks of their configuration.
const NAME: &CStr = c"mod_python locks";

/// The locks of one directory, as the parent knows them.
pub struct Locks<'s> {
    process: Pool<'s>,
    /// Of pointers to locks, in the process's pool.
    array: NonNull<ffi::apr_array_header_t>,
}

impl<'s> Locks<'s> {
    /// None yet, or those of an earlier configuration.
    pub fn of(server: Server<'s>, directory: Text<'_>) -> Self {
        let process = server.process_pool();
        let name = [NAME.to_bytes(), b" in ", directory.as_bytes()].concat();
        let name = CString::new(name).unwrap_or_default();
        let array = process.kept(&name).unwrap_or_else(|| {
            let array = new_array(process);
            process.keep(&name, array);
            array
        });
        Locks { process, array }
    }

    fn all(&mut self) -> &mut [*mut ffi::apr_proc_mutex_t] {
        // SAFETY: an array of pointers, which only the parent's one thread uses.
        unsafe { elements(self.array.as_ptr()) }
    }

    /// Makes the lock at `index`, which is that behind the last at most, unless it is there
    /// from before; its file is one that httpd's unprivileged children can open. Err says
    /// why not.
    pub fn provide(&mut self, index: usize, path: Text<'_>) -> Result<(), String> {
        let file = Path::new(OsStr::from_bytes(path.as_bytes()));
        let raw = match self.all().get(index) {
            Some(&raw) if file.exists() => raw,
            _ => self.create(index, path)?,
        };
        // SAFETY: a live lock. The directive User may have changed since it was made.
        check(unsafe { ffi::ap_unixd_set_proc_mutex_perms(raw) })
    }

    fn create(&mut self, index: usize, path: Text<'_>) -> Result<*mut ffi::apr_proc_mutex_t, String> {
        // Left behind by a killed server whose process number has come round again.
        let _ = std::fs::remove_file(OsStr::from_bytes(path.as_bytes()));
        let mut raw = ptr::null_mut();
        let process = self.process;
        // SAFETY: the path is copied into the process's pool, in which the lock is made and
        // by which it is removed, without this module's doing.
        unsafe {
            check(ffi::apr_proc_mutex_create(&mut raw, process.copy(path), MECHANISM, process.as_raw()))?;
        }
        match self.all().get_mut(index) {
            Some(place) => *place = raw,
            // SAFETY: the array holds such pointers.
            None => unsafe { push(self.array.as_ptr(), raw) },
        }
        Ok(raw)
    }

    /// A lock of this module's own, apart from those of scripts.
    pub(super) fn apart(
        server: Server<'s>,
        purpose: Text<'_>,
        path: Text<'_>,
    ) -> Result<*mut ffi::apr_proc_mutex_t, String> {
        let mut locks = Self::of(server, purpose);
        locks.provide(0, path)?;
        locks.all().first().copied().ok_or_else(|| "no lock was made".to_owned())
    }

    /// Gives up the last ones.
    pub fn release(&mut self, count: usize) {
        for _ in 0..count.min(self.all().len()) {
            // SAFETY: the array is not empty; a failure leaves only a file behind.
            unsafe {
                let raw = ffi::apr_array_pop(self.array.as_ptr()).cast::<*mut ffi::apr_proc_mutex_t>();
                ffi::apr_proc_mutex_destroy(*raw);
            }
        }
    }

    /// Leaves the first `count` where children of this configuration find them.
    pub fn hand_over(mut self, pool: Pool<'_>, count: usize) {
        let array = new_array(pool);
        // SAFETY: a new array of such pointers.
        self.all().iter().take(count).for_each(|&raw| unsafe { push(array.as_ptr(), raw) });
        pool.keep(NAME, array);
    }
}

fn new_array(pool: Pool<'_>) -> NonNull<ffi::apr_array_header_t> {
    // SAFETY: an empty array of pointers in a live pool.
    let array =
        unsafe { ffi::apr_array_make(pool.as_raw(), 8, size_of::<*mut ffi::apr_proc_mutex_t>() as c_int) };
    NonNull::new(array).expect("out of memory")
}

/// # Safety
/// `array` is a live array of pointers to locks, and nothing else uses it during `'a`.
unsafe fn elements<'a>(array: *mut ffi::apr_array_header_t) -> &'a mut [*mut ffi::apr_proc_mutex_t] {
    // SAFETY: by contract; the first `nelts` elements are initialised, and `elts` is not
    // NULL, as the array was made with room.
    unsafe { slice::from_raw_parts_mut((*array).elts.cast(), usize::try_from((*array).nelts).unwrap_or(0)) }
}

/// # Safety
/// `array` is a live array of pointers to locks.
unsafe fn push(array: *mut ffi::apr_array_header_t, lock: *mut ffi::apr_proc_mutex_t) {
    // SAFETY: APR returns room for one more element.
    unsafe { ffi::apr_array_push(array).cast::<*mut ffi::apr_proc_mutex_t>().write(lock) }
}

/// Opens the parent's locks in a child. Err says why that failed.
pub fn attach(server: Server<'_>) -> Result<(), String> {
    let made: &[_] = match server.configuration_pool().kept::<ffi::apr_array_header_t>(NAME) {
        // SAFETY: what `hand_over` left, which nobody changes here.
        Some(array) => unsafe { elements(array.as_ptr()) },
        None => &[],
    };
    // Not the child's pool: a thread that a script left behind may still wait for a lock
    // when that goes, and prefork destroys it in a signal handler, where nothing may be freed.
    let pool = OwnedPool::new().leak();
    // SAFETY: the locks of the parent, live in its pool.
    let open = |&raw: &*mut ffi::apr_proc_mutex_t| unsafe { Lock::open(raw, pool) };
    let locks = made.iter().map(open).collect::<Result<Arc<[Lock]>, _>>()?;
    *LOCKS.write() = Some(locks);
    Ok(())
}

/// This child's locks.
static LOCKS: RwLock<Option<Arc<[Lock]>>> = RwLock::new(None);

pub(super) struct Lock {
    /// The name of its file, if it has one.
    path: Option<Vec<u8>>,
    raw: NonNull<ffi::apr_proc_mutex_t>,
    state: Mutex<State>,
    /// Told when the state becomes Free.
    freed: Condvar,
}

// SAFETY: only the thread that has moved the state from Free, or that holds the state's
// mutex, uses the raw lock.
unsafe impl Send for Lock {}
// SAFETY: as above.
unsafe impl Sync for Lock {}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Free,
    /// A thread waits for another process to release it.
    Taking,
    Held,
}

/// Why a lock could not be taken or released.
#[derive(Debug)]
pub enum Error {
    NoSuchLock,
    /// This process does not hold it.
    NotHeld,
    Failed(String),
}

/// How many locks there are; their indices begin with 0.
pub fn count() -> usize {
    LOCKS.read().as_ref().map_or(0, |locks| locks.len())
}

/// The name of the file of lock 0, which every child of the server may open, and which is
/// the same file as long as the server lives. None without locks, or if they have no files.
pub fn file() -> Option<Vec<u8>> {
    LOCKS.read().as_ref()?.first()?.path.clone()
}

/// Takes a lock; waits, for ever if need be. Not recursive.
pub fn lock(index: usize) -> Result<(), Error> {
    with(index, Lock::lock)
}

/// Takes a lock if nobody holds it; false if somebody does.
pub fn try_lock(index: usize) -> Result<bool, Error> {
    with(index, Lock::try_lock)
}

/// Releases a lock that this process holds.
pub fn unlock(index: usize) -> Result<(), Error> {
    with(index, Lock::unlock)
}

fn with<T>(index: usize, action: impl FnOnce(&Lock) -> Result<T, Error>) -> Result<T, Error> {
    let locks = LOCKS.read().clone();
    let lock = locks.as_ref().and_then(|locks| locks.get(index)).ok_or(Error::NoSuchLock)?;
    action(lock)
}

impl Lock {
    /// # Safety
    /// `raw` is a live lock.
    pub(super) unsafe fn open(
        mut raw: *mut ffi::apr_proc_mutex_t,
        pool: Pool<'static>,
    ) -> Result<Self, String> {
        // SAFETY: the parent's lock, which this process has a copy of; APR makes the child's
        // own in the pool that stays, or leaves the copy if that will do. A path is a C
        // string in the parent's pool.
        let path = unsafe {
            let path = ffi::apr_proc_mutex_lockfile(raw);
            check(ffi::apr_proc_mutex_child_init(&mut raw, path, pool.as_raw()))?;
            (!path.is_null()).then(|| CStr::from_ptr(path).to_bytes().to_vec())
        };
        let raw = NonNull::new(raw).ok_or("no lock was opened")?;
        Ok(Lock { path, raw, state: Mutex::new(State::Free), freed: Condvar::new() })
    }

    pub(super) fn lock(&self) -> Result<(), Error> {
        let mut state = self.state.lock();
        while *state != State::Free {
            self.freed.wait(&mut state);
        }
        *state = State::Taking;
        drop(state);
        // SAFETY: this thread alone is taking the lock.
        let taken = check(unsafe { ffi::apr_proc_mutex_lock(self.raw.as_ptr()) });
        match taken {
            Ok(()) => *self.state.lock() = State::Held,
            Err(_) => self.free(&mut self.state.lock()),
        }
        taken.map_err(Error::Failed)
    }

    fn try_lock(&self) -> Result<bool, Error> {
        let mut state = self.state.lock();
        if *state != State::Free {
            return Ok(false);
        }
        // SAFETY: nobody else uses the lock: the state's mutex is held, and it says Free.
        match unsafe { ffi::apr_proc_mutex_trylock(self.raw.as_ptr()) } {
            status if status == ffi::APR_EBUSY as i32 => Ok(false),
            status => {
                check(status).map_err(Error::Failed)?;
                *state = State::Held;
                Ok(true)
            }
        }
    }

    pub(super) fn unlock(&self) -> Result<(), Error> {
        let mut state = self.state.lock();
        if *state != State::Held {
            return Err(Error::NotHeld);
        }
        // SAFETY: this process holds the lock, and the state's mutex keeps others away.
        let released = check(unsafe { ffi::apr_proc_mutex_unlock(self.raw.as_ptr()) });
        self.free(&mut state);
        released.map_err(Error::Failed)
    }

    fn free(&self, state: &mut State) {
        *state = State::Free;
        self.freed.notify_one();
    }
}

fn check(status: ffi::apr_status_t) -> Result<(), String> {
    if status == 0 { Ok(()) } else { Err(describe(status)) }
}
