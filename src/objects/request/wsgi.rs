//! What a WSGI gateway needs of the request (PEP 3333).

use super::configuration::options_table;
use super::{HEADER, Self_};
use crate::httpd::request::{Processes, Request};
use crate::httpd::text::{OwnedText, Text};
use crate::objects::arguments::none;
use crate::objects::request::state::RequestState;
use crate::python::convert::{Codec, to_str};
use crate::python::error::{Error, Result};
use crate::python::object::Object;
use crate::settings::handlers::Place;
use std::ffi::c_int;

const BASE_URI: &[u8] = b"mod_python.wsgi.base_uri";

// --- the environment ---

/// `build_wsgi_env()`; None if the URL is not below the base URI.
pub fn build_wsgi_env<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    let below = this.with_state(set_path_info)?;
    match below {
        Err(BaseUri::EndsWithSlash) => {
            return Err(Error::value_error("PythonOption mod_python.wsgi.base_uri must not end with '/'"));
        }
        Err(BaseUri::Elsewhere) => return Ok(Object::none(this.py)),
        Ok(()) => {}
    }
    this.io(this.py, |request, _| {
        request.add_cgi_vars();
        Ok(())
    })?;
    environment(this)
}

/// Why the application has no path.
enum BaseUri {
    EndsWithSlash,
    Elsewhere,
}

/// Makes what follows the base URI `path_info`.
fn set_path_info(request: Request<'_>, state: &RequestState) -> std::result::Result<(), BaseUri> {
    let uri = request.uri().unwrap_or_default();
    let option = options_table(request).first(BASE_URI);
    let rest = match option {
        Some(base) if base.ends_with(b"/") => return Err(BaseUri::EndsWithSlash),
        Some(base) => below(uri, base).ok_or(BaseUri::Elsewhere)?,
        // A pattern is no prefix, and stands for no base URI.
        None => location(state).and_then(|location| below(uri, &location)).unwrap_or(uri),
    };
    if let Ok(rest) = Text::new(rest) {
        request.set_path_info(Some(rest));
    }
    Ok(())
}

/// What follows `base` in `uri`, from a slash on.
fn below<'u>(uri: &'u [u8], base: &[u8]) -> Option<&'u [u8]> {
    uri.strip_prefix(base).filter(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// The path of the `<Location>` that the running handler stands in.
fn location(state: &RequestState) -> Option<Vec<u8>> {
    state.current_of(state.running_serial()?, |handler| match &handler.place {
        Place::Location(path) => Some(path.strip_suffix(b"/").unwrap_or(path).to_vec()),
        _ => None,
    })?
}

fn environment<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    let py = this.py;
    let env = Object::dict(py)?;
    let set = |key: &[u8], value: Object<'py>| env.set_item(py, &to_str(py, Codec::Latin1, key)?, &value);
    let (variables, authorization) = this.with(variables)?;
    // The last entry goes in first: of several under one name the first one counts.
    for (key, value) in variables.iter().rev() {
        set(key, to_str(py, Codec::Latin1, value)?)?;
    }
    if let Some(authorization) = authorization {
        set(b"HTTP_AUTHORIZATION", to_str(py, Codec::Latin1, &authorization)?)?;
    }
    let is_https = variables.iter().any(|(key, value)| {
        key.eq_ignore_ascii_case(b"HTTPS") && !value.is_empty() && !value.eq_ignore_ascii_case(b"off")
    });
    let processes = Processes::of_this_server();
    let version = Object::pair(py, &Object::int(py, 1)?, &Object::int(py, 0)?)?;
    set(b"wsgi.version", version)?;
    set(b"wsgi.url_scheme", to_str(py, Codec::Latin1, if is_https { b"https" } else { b"http" })?)?;
    set(b"wsgi.input", this.object.clone())?;
    set(b"wsgi.errors", Object::import(py, c"sys")?.getattr(py, c"stderr")?)?;
    set(b"wsgi.multithread", Object::bool(py, processes.have_threads))?;
    set(b"wsgi.multiprocess", Object::bool(py, processes.are_several))?;
    set(b"wsgi.run_once", Object::bool(py, false))?;
    Ok(env)
}

