//! PythonRequestTimeout: a handler that takes too long has its stack logged, and gets
//! `apache.RequestTimeout`; if it goes on all the same, its child leaves.
//!
//! One thread of each child looks at the deadlines. It enters no interpreter, since the lock of
//! one may be held for ever: each call that is due gets a thread that tries to.
//!
//! **No exception comes too late.** A call is entered in the list, and taken out of it, by its
//! own thread while that is attached; when it is taken out, an exception that was set and has
//! not been raised is taken back. Who sets one looks into the list first, attached to the same
//! interpreter, and does both without letting go of its lock. So either the call has ended and
//! nothing is set, or it is set before the call ends, which then takes it back.

use super::deadlines::{Deadlines, Due, Token};
use super::leaving;
use crate::ffi::thread;
use crate::httpd::handle::Handle;
use crate::httpd::log::{self, Target};
use crate::httpd::mpm;
use crate::httpd::request::Request;
use crate::httpd::server::Server;
use crate::objects::apache::state as apache;
use crate::objects::request::state::RequestState;
use crate::objects::slots;
use crate::python::attach::{Attached, attach};
use crate::python::interpreter::Lease;
use crate::python::interrupt::Running;
use crate::python::lifecycle;
use crate::settings::messages::Code;
use crate::settings::section::{Setting, Values};
use crate::settings::timeout;
use parking_lot::{Condvar, Mutex};
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Unless PythonInterruptTimeout says otherwise.
const INTERRUPT_TIMEOUT: Duration = Duration::from_secs(15);

/// Made for the first call that has a limit; never in the parent.
static WATCH: OnceLock<Watch> = OnceLock::new();

/// A call of a handler, as other threads see it.
struct Call {
    running: Running,
    interpreter: Lease,
    request: Arc<Handle>,
    /// The directive and the handler.
    name: String,
    begun: Instant,
    limit: Duration,
}

struct Watch {
    state: Mutex<State>,
    changed: Condvar,
    /// PythonInterruptTimeout.
    grace: Duration,
}

struct State {
    deadlines: Deadlines<Call>,
    /// When the watching thread looks next; None: when it is told to.
    planned: Option<Instant>,
}

/// Which time counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// All that is done for the answer has one deadline.
    FirstHandler,
    /// What runs after the answer was sent, which may have taken as long as it liked.
    Now,
}

/// Runs `body`, a call of Python code for the request, under the limit in force. `name`: what
/// logs say of it.
#[inline]
pub fn limited<T>(
    py: Attached<'_>,
    request: Request<'_>,
    values: &Values<'_>,
    since: Since,
    name: impl FnOnce() -> String,
    body: impl FnOnce() -> T,
) -> T {
    // One look for those that have none.
    let Some(limit) = timeout::of(values) else { return body() };
    let _limited = Limited::begin(py, request, values, limit, since, name);
    body()
}

/// A call that has a limit while this lives.
struct Limited<'a, 'py> {
    py: Attached<'py>,
    /// Of the request whose first handler counts.
    timed: &'a RequestState,
    watch: &'static Watch,
    token: Token,
    running: Running,
}

impl<'a, 'py> Limited<'a, 'py> {
    fn begin(
        py: Attached<'py>,
        request: Request<'a>,
        values: &Values<'_>,
        limit: Duration,
        since: Since,
        name: impl FnOnce() -> String,
    ) -> Option<Self> {
        // Who debugs takes the time that it takes.
        if values.is_on(Setting::EnablePdb, false) && mpm::is_one_process() {
            return None;
        }
        let watch = Watch::of_child();
        let state = slots::request_state(request)?;
        let (timed, begun) = match since {
            Since::FirstHandler => {
                let timed = request.origin().and_then(slots::request_state).unwrap_or(state);
                (timed, timed.begun())
            }
            Since::Now => (state, Instant::now()),
        };
        let running = Running::here(py);
        let call = Call {
            running,
            interpreter: py.lease()?,
            request: Arc::clone(&state.handle),
            name: name(),
            begun,
            limit,
        };
        let token = watch.enter(call);
        Some(Limited { py, timed, watch, token, running })
    }
}

impl Drop for Limited<'_, '_> {
    fn drop(&mut self) {
        if self.watch.leave(self.token) {
            self.running.clear(self.py);
            self.timed.begin_anew();
        }
    }
}

