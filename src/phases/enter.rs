//! Which interpreter runs a handler, and the way into it.

use super::{cleanup, failure};
use crate::httpd::log::{self, Target};
use crate::httpd::request::Request;
use crate::httpd::status::Status;
use crate::objects::bootstrap;
use crate::objects::request::state::RequestState;
use crate::objects::{place, slots};
use crate::python::attach::{Attached, Error as AttachError, attach};
use crate::python::interpreter::{self, CreateError, Interpreter, Lease};
use crate::python::pool::{self, Chosen};
use crate::python::recycling;
use crate::settings::handlers::Handler;
use crate::settings::interpreter::{Facts, choose};
use crate::settings::messages::Code;
use crate::settings::section::{Setting, Values};
use std::borrow::Cow;
use std::ops::Deref;
use std::path::Path;

/// Runs `work` with the interpreter for the handlers of a phase, of which `first` comes first: at
/// once, or when a member of its pool has room, and then maybe on another thread while this one
/// waits. After logging why there is no interpreter, what to answer instead.
pub fn run<H: Deref<Target = Handler>, R: Send>(
    request: Request<'_>,
    values: &Values<'_>,
    first: impl FnOnce() -> Option<H>,
    work: impl FnOnce(&Lease) -> R + Send,
) -> Result<R, Status> {
    let per_directive = values.is_on(Setting::InterpPerDirective, false);
    let first = if per_directive { first() } else { None };
    let name = name(request, values, per_directive, first.as_deref());
    let state = cleanup::state_of(request);
    if let Some(interpreter) = known(request, state, &name) {
        return Ok(pool::run_in(&interpreter, work));
    }
    let mut work = move |interpreter: &Lease| {
        begin(request, state, interpreter);
        work(interpreter)
    };
    loop {
        match chosen(Target::Request(request), &name)? {
            Chosen::One(interpreter) => return Ok(pool::run_in(&interpreter, work)),
            Chosen::Pool(pool) => match pool.run(work) {
                Ok(result) => return Ok(result),
                // The pool was ended in between.
                Err(again) => work = again,
            },
        }
    }
}

/// The interpreter for a handler, of a pool the member that has the least to do; after logging
/// why there is none, what to answer instead.
pub fn interpreter<H: Deref<Target = Handler>>(
    request: Request<'_>,
    values: &Values<'_>,
    first: impl FnOnce() -> Option<H>,
) -> Result<Lease, Status> {
    let per_directive = values.is_on(Setting::InterpPerDirective, false);
    let first = if per_directive { first() } else { None };
    let name = name(request, values, per_directive, first.as_deref());
    let state = cleanup::state_of(request);
    if let Some(interpreter) = known(request, state, &name) {
        return Ok(interpreter);
    }
    let interpreter = named(Target::Request(request), &name)?;
    begin(request, state, &interpreter);
    Ok(interpreter)
}

fn name<'a>(
    request: Request<'a>,
    values: &Values<'a>,
    per_directive: bool,
    first: Option<&'a Handler>,
) -> Cow<'a, [u8]> {
    let facts = Facts {
        forced: values.get(Setting::Interpreter),
        per_directory: values.is_on(Setting::InterpPerDirectory, false),
        per_directive,
        filename: request.filename(),
        is_directory: request.is_directory(),
        handler_directory: first.and_then(|handler| place::directory(request, &handler.place)),
        server_name: request.server().name(),
    };
    choose(&facts)
}

/// The one that serves the request already, or what it came of: those stay together.
fn known(request: Request<'_>, state: &RequestState, name: &[u8]) -> Option<Lease> {
    state.interpreter(name).or_else(|| {
        let origin = request.origin().and_then(slots::request_state)?;
        let interpreter = origin.interpreter(name)?;
        state.stay_in(&interpreter);
        Some(interpreter)
    })
}

/// From now on the interpreter serves the request.
fn begin(request: Request<'_>, state: &RequestState, interpreter: &Lease) {
    if interpreter.count_request(request.time()) {
        recycling::replace(interpreter);
    }
    state.stay_in(interpreter);
}

/// The interpreter of that name; after logging why there is none, what to answer instead.
pub fn named(target: Target<'_>, name: &[u8]) -> Result<Lease, Status> {
    let (interpreter, created) = interpreter::named(name).map_err(|error| refused(target, name, error))?;
    if created {
        announce(target, &interpreter);
    }
    Ok(interpreter)
}

/// As `named`, but which member of a pool it is shows when one has room.
fn chosen(target: Target<'_>, name: &[u8]) -> Result<Chosen, Status> {
    let (chosen, created) = interpreter::chosen(name).map_err(|error| refused(target, name, error))?;
    if let (Chosen::One(interpreter), true) = (&chosen, created) {
        announce(target, interpreter);
    }
    Ok(chosen)
}

/// Logs why there is no interpreter; what to answer instead.
fn refused(target: Target<'_>, name: &[u8], error: CreateError) -> Status {
    let is_full = matches!(error, CreateError::TooMany(_));
    failure::log_not_created(target, name, error);
    if is_full { Status::SERVICE_UNAVAILABLE } else { Status::INTERNAL_SERVER_ERROR }
}

/// Runs `body` attached; None after logging why that cannot be.
pub fn attached<R>(
    target: Target<'_>,
    interpreter: &Lease,
    body: impl for<'py> FnOnce(Attached<'py>) -> R,
) -> Option<R> {
    attach(interpreter, body).map_err(|error| log_unreachable(target, error)).ok()
}

fn log_unreachable(target: Target<'_>, error: AttachError) {
    let reason = match error {
        AttachError::Exiting => "this child is exiting",
        AttachError::Interrupted => "a signal interrupted Python on this thread",
        AttachError::NoThreadState => "out of memory for a thread state",
    };
    log::entry(target, Code::InterpreterNotCreated, &format!("Python cannot be entered: {reason}"));
}

/// Logs a new interpreter.
fn announce(target: Target<'_>, interpreter: &Lease) {
    let name = String::from_utf8_lossy(interpreter.name());
    log::entry(target, Code::InterpreterCreated, &format!("interpreter '{name}' created"));
    announce_version(target, interpreter);
}

/// Logs the end of an interpreter that was replaced.
pub fn announce_end(interpreter: &Interpreter, result: Result<(), String>) {
    let name = String::from_utf8_lossy(interpreter.name());
    let (code, message) = match result {
        Ok(()) => (Code::InterpreterEnded, format!("interpreter '{name}' was replaced and has ended")),
        Err(reason) => (
            Code::InterpreterLeft,
            format!(
                "interpreter '{name}' was replaced, but is left in memory until the child exits: {reason}"
            ),
        ),
    };
    log::entry(Target::Process, code, &message);
}

/// Logs that an interpreter is being replaced, since files have changed.
pub fn announce_successor(interpreter: &Interpreter, file: &Path) {
    let name = String::from_utf8_lossy(interpreter.name());
    let message = format!("interpreter '{name}' is being replaced: {} has changed", file.display());
    log::entry(Target::Process, Code::InterpreterOutdated, &message);
}

/// Logs if the Python package is of another version.
pub fn announce_version(target: Target<'_>, interpreter: &Lease) {
    if let Ok(Some(package)) = attach(interpreter, bootstrap::foreign_package) {
        failure::log_version_mismatch(target, &package);
    }
}