type Variables = Vec<(Vec<u8>, Vec<u8>)>;

/// The variables that have values, PATH_INFO among them, and the Authorization header.
fn variables(request: Request<'_>) -> (Variables, Option<Vec<u8>>) {
    let table = request.subprocess_env();
    let with_values = table.iter().filter_map(|(key, value)| Some((key.to_vec(), value?.to_vec())));
    let mut variables: Variables = with_values.collect();
    if table.first(b"PATH_INFO").is_none() {
        variables.push((b"PATH_INFO".to_vec(), Vec::new()));
    }
    (variables, request.headers_in().first(b"Authorization").map(<[u8]>::to_vec))
}

// --- the answer ---

/// `wsgi_start_response(status, headers[, exc_info=None])`.
pub fn wsgi_start_response<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let (status, headers, exc_info) = match arguments {
        [status, headers] => (status, headers, None),
        [status, headers, exc_info] => (status, headers, Some(exc_info).filter(|info| !info.is_none())),
        _ => return Err(Error::type_error(format!("takes 2 or 3 arguments ({} given)", arguments.len()))),
    };
    if let Some(exc_info) = exc_info {
        if this.with(|request| request.is_begun())? {
            return Err(raised(this, exc_info)?);
        }
    }
    let status_line = HEADER.read(this.py, status)?;
    let number = number(status_line.as_text().as_bytes())
        .ok_or_else(|| Error::value_error("a status starts with a number from 100 to 599"))?;
    if !headers.is_list() {
        return Err(Error::type_error(format!("headers must be a list, not {}", headers.type_name())));
    }
    let items = headers.iter(this.py)?.collect::<Result<'py, Vec<_>>>()?;
    let pairs = items.iter().map(|item| pair(this, item)).collect::<Result<'py, Vec<_>>>()?;
    let texts = pairs
        .iter()
        .map(|[name, value]| Ok((HEADER.read(this.py, name)?, HEADER.read(this.py, value)?)))
        .collect::<Result<'py, Vec<_>>>()?;
    this.with_state(|request, state| {
        let names = texts.iter().map(|(name, _)| name.as_text().as_bytes().to_vec()).collect();
        let before = state.replace_wsgi_headers(names);
        if exc_info.is_some() {
            before
                .iter()
                .filter_map(|name| Text::new(name).ok())
                .for_each(|name| request.headers_out().unset(name));
        }
        request.set_status(number);
        request.set_status_line(Some(status_line.as_text()));
        texts.iter().for_each(|(name, value)| set_header(request, state, name, value));
    })?;
    this.object.getattr(this.py, c"write")
}

/// The content type has a field of its own, which outranks the header.
fn set_header(request: Request<'_>, state: &RequestState, name: &OwnedText<'_>, value: &OwnedText<'_>) {
    if name.as_text().as_bytes().eq_ignore_ascii_case(b"Content-Type") {
        request.set_content_type(value.as_text());
        state.note_content_type();
    } else {
        request.headers_out().add(name.as_text(), value.as_text());
    }
}

fn number(status: &[u8]) -> Option<c_int> {
    let digits = status.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = std::str::from_utf8(&status[..digits]).ok()?.parse().ok()?;
    let ends = matches!(status.get(digits), None | Some(b' '));
    (ends && (100..=599).contains(&number)).then_some(number)
}

fn pair<'py>(this: Self_<'_, 'py>, item: &Object<'py>) -> Result<'py, [Object<'py>; 2]> {
    let items = item.tuple_items(this.py).and_then(|items| <[_; 2]>::try_from(items).ok());
    items.ok_or_else(|| {
        Error::type_error(format!("a header must be a tuple of name and value, not {}", item.type_name()))
    })
}

/// The exception of `sys.exc_info()`.
fn raised<'py>(this: Self_<'_, 'py>, exc_info: &Object<'py>) -> Result<'py, Error<'py>> {
    let items = exc_info.tuple_items(this.py).unwrap_or_default();
    match items.into_iter().nth(1) {
        Some(exception) => Error::of_exception(this.py, exception),
        None => Err(Error::type_error("exc_info must be the tuple that sys.exc_info() returns")),
    }
}
