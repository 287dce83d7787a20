//! The keeper: one thread for each child on which Python is started, interpreters are
//! created, and exit callbacks run.
//!
//! Why a thread of its own:
//! * CPython calls the thread that starts it the main thread. If that were httpd's,
//!   `signal.signal` would work in handlers under prefork and take httpd's signals.
//! * An interpreter created on a request thread would leave that thread's PyGILState
//!   binding pointing at it.
//! * At child exit the thread that leaves can wait for callbacks with a deadline.
//!
//! All signals are blocked on it, so that httpd's reach httpd's threads.

use crate::ffi::thread;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

type Job = Box<dyn FnOnce() + Send>;

/// Written to the keeper: a job is in the queue; or: run the exit callbacks and stop.
const JOB: u8 = b'j';
const LEAVE: u8 = b'q';

pub(super) struct Keeper {
    jobs: Arc<Mutex<VecDeque<Job>>>,
    /// A socket and not a condition variable: child exit may run in a signal handler,
    /// where `write` and `read` are allowed and locks are not.
    wake: UnixStream,
}

impl Keeper {
    /// Starts the thread; `leave` is what it does last.
    pub fn spawn(leave: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        let (wake, orders) = UnixStream::pair()?;
        let jobs = Arc::new(Mutex::new(VecDeque::new()));
        let queue = Arc::clone(&jobs);
        thread::spawn("mod_python keeper", move || serve(orders, &queue, leave))?;
        Ok(Keeper { jobs, wake })
    }

    /// Runs `job` on the keeper and waits for it; None if it panicked.
    pub fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let (answer, result) = mpsc::sync_channel(1);
        self.jobs.lock().push_back(Box::new(move || {
            let _ = answer.send(job());
        }));
        (&self.wake).write_all(&[JOB]).ok()?;
        result.recv().ok()
    }

    /// Has the exit callbacks run; false if they did not end in time. Takes no lock and
    /// allocates nothing.
    pub fn leave(&self, deadline: Duration) -> bool {
        if (&self.wake).write_all(&[LEAVE]).is_err() {
            return false;
        }
        let end = Instant::now() + deadline;
        loop {
            let left = end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            let read = self.wake.set_read_timeout(Some(left)).and_then(|()| (&self.wake).read(&mut [0]));
            match read {
                // The parent sends its children more than one signal while it waits.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                answer => return matches!(answer, Ok(1)),
            }
        }
    }
}

fn serve(mut orders: UnixStream, jobs: &Mutex<VecDeque<Job>>, leave: impl FnOnce()) {
    let mut order = [0];
    while orders.read_exact(&mut order).is_ok() && order[0] == JOB {
        let job = jobs.lock().pop_front();
        if let Some(job) = job {
            // The job's channel closes when it panics, which tells the caller.
            let _ = panic::catch_unwind(AssertUnwindSafe(job));
        }
    }
    let _ = panic::catch_unwind(AssertUnwindSafe(leave));
    let _ = orders.write_all(&[LEAVE]);
}
