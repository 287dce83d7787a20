//! Locks between the processes of a server.
//!
//! They are made in the parent and hang on the configuration's pool; nothing else in the
//! parent knows of them. Each child opens them for itself and keeps them until it ends.
//!
//! A lock belongs to a process, and any thread of it may release it: httpd's event MPM
//! may finish a request, cleanups included, on another thread than it began on. So
//! threads are kept apart by a state here, and processes by flock(2) below it:
//!
//! * `APR_LOCK_DEFAULT` is mostly a robust pthread mutex, which only the thread that
//!   took it can release. So was `apr_global_mutex_t` rejected, whose inner mutex
//!   leaves a release by another thread undefined.
//! * Semaphores vanish at a restart, under children that are still in their last
//!   request; an open lock file does not. fcntl(2) reports deadlocks that are none
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
use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::ptr::{self, NonNull};
use std::sync::Arc;

const MECHANISM: ffi::apr_lockmech_e =
    if ffi::APR_HAS_FLOCK_SERIALIZE != 0 { ffi::APR_LOCK_FLOCK } else { ffi::APR_LOCK_DEFAULT };

/// Where the parent leaves the locks for its children.
const NAME: &CStr = c"mod_python locks";

/// A lock as the parent knows it.
pub struct Made(NonNull<ffi::apr_proc_mutex_t>);

impl Made {
    /// Makes a lock file that httpd's unprivileged children can open. Err says why not.
    pub fn create(pool: Pool<'_>, path: Text<'_>) -> Result<Self, String> {
        // Left behind by a killed server whose process number has come round again.
        let _ = std::fs::remove_file(OsStr::from_bytes(path.as_bytes()));
        let mut raw = ptr::null_mut();
        // SAFETY: the path is copied into the pool, in which the lock is made and by which
        // it is removed; the second call gets a whole lock.
        unsafe {
            check(ffi::apr_proc_mutex_create(&mut raw, pool.copy(path), MECHANISM, pool.as_raw()))?;
            let made = Made(NonNull::new(raw).ok_or("no lock was made")?);
            check(ffi::ap_unixd_set_proc_mutex_perms(raw)).inspect_err(|_| made.destroy_raw())?;
            Ok(made)
        }
    }

    pub fn destroy(self) {
        self.destroy_raw();
    }

    fn destroy_raw(&self) {
        // SAFETY: a live lock; a failure leaves only its file behind.
        unsafe { ffi::apr_proc_mutex_destroy(self.0.as_ptr()) };
    }
}

/// Leaves the locks where children find them.
pub fn hand_over(pool: Pool<'_>, locks: Vec<Made>) {
    let locks = ptr::from_mut(pool.alloc(locks)).cast();
    // SAFETY: a Vec<Made> that lives as long as the pool; APR copies the name, which must
    // not point into this module: it is unloaded while the pool is cleared.
    unsafe { ffi::apr_pool_userdata_set(locks, NAME.as_ptr(), None, pool.as_raw()) };
}

/// Opens the parent's locks in a child. Err says why that failed.
pub fn attach(server: Server<'_>) -> Result<(), String> {
    let mut found = ptr::null_mut();
    // SAFETY: the process record and its configuration pool outlive every child; under
    // our name there is nothing but what `hand_over` left.
    let made = unsafe {
        let pool = (*(*server.as_raw()).process).pconf;
        ffi::apr_pool_userdata_get(&mut found, NAME.as_ptr(), pool);
        found.cast::<Vec<Made>>().as_ref()
    };
    let made = made.map_or(&[][..], Vec::as_slice);
    // Not the child's pool: a thread that a script left behind may still wait for a lock
    // when that goes, and prefork destroys it in a signal handler, where nothing may be freed.
    let pool = OwnedPool::new().leak();
    let locks = made.iter().map(|made| Lock::open(made, pool)).collect::<Result<Arc<[Lock]>, _>>()?;
    *LOCKS.write() = Some(locks);
    Ok(())
}

/// This child's locks.
static LOCKS: RwLock<Option<Arc<[Lock]>>> = RwLock::new(None);

struct Lock {
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
    fn open(made: &Made, pool: Pool<'static>) -> Result<Self, String> {
        let mut raw = made.0.as_ptr();
        // SAFETY: the parent's lock, which this process has a copy of; APR makes the child's
        // own in the pool that stays, or leaves the copy if that will do.
        unsafe {
            let path = ffi::apr_proc_mutex_lockfile(raw);
            check(ffi::apr_proc_mutex_child_init(&mut raw, path, pool.as_raw()))?;
        }
        let raw = NonNull::new(raw).ok_or("no lock was opened")?;
        Ok(Lock { raw, state: Mutex::new(State::Free), freed: Condvar::new() })
    }

    fn lock(&self) -> Result<(), Error> {
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

    fn unlock(&self) -> Result<(), Error> {
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