impl Watch {
    fn of_child() -> &'static Self {
        let mut is_new = false;
        let watch = WATCH.get_or_init(|| {
            is_new = true;
            let main = Server::main().and_then(slots::server);
            let grace = main.and_then(|main| main.interrupt_timeout).unwrap_or(INTERRUPT_TIMEOUT);
            let state = State { deadlines: Deadlines::new(grace), planned: None };
            Watch { state: Mutex::new(state), changed: Condvar::new(), grace }
        });
        if is_new {
            start("mod_python watch", move || watch.run());
        }
        watch
    }

    // The lock of the state is held for these few steps only, and whoever holds it waits for
    // nothing, so it may be taken while attached.

    fn enter(&self, call: Call) -> Token {
        let mut state = self.state.lock();
        let deadline = call.begun + call.limit;
        let token = state.deadlines.enter(call.running.thread(), deadline, call);
        self.tell(&state, deadline);
        token
    }

    /// Whether the exception was set.
    fn leave(&self, token: Token) -> bool {
        let mut state = self.state.lock();
        let (raised, next) = state.deadlines.leave(token, Instant::now());
        if let Some(next) = next {
            self.tell(&state, next);
        }
        raised
    }

    /// Wakes the watching thread if it would look too late.
    fn tell(&self, state: &State, deadline: Instant) {
        if state.planned.is_none_or(|planned| deadline < planned) {
            self.changed.notify_one();
        }
    }

    fn run(&'static self) {
        let mut state = self.state.lock();
        loop {
            let due = state.deadlines.take_due(Instant::now());
            if !due.is_empty() {
                drop(state);
                due.into_iter().for_each(|due| self.act(due));
                state = self.state.lock();
                continue;
            }
            state.planned = state.deadlines.next();
            match state.planned {
                Some(at) => drop(self.changed.wait_until(&mut state, at)),
                None => self.changed.wait(&mut state),
            }
        }
    }

    /// On a thread of its own: it may wait for ever, for an interpreter or for a log that is a
    /// pipe.
    fn act(&'static self, due: Due<Call>) {
        if lifecycle::is_exiting() {
            return;
        }
        match due {
            Due::Interrupt(token, call) => {
                start("mod_python interrupt", move || self.interrupt(token, &call))
            }
            Due::GiveUp { work, raised } => start("mod_python leaving", move || {
                work.give_up(raised);
                leaving::leave(self.grace, raised, || self.given_up());
            }),
        }
    }

    fn is_asked(&self, token: Token) -> bool {
        self.state.lock().deadlines.is_asked(token)
    }

    fn interrupt(&self, token: Token, call: &Call) {
        // Where it cannot be entered, the child is exiting, or soon will be.
        let _ = attach(&call.interpreter, |py| {
            if !self.is_asked(token) {
                return;
            }
            let stack = call.running.stack(py);
            // Detached: the call may end meanwhile.
            py.detach(|| call.log(Code::RequestTimeout, "apache.RequestTimeout is raised in it", &stack));
            if self.is_asked(token) {
                call.running.raise(py, &apache(py).request_timeout);
                self.state.lock().deadlines.set_raised(token);
            }
        });
    }

    /// How many requests hold the child.
    fn given_up(&self) -> usize {
        self.state.lock().deadlines.given_up()
    }
}

impl Call {
    fn give_up(&self, raised: bool) {
        if raised {
            self.log(Code::RequestStuck, "it has not ended by apache.RequestTimeout", &[]);
        } else {
            let what =
                "the interpreter does not answer: something in it holds its lock (GIL), so there is no stack";
            self.log(Code::InterpreterSilent, what, &[]);
        }
    }

    /// One coded entry and the stack, in the log of the request's virtual host. Not as an entry
    /// of the request, of which httpd would read more than its own thread keeps still.
    fn log(&self, code: Code, what: &str, stack: &[String]) {
        let interpreter = String::from_utf8_lossy(self.interpreter.name());
        let (seconds, limit) = (self.begun.elapsed().as_secs(), self.limit.as_secs());
        // It has ended meanwhile: there is nothing to say any more.
        let _ = self.request.lend(|request| {
            let text = |value: Option<&[u8]>| String::from_utf8_lossy(value.unwrap_or_default()).into_owned();
            let (method, uri) = (text(request.method()), text(request.unparsed_uri()));
            let target = Target::Server(request.server());
            let name = &self.name;
            let message = format!(
                "{name} (interpreter '{interpreter}'): {method} {uri} has taken {seconds} s, of {limit} s: {what}"
            );
            log::entry(target, code, &message);
            stack.iter().for_each(|line| log::detail(target, code.level(), &format!("{name}: {line}")));
        });
    }
}

/// A thread of ours; where there can be none, that is logged.
fn start(name: &str, work: impl FnOnce() + Send + 'static) {
    if let Err(error) = thread::spawn(name, work) {
        log_not_started(&error);
    }
}

fn log_not_started(error: &io::Error) {
    let message = format!("a thread that watches over PythonRequestTimeout could not be started: {error}");
    log::entry(Target::Process, Code::TimeoutsNotWatched, &message);
}
