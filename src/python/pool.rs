//! Pools: several interpreters, each with a lock of its own, that serve one name.

mod handover;
mod mailbox;

use super::attach;
use super::interpreter::{Interpreter, Lease};
use super::lifecycle;
use crate::ffi::thread as own_thread;
use handover::{Entered, Job, Member, Threads};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::thread;

pub(super) type HandOver = handover::HandOver<Interpreter>;

impl Member for Interpreter {
    type Lease = Lease;

    fn lease(member: &Arc<Self>) -> Option<Lease> {
        Lease::of(member)
    }
}

pub(super) fn new() -> Arc<HandOver> {
    HandOver::new(Threads {
        start: |work| own_thread::spawn("mod_python pool", work).is_ok(),
        cpu_time: own_thread::cpu_time,
    })
}

/// What a name means: an interpreter, or the members of a pool.
pub enum Chosen {
    One(Lease),
    Pool(Pool),
}

/// A pool of which no member has been chosen yet.
pub struct Pool(pub(super) Arc<HandOver>);

impl Pool {
    /// Runs `work` with the first member that has room for it, maybe on another thread while
    /// this one waits. The thread must be detached. Gives `work` back if the pool was ended.
    pub fn run<R: Send, F: FnOnce(&Lease) -> R + Send>(&self, work: F) -> Result<R, F> {
        if may_wait() {
            return hand_over(&self.0, None, work);
        }
        match self.0.least_busy() {
            Some(interpreter) => Ok(work(&interpreter)),
            None => Err(work),
        }
    }
}

/// Runs `work` with this interpreter; if it is a member of a pool, when it has room, and maybe
/// on another thread while this one waits. The thread must be detached.
pub fn run_in<R: Send, F: FnOnce(&Lease) -> R + Send>(interpreter: &Lease, work: F) -> R {
    let ran = match interpreter.pool() {
        Some(pool) if may_wait() => hand_over(pool, Some(interpreter.record()), work),
        _ => Err(work),
    };
    // Where it was replaced meanwhile, those that began there go on there.
    ran.unwrap_or_else(|work| work(interpreter))
}

/// A thread that is inside an interpreter may be what others wait for, and one in a process
/// that exits may have been interrupted by a signal.
fn may_wait() -> bool {
    !attach::is_suspended() && !lifecycle::is_exiting()
}

fn hand_over<R: Send, F: FnOnce(&Lease) -> R + Send>(
    pool: &Arc<HandOver>,
    member: Option<&Arc<Interpreter>>,
    work: F,
) -> Result<R, F> {
    let mut errand = Errand::Waiting(work);
    let address = Address { errand: (&raw mut errand).cast(), run: Errand::<F, R>::run_at };
    match pool.enter(member, || address.into_job()) {
        Entered::Here(place) => match (errand, place.lease()) {
            (Errand::Waiting(work), Some(lease)) => return Ok(work(lease)),
            (rest, _) => errand = rest,
        },
        Entered::Queued(ticket) => pool.wait(&ticket),
        Entered::Nowhere => {}
    }
    match errand {
        Errand::Waiting(work) => Err(work),
        Errand::Done(Ok(result)) => Ok(result),
        Errand::Done(Err(payload)) => panic::resume_unwind(payload),
        Errand::Running => unreachable!("the hand-over waits for what runs"),
    }
}

/// Work that may be done by another thread, on the stack of the one that waits for it.
enum Errand<F, R> {
    Waiting(F),
    Running,
    Done(thread::Result<R>),
}

impl<R: Send, F: FnOnce(&Lease) -> R + Send> Errand<F, R> {
    /// # Safety
    /// `errand` is the address of one, which nobody else uses meanwhile.
    unsafe fn run_at(errand: *mut (), lease: &Lease) {
        // SAFETY: by contract.
        let errand = unsafe { &mut *errand.cast::<Self>() };
        if let Errand::Waiting(work) = std::mem::replace(errand, Errand::Running) {
            *errand = Errand::Done(panic::catch_unwind(AssertUnwindSafe(|| work(lease))));
        }
    }
}

/// An errand without its type and lifetime.
struct Address {
    errand: *mut (),
    run: unsafe fn(*mut (), &Lease),
}

// SAFETY: made in `hand_over` only, of an errand whose work and result may go to another thread.
unsafe impl Send for Address {}

impl Address {
    fn into_job(self) -> Job<Interpreter> {
        // SAFETY: the hand-over runs a job once, or drops it, before `wait` returns, and
        // `hand_over` touches the errand before `enter` and after `wait` only.
        Box::new(move |lease| unsafe { self.call(lease) })
    }

    /// # Safety
    /// As for [`Errand::run_at`].
    unsafe fn call(self, lease: &Lease) {
        // SAFETY: by contract; the two belong together.
        unsafe { (self.run)(self.errand, lease) }
    }
}
