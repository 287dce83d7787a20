//! Work that may wait for ever, with a deadline for who asks for it.
//!
//! It runs on threads of its own, of which there are as many as were ever busy at once.
//! What is late is given up, not ended: its thread goes on waiting. Once there are
//! [`MOST_OVERDUE`] of these, nothing more is begun until one of them comes back, so that
//! what does not answer costs neither a thread for each request nor each request its time.
//!
//! Children only: the parent has no threads.

use crate::ffi::thread;
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

pub const MOST_OVERDUE: usize = 4;

/// Why there is no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenUp {
    /// The deadline has passed.
    Late,
    /// So much is overdue that nothing was begun.
    Refused,
    /// No thread could be started, or the work panicked.
    Failed,
}

type Job = Box<dyn FnOnce() + Send>;

pub struct Workers {
    state: Mutex<State>,
    arrived: Condvar,
}

struct State {
    jobs: VecDeque<Job>,
    /// Threads that wait for a job.
    idle: usize,
    overdue: usize,
}

/// One piece of work, as the two sides see it.
#[derive(PartialEq, Eq)]
enum Progress {
    Running,
    Done,
    GivenUp,
}

impl Workers {
    pub const fn new() -> Self {
        let state = State { jobs: VecDeque::new(), idle: 0, overdue: 0 };
        Workers { state: Mutex::new(state), arrived: Condvar::new() }
    }

    /// The result of `work`, or after `patience` the news that there is none yet. Waits, so
    /// it is to be called detached.
    pub fn run<T: Send + 'static>(
        &'static self,
        patience: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, GivenUp> {
        if self.state.lock().overdue >= MOST_OVERDUE {
            return Err(GivenUp::Refused);
        }
        let progress = Arc::new(Mutex::new(Progress::Running));
        let (answer, result) = mpsc::sync_channel(1);
        let seen = Arc::clone(&progress);
        self.start(Box::new(move || {
            let outcome = panic::catch_unwind(AssertUnwindSafe(work));
            let before = mem::replace(&mut *seen.lock(), Progress::Done);
            if before == Progress::GivenUp {
                self.state.lock().overdue -= 1;
            }
            match outcome {
                Ok(value) => drop(answer.send(value)),
                // Dropping a payload may itself panic. The channel closes, which tells.
                Err(payload) => mem::forget(payload),
            }
        }))?;
        match result.recv_timeout(patience) {
            Ok(value) => Ok(value),
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(GivenUp::Failed),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                let mut progress = progress.lock();
                if *progress == Progress::Done {
                    drop(progress);
                    return result.recv().map_err(|_| GivenUp::Failed);
                }
                *progress = Progress::GivenUp;
                self.state.lock().overdue += 1;
                Err(GivenUp::Late)
            }
        }
    }

    fn start(&'static self, job: Job) -> Result<(), GivenUp> {
        let mut state = self.state.lock();
        state.jobs.push_back(job);
        if state.idle >= state.jobs.len() {
            self.arrived.notify_one();
            return Ok(());
        }
        if thread::spawn("mod_python cache", move || self.serve()).is_err() {
            state.jobs.pop_back();
            return Err(GivenUp::Failed);
        }
        Ok(())
    }

    fn serve(&self) {
        let mut state = self.state.lock();
        loop {
            match state.jobs.pop_front() {
                Some(job) => {
                    drop(state);
                    job();
                    state = self.state.lock();
                }
                None => {
                    state.idle += 1;
                    self.arrived.wait(&mut state);
                    state.idle -= 1;
                }
            }
        }
    }
}
