//! What failed, in the log and, under PythonDebug, on the page.

use super::counting::{self, Called};
use super::outcome::Failure;
use super::refusals;
use crate::httpd::log::{self, Target};
use crate::httpd::request::Request;
use crate::httpd::status::Status;
use crate::httpd::text::Text;
use crate::objects::bootstrap::{ForeignPackage, VERSION};
use crate::objects::callables::{is_request_timeout, runtime};
use crate::objects::client_errors::{self, Class};
use crate::objects::ended::ended;
use crate::objects::slots;
use crate::python::attach::Attached;
use crate::python::convert::{Codec, to_str};
use crate::python::error::{Kind, Result};
use crate::python::interpreter::CreateError;
use crate::python::object::{Buffer, Object};
use crate::settings::messages::{Code, Level};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whose failure it is.
#[derive(Debug, Clone, Copy)]
pub struct Culprit<'a> {
    /// The directive of the phase; of a filter, its name.
    pub phase: &'a str,
    /// As configured.
    pub handler: &'a str,
}

impl<'a> Culprit<'a> {
    fn of(self, target: Target<'a>) -> Called<'a> {
        Called { target, phase: self.phase.as_bytes(), handler: self.handler.as_bytes() }
    }
}

impl std::fmt::Display for Culprit<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.phase, self.handler)
    }
}

/// Logs the failure and gives the phase's status: with `debug`, after a page that
/// shows it, DONE; else an error.
pub fn report<'py>(
    py: Attached<'py>,
    request: Request<'_>,
    culprit: Culprit<'_>,
    failure: Failure<'py>,
    debug: bool,
) -> Status {
    let clients = match &failure {
        Failure::Raised(error) => client_errors::class_of(py, error),
        _ => None,
    };
    // What the client does is no error of the site's; a developer wants to see it all the same.
    let gone =
        clients == Some(Class::Disconnected) || (clients.is_some() && request.connection().is_aborted());
    let is_late = failure.error().is_some_and(|error| is_request_timeout(py, error));
    // As httpd answers for a CGI script that is too slow. Rejected: 503, which invites proxies
    // to have another server try the same.
    let otherwise = if is_late { Status::GATEWAY_TIME_OUT } else { Status::INTERNAL_SERVER_ERROR };
    let status = clients.map_or(otherwise, status);
    if let Some(class) = clients.filter(|_| gone || !debug) {
        let (code, what) = blame(class);
        entry(py, Target::Request(request), code, &format!("{culprit}: {what}"));
        return if gone { forsake(py, request) } else { refuse(py, request, status) };
    }
    let traceback = log(py, Target::Request(request), culprit, failure);
    if request.is_answered() {
        // By a filter that failed, which the handler learned as a failure to write.
        return Status::DONE;
    }
    // Where writing has failed, it would fail again.
    if !debug || slots::request_state(request).is_some_and(|state| state.output.has_failed()) {
        return refuse(py, request, status);
    }
    match page(py, request, culprit, &traceback, status) {
        Ok(()) => Status::DONE,
        Err(error) if client_errors::class_of(py, &error).is_some() => forsake(py, request),
        Err(error) => {
            let reason = error.summary(py);
            let message = format!("{culprit}: the error page could not be sent: {reason}");
            entry(py, Target::Request(request), Code::ErrorPageNotSent, &message);
            refuse(py, request, status)
        }
    }
}

fn status(class: Class) -> Status {
    match class {
        Class::Disconnected | Class::Malformed => Status::BAD_REQUEST,
        Class::Timeout => Status::REQUEST_TIME_OUT,
        Class::TooLarge => Status::REQUEST_ENTITY_TOO_LARGE,
    }
}

fn blame(class: Class) -> (Code, &'static str) {
    match class {
        Class::Disconnected => (Code::ClientGone, "the client closed the connection"),
        Class::Timeout => (Code::ClientTimeout, "the client did not go on in time"),
        Class::TooLarge => (Code::BodyTooLarge, "the body is larger than LimitRequestBody"),
        Class::Malformed => (Code::BodyMalformed, "the body is malformed"),
    }
}

