//! The handler `mod_python.wsgi`.

use super::application;
use super::body::{self, End};
use super::environ;
use super::keys::Key;
use super::response::Response;
use crate::httpd::log::{self, Target};
use crate::httpd::request::Request;
use crate::httpd::status::Status;
use crate::objects::apache::state;
use crate::objects::arguments::one;
use crate::objects::callables::is_server_return;
use crate::objects::ended::ended;
use crate::objects::request::Self_;
use crate::python::attach::Attached;
use crate::python::class::This;
use crate::python::error::{Error, Kind, Result};
use crate::python::object::Object;
use crate::settings::messages::{Code, Level};

/// Serves a request by its application.
pub fn handler<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let object = one(arguments)?;
    let request = state(py).request.payload(py, object);
    let request = request
        .ok_or_else(|| Error::type_error(format!("expected the request, not {}", object.type_name())))?;
    let Some(application) = application::of(request)? else {
        return status(py, Status::DECLINED);
    };
    let Some(environ) = environ::build(request)? else {
        let message = "the URL is not below PythonOption mod_python.wsgi.base_uri";
        super::log(request, Code::WsgiElsewhere, message)?;
        return status(py, Status::DECLINED);
    };
    let class = &state(py).wsgi.response;
    let response = class.instance(py, Response::new(request))?;
    let Some(answer) = class.payload(py, &response) else {
        return Err(Error::new(Kind::Runtime, "the request has no answer"));
    };
    match answered(request, answer, &application, &environ) {
        Ok(End::Whole) => status(py, Status::OK),
        Ok(End::BrokenOff) => status(py, Status::DONE),
        Err(error) => Err(late(answer, error)),
    }
}

fn status(py: Attached<'_>, status: Status) -> Result<'_, Object<'_>> {
    Object::int(py, i64::from(status.as_raw()))
}

/// Calls the application and sends what it returns, which is closed whatever happens.
fn answered<'py>(
    request: Self_<'_, 'py>,
    answer: This<'_, 'py, Response>,
    application: &Object<'py>,
    environ: &Object<'py>,
) -> Result<'py, End> {
    let py = request.py;
    let start_response =
        answer.object.getattr_by(py, state(py).wsgi.kept(py)?.key(py, Key::StartResponse))?;
    let result = application.call(py, &[environ, &start_response])?;
    let sent = body::send(answer, &result);
    if let Err(error) = close(py, &result) {
        log_close_failed(request, error)?;
    }
    sent
}

fn close<'py>(py: Attached<'py>, result: &Object<'py>) -> Result<'py, ()> {
    if result.plain_items(py).is_some() {
        return Ok(());
    }
    match result.find_attr(py, c"close")? {
        Some(close) => close.call(py, &[]).map(|_| ()),
        None => Ok(()),
    }
}

/// The answer is out, or has failed for a reason of its own.
fn log_close_failed<'py>(request: Self_<'_, 'py>, error: Error<'py>) -> Result<'py, ()> {
    let message = format!("close() of what the application returned failed: {}", error.summary(request.py));
    let parts = error.traceback(request.py);
    let handle = request.handle();
    let write = |request: Request<'_>| {
        let target = Target::Request(request);
        log::entry(target, Code::WsgiCloseFailed, &message);
        parts.iter().for_each(|part| log::detail(target, Level::Error, part));
    };
    request.py.detach(|| handle.lend(write)).map_err(ended)
}

/// A status can be answered as long as nothing else is: after that SERVER_RETURN is a
/// failure like others, and breaks the answer off.
fn late<'py>(answer: This<'_, 'py, Response>, error: Error<'py>) -> Error<'py> {
    let is_late = answer.is_begun().unwrap_or(false);
    match is_server_return(answer.py, &error).filter(|_| is_late) {
        Some(_) => {
            let message = format!("{} after the answer was begun", error.summary(answer.py));
            Error::new(Kind::Runtime, message)
        }
        None => error,
    }
}
