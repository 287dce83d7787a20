//! `start_response`: what an application says of its answer, checked as a whole before any
//! of it is set.

use super::keys::Key;
use super::response::Response;
use crate::httpd::request::Request;
use crate::httpd::text::{OwnedText, Text};
use crate::objects::apache::state;
use crate::objects::request::HEADER;
use crate::objects::request::state::RequestState;
use crate::parse::response::{self, Header};
use crate::python::attach::Attached;
use crate::python::class::This;
use crate::python::error::{Error, Kind, Result};
use crate::python::object::Object;
use std::ffi::c_int;

/// `start_response(status, headers[, exc_info])` of an application.
pub fn start_response<'py>(
    this: This<'_, 'py, Response>,
    arguments: &[Object<'py>],
) -> Result<'py, Object<'py>> {
    start(this, arguments)?;
    let kept = state(this.py).wsgi.kept(this.py)?;
    this.object.getattr_by(this.py, kept.key(this.py, Key::Write))
}

/// Begins the answer.
pub fn start<'py>(this: This<'_, 'py, Response>, arguments: &[Object<'py>]) -> Result<'py, ()> {
    let (status, headers, exc_info) = match arguments {
        [status, headers] => (status, headers, None),
        [status, headers, exc_info] => (status, headers, Some(exc_info).filter(|info| !info.is_none())),
        _ => return Err(Error::type_error(format!("takes 2 or 3 arguments ({} given)", arguments.len()))),
    };
    match exc_info {
        Some(exc_info) => {
            let exception = exception(this.py, exc_info)?;
            if this.is_begun()? {
                return Err(exception);
            }
        }
        None if this.is_started() => {
            let message = "start_response() was called before; to replace what it set it needs exc_info";
            return Err(Error::new(Kind::Runtime, message));
        }
        None => {}
    }
    let head = Head { status, items: items(this.py, headers)? };
    head.set(this)
}

/// The exception of `sys.exc_info()`.
fn exception<'py>(py: Attached<'py>, exc_info: &Object<'py>) -> Result<'py, Error<'py>> {
    match exc_info.tuple_items(py).unwrap_or_default().into_iter().nth(1) {
        Some(exception) => Error::of_exception(py, exception),
        None => Err(Error::type_error("exc_info must be the tuple that sys.exc_info() returns")),
    }
}

/// The names and values of the headers.
fn items<'py>(py: Attached<'py>, headers: &Object<'py>) -> Result<'py, Vec<[Object<'py>; 2]>> {
    if !headers.is_list() {
        return Err(Error::type_error(format!("headers must be a list, not {}", headers.type_name())));
    }
    let pair = |item: &Object<'py>| {
        item.tuple_pair(py).ok_or_else(|| {
            Error::type_error(format!("a header must be a tuple of name and value, not {}", item.type_name()))
        })
    };
    match headers.plain_items(py) {
        Some(items) => items.iter().map(pair).collect(),
        None => headers.iter(py)?.map(|item| pair(&item?)).collect(),
    }
}

struct Head<'a, 'py> {
    status: &'a Object<'py>,
    items: Vec<[Object<'py>; 2]>,
}

/// A header that was checked.
struct Checked<'a> {
    name: OwnedText<'a>,
    value: OwnedText<'a>,
    kind: Header,
}

impl<'py> Head<'_, 'py> {
    fn set(&self, this: This<'_, 'py, Response>) -> Result<'py, ()> {
        let line = HEADER.read(this.py, self.status)?;
        let status = response::status(line.as_text().as_bytes()).map_err(refused)?;
        let headers = self.items.iter().map(|item| check(this.py, item)).collect::<Result<'py, Vec<_>>>()?;
        let (mut names, mut length) = (Vec::with_capacity(32 * headers.len()), None);
        for header in &headers {
            names.extend_from_slice(header.name.as_text().as_bytes());
            names.push(0);
            match header.kind {
                Header::ContentLength(bytes) if length.is_some_and(|before| before != bytes) => {
                    return Err(Error::value_error("two Content-Lengths"));
                }
                Header::ContentLength(bytes) => length = Some(bytes),
                Header::ContentType | Header::Other => {}
            }
        }
        this.with(|request, state| {
            let before = this.start(names, length, response::has_no_content(status));
            forget(request, &before);
            request.set_status(c_int::from(status));
            request.set_status_line(Some(line.as_text()));
            // 204 has no length, not even 0 (RFC 9110, 8.6).
            let is_sent =
                |header: &&Checked<'_>| status != 204 || !matches!(header.kind, Header::ContentLength(_));
            headers.iter().filter(is_sent).for_each(|header| header.set(request, state));
        })
    }
}

fn check<'a, 'py>(py: Attached<'py>, [name, value]: &'a [Object<'py>; 2]) -> Result<'py, Checked<'a>> {
    let (name, value) = (HEADER.read(py, name)?, HEADER.read(py, value)?);
    let kind = response::header(name.as_text().as_bytes(), value.as_text().as_bytes()).map_err(|error| {
        let name = String::from_utf8_lossy(name.as_text().as_bytes());
        Error::value_error(format!("header '{}': {error}", name.escape_debug()))
    })?;
    Ok(Checked { name, value, kind })
}

impl Checked<'_> {
    fn set(&self, request: Request<'_>, state: &RequestState) {
        match self.kind {
            // It has a field of its own, which outranks the header.
            Header::ContentType => {
                request.set_content_type(self.value.as_text());
                state.note_content_type();
            }
            Header::ContentLength(bytes) => {
                request.set_content_length(i64::try_from(bytes).unwrap_or(i64::MAX));
            }
            Header::Other => request.headers_out().add(self.name.as_text(), self.value.as_text()),
        }
    }
}

/// Takes the headers back that were set before.
fn forget(request: Request<'_>, names: &[u8]) {
    let names = names.split(|&byte| byte == 0).filter(|name| !name.is_empty());
    names.filter_map(|name| Text::new(name).ok()).for_each(|name| request.headers_out().unset(name));
}

fn refused<'py>(error: response::Error) -> Error<'py> {
    Error::value_error(error.to_string())
}