/// The status; or, where the answer was begun already, an end that the client cannot take
/// for that of a whole answer.
fn refuse(py: Attached<'_>, request: Request<'_>, status: Status) -> Status {
    if request.is_answered() {
        return Status::DONE;
    }
    if !request.is_begun() {
        return status;
    }
    finish(py, request, |request| request.break_off());
    Status::DONE
}

/// Nobody is left to answer.
fn forsake(py: Attached<'_>, request: Request<'_>) -> Status {
    finish(py, request, |request| request.forsake());
    if request.is_begun() { Status::DONE } else { Status::BAD_REQUEST }
}

/// Detached, and after a thread of the script's that may be writing still.
fn finish(py: Attached<'_>, request: Request<'_>, how: for<'r> fn(Request<'r>)) {
    let Some(state) = slots::request_state(request) else { return how(request) };
    let handle = &state.handle;
    // The request has not ended: its phase is running.
    let _ = py.detach(|| handle.lend_io_in_turn(how));
}

/// Logs the failure; None if it is the client's doing.
pub fn log_unless_clients<'py>(
    py: Attached<'py>,
    request: Request<'_>,
    culprit: Culprit<'_>,
    failure: Failure<'py>,
) -> Option<Vec<String>> {
    if let Failure::Raised(error) = &failure {
        if let Some((code, what)) = client_errors::class_of(py, error).map(blame) {
            entry(py, Target::Request(request), code, &format!("{culprit}: {what}"));
            return None;
        }
    }
    Some(log(py, Target::Request(request), culprit, failure))
}

/// Logs one coded entry and, for an exception, its traceback part by part; returns what
/// it logged.
pub fn log<'py>(
    py: Attached<'py>,
    target: Target<'_>,
    culprit: Culprit<'_>,
    failure: Failure<'py>,
) -> Vec<String> {
    let (code, error, what) = match failure {
        Failure::PathFailed(error) => (Code::PathFailed, error, "PythonPath could not be evaluated"),
        Failure::NotImportable(error) if error.is(py, Kind::Syntax) => {
            (Code::SyntaxError, error, "the module has a syntax error")
        }
        Failure::NotImportable(error) => {
            (Code::ModuleNotImportable, error, "the module could not be imported")
        }
        Failure::NotFound(error) => (Code::ObjectNotFound, error, "the module has no such object"),
        Failure::Raised(error) => (Code::HandlerRaised, error, "the handler raised an exception"),
        Failure::Malformed(error) => {
            (Code::ServerReturnMalformed, error, "SERVER_RETURN needs a status as its first argument")
        }
        Failure::NoAnswer(expected, returned) => {
            let message = format!("the provider must return {expected}, not {returned}");
            return log_wrong_type(py, target, culprit, Code::ProviderAnswer, &message);
        }
        Failure::NoStatus(returned) => {
            let message =
                format!("a handler must return an int such as apache.OK or an HTTP status, not {returned}");
            return log_wrong_type(py, target, culprit, Code::WrongReturnType, &message);
        }
    };
    let summary = error.summary(py);
    log_main_entry(py, target, culprit, code, &format!("{what}: {summary}"));
    counting::note_failure(py, culprit.of(target), &summary);
    let refusal = refusals::find(py, &error);
    let traceback = error.traceback(py);
    let parts: Vec<String> = traceback.iter().map(|part| format!("{culprit}: {part}")).collect();
    let interpreter = py.interpreter();
    py.detach(move || {
        parts.iter().for_each(|part| log::detail(target, Level::Error, part));
        refusals::log(target, interpreter, refusal);
    });
    traceback
}

fn log_wrong_type(
    py: Attached<'_>,
    target: Target<'_>,
    culprit: Culprit<'_>,
    code: Code,
    message: &str,
) -> Vec<String> {
    log_main_entry(py, target, culprit, code, message);
    let summary = format!("TypeError: {message}");
    counting::note_failure(py, culprit.of(target), &summary);
    vec![summary]
}

