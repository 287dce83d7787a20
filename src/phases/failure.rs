//! What failed, in the log and, under PythonDebug, on the page.

use super::outcome::Failure;
use crate::httpd::log::{self, Target};
use crate::httpd::request::Request;
use crate::httpd::status::Status;
use crate::httpd::text::Text;
use crate::objects::bootstrap::{ForeignPackage, VERSION};
use crate::objects::callables::runtime;
use crate::objects::ended::ended;
use crate::objects::slots;
use crate::python::attach::Attached;
use crate::python::convert::{Codec, to_str};
use crate::python::error::{Error, Kind, Result};
use crate::python::interpreter::CreateError;
use crate::python::object::{Buffer, Object};
use crate::settings::messages::{Code, Level};

/// Whose failure it is.
#[derive(Debug, Clone, Copy)]
pub struct Culprit<'a> {
    /// The directive of the phase.
    pub phase: &'a str,
    /// As configured.
    pub handler: &'a str,
}

impl std::fmt::Display for Culprit<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.phase, self.handler)
    }
}

/// Logs the failure and gives the phase's status: with `debug`, after a page that
/// shows it, DONE; else 500.
pub fn report<'py>(
    py: Attached<'py>,
    request: Request<'_>,
    culprit: Culprit<'_>,
    failure: Failure<'py>,
    debug: bool,
) -> Status {
    let Some(traceback) = log_unless_gone(py, request, culprit, failure) else {
        return Status::INTERNAL_SERVER_ERROR;
    };
    if request.is_answered() {
        // By a filter that failed, which the handler learned as a failure to write.
        return Status::DONE;
    }
    if !debug {
        return refuse(py, request);
    }
    match send_page(py, request, culprit, &traceback) {
        Ok(()) => Status::DONE,
        Err(error) => {
            let reason = error.summary(py);
            let message = format!("{culprit}: the error page could not be sent: {reason}");
            entry(py, Target::Request(request), Code::ErrorPageNotSent, &message);
            Status::INTERNAL_SERVER_ERROR
        }
    }
}

/// 500; or, where the answer was begun already, an end that the client cannot take for
/// that of a whole answer.
fn refuse(py: Attached<'_>, request: Request<'_>) -> Status {
    if !request.headers_sent() {
        return Status::INTERNAL_SERVER_ERROR;
    }
    // Through the filters, which may be Python's.
    py.detach(move || request.break_off());
    Status::DONE
}

/// Logs the failure; None if it is only that the client has left.
pub fn log_unless_gone<'py>(
    py: Attached<'py>,
    request: Request<'_>,
    culprit: Culprit<'_>,
    failure: Failure<'py>,
) -> Option<Vec<String>> {
    if request.connection().is_aborted()
        && matches!(&failure, Failure::Raised(error) if error.is(py, Kind::Os))
    {
        // Nobody is left to answer, and a client that leaves is no error of the site's.
        let message = format!("{culprit}: the client closed the connection");
        entry(py, Target::Request(request), Code::ClientGone, &message);
        return None;
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
    let interpreter = String::from_utf8_lossy(py.interpreter().name()).into_owned();
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
        Failure::NoStatus(returned) => {
            let message =
                format!("a handler must return an int such as apache.OK or an HTTP status, not {returned}");
            let entry_text = format!("{culprit} (interpreter '{interpreter}'): {message}");
            entry(py, target, Code::WrongReturnType, &entry_text);
            return vec![format!("TypeError: {message}")];
        }
    };
    let summary = error.summary(py);
    entry(py, target, code, &format!("{culprit} (interpreter '{interpreter}'): {what}: {summary}"));
    let traceback = error.traceback(py);
    let parts: Vec<String> = traceback.iter().map(|part| format!("{culprit}: {part}")).collect();
    py.detach(move || parts.iter().for_each(|part| log::detail(target, Level::Error, part)));
    traceback
}

/// Logs detached: a log may be a pipe, and other threads need not wait for it.
pub fn entry(py: Attached<'_>, target: Target<'_>, code: Code, message: &str) {
    py.detach(move || log::entry(target, code, message));
}

/// The page that PythonDebug shows, escaped.
pub fn page<'py>(py: Attached<'py>, culprit: Culprit<'_>, traceback: &[String]) -> Result<'py, Vec<u8>> {
    let heading = to_str(py, Codec::Utf8, culprit.to_string().as_bytes())?;
    let parts = Object::list(py, traceback.iter().map(|part| to_str(py, Codec::Utf8, part.as_bytes())))?;
    let page = runtime(py)?.call_method(py, c"error_page", &[&heading, &parts])?;
    Ok(Buffer::of(py, &page)?.as_slice().to_vec())
}

fn send_page<'py>(
    py: Attached<'py>,
    request: Request<'_>,
    culprit: Culprit<'_>,
    traceback: &[String],
) -> Result<'py, ()> {
    let page = page(py, culprit, traceback)?;
    let bytes = page.as_slice();
    request.set_status(500);
    if let Ok(html) = Text::header(b"text/html; charset=utf-8") {
        request.set_content_type(html);
    }
    // Through the handle: a thread of the script's may be writing still.
    let Some(state) = slots::request_state(request) else { return Ok(()) };
    let handle = &state.handle;
    let sent = py.detach(|| handle.lend_io(|request| request.write(bytes))).map_err(ended)?;
    sent.map_err(|_| Error::new(Kind::Os, "the connection to the client failed"))
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
