//! A child that a stuck handler holds leaves: it takes no further connection, finishes its
//! other requests, and exits. httpd's parent starts another one.

use super::child;
use crate::httpd::leaving;
use crate::httpd::log::{self, Target};
use crate::httpd::mpm;
use crate::httpd::request::Request;
use crate::python::lifecycle;
use crate::settings::messages::Code;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The requests that this child serves, also those that have nothing to do with Python. They
/// are counted where a PythonRequestTimeout is set anywhere.
static SERVED: AtomicUsize = AtomicUsize::new(0);
/// Whether the child is leaving already.
static LEAVES: AtomicBool = AtomicBool::new(false);

/// From one look at the requests to the next.
const PAUSE: Duration = Duration::from_millis(50);
/// As many looks have to find none: a connection that was accepted may be about to ask.
const QUIET: u32 = 4;

/// The request has just been read. It ends when its pool goes: then its answer is written.
pub fn count(request: Request<'_>) {
    SERVED.fetch_add(1, Ordering::Relaxed);
    request.pool().on_destroy(|| {
        SERVED.fetch_sub(1, Ordering::Relaxed);
    });
}

/// Ends this child when all requests but the stuck ones have ended, or after `patience`.
/// `answers`: the interpreter can be entered, so that exit callbacks may run.
pub fn leave(patience: Duration, answers: bool, stuck: impl Fn() -> usize) {
    // There is nobody to start another one.
    if mpm::is_one_process() {
        return;
    }
    static IS_SILENT: AtomicBool = AtomicBool::new(false);
    IS_SILENT.fetch_or(!answers, Ordering::Relaxed);
    if LEAVES.swap(true, Ordering::Relaxed) {
        return;
    }
    leaving::begin();
    let others = || SERVED.load(Ordering::Relaxed).saturating_sub(stuck());
    let message = format!(
        "this child takes no further connection; it exits when its other requests have ended ({} at the moment), or after {} s",
        others(),
        patience.as_secs()
    );
    log::entry(Target::Process, Code::ChildLeaving, &message);
    wait_until_none(others, patience);
    // Then httpd does the rest.
    if lifecycle::is_exiting() {
        return;
    }
    let message = format!(
        "the child exits and is replaced; requests that are cut off: {} stuck, {} others",
        stuck(),
        others()
    );
    log::entry(Target::Process, Code::ChildLeft, &message);
    if !IS_SILENT.load(Ordering::Relaxed) {
        child::leave();
    }
    leaving::exit();
}

fn wait_until_none(others: impl Fn() -> usize, patience: Duration) {
    let end = Instant::now() + patience;
    let mut quiet = 0;
    while quiet < QUIET && Instant::now() < end && !lifecycle::is_exiting() {
        thread::sleep(PAUSE);
        quiet = if others() == 0 { quiet + 1 } else { 0 };
    }
}