fn log_main_entry(py: Attached<'_>, target: Target<'_>, culprit: Culprit<'_>, code: Code, what: &str) {
    let interpreter = String::from_utf8_lossy(py.interpreter().name());
    entry(py, target, code, &format!("{culprit} (interpreter '{interpreter}'): {what}"));
}

/// Logs detached: a log may be a pipe, and other threads need not wait for it.
pub fn entry(py: Attached<'_>, target: Target<'_>, code: Code, message: &str) {
    py.detach(move || log::entry(target, code, message));
}

/// What PythonDebug shows of a failure, as HTML.
pub fn page_text<'py>(py: Attached<'py>, culprit: Culprit<'_>, traceback: &[String]) -> Result<'py, Vec<u8>> {
    let heading = to_str(py, Codec::Utf8, culprit.to_string().as_bytes())?;
    let parts = Object::list(py, traceback.iter().map(|part| to_str(py, Codec::Utf8, part.as_bytes())))?;
    let page = runtime(py)?.call_method(py, c"error_page", &[&heading, &parts])?;
    Ok(Buffer::of(py, &page)?.as_slice().to_vec())
}

/// Sends it as the answer.
fn page<'py>(
    py: Attached<'py>,
    request: Request<'_>,
    culprit: Culprit<'_>,
    traceback: &[String],
    status: Status,
) -> Result<'py, ()> {
    let page = page_text(py, culprit, traceback)?;
    let bytes = page.as_slice();
    request.set_status(status.as_raw());
    if let Ok(html) = Text::header(b"text/html; charset=utf-8") {
        request.set_content_type(html);
    }
    // Through the handle: a thread of the script's may be writing still.
    let Some(state) = slots::request_state(request) else { return Ok(()) };
    let (handle, output) = (&state.handle, &state.output);
    let sent = py.detach(|| handle.lend_io(|request| output.write(request, bytes, false))).map_err(ended)?;
    sent.map_err(|error| client_errors::raised(py, error))
}

/// Logs why an interpreter could not be made.
pub fn log_not_created(target: Target<'_>, name: &[u8], error: CreateError) {
    let name = String::from_utf8_lossy(name);
    match error {
        CreateError::Python(reason) => {
            log::entry(
                target,
                Code::InterpreterNotCreated,
                &format!("interpreter '{name}' could not be created: {reason}"),
            );
        }
        CreateError::Unprepared { path, traceback } => log_unprepared(target, &name, &path, &traceback),
        CreateError::TooMany(most) => log_too_many(target, &name, most),
    }
}

/// Once for each child: whoever can make up names could fill the log as well.
fn log_too_many(target: Target<'_>, name: &str, most: usize) {
    static IS_LOGGED: AtomicBool = AtomicBool::new(false);
    if !IS_LOGGED.swap(true, Ordering::Relaxed) {
        let message = format!(
            "interpreter '{name}' is not created: this child has {most} interpreters, as many as PythonMaxInterpreters allows; requests that need another get 503 (logged once for each child)"
        );
        log::entry(target, Code::TooManyInterpreters, &message);
    }
}

/// Logs that the Python package could not be imported.
pub fn log_unprepared(target: Target<'_>, name: &str, path: &str, traceback: &[String]) {
    let last = traceback.last().map_or("", String::as_str);
    let message = format!(
        "the Python package mod_python could not be imported in interpreter '{name}': {last}; sys.path is {path}"
    );
    log::entry(target, Code::PackageNotImportable, &message);
    for part in traceback {
        log::detail(target, Level::Error, &format!("mod_python: {part}"));
    }
}

/// The words are those that operators of mod_python know.
pub fn log_version_mismatch(target: Target<'_>, package: &ForeignPackage) {
    let ForeignPackage { version, file } = package;
    let message = format!(
        "mod_python version mismatch: mod_python.so is {VERSION}, the Python package in {file} is {version}"
    );
    log::entry(target, Code::VersionMismatch, &message);
}
