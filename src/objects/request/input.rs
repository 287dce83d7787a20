//! The request's body, as a handler reads it.

use super::Self_;
use super::body::Reader;
use crate::httpd::client_error::ClientError;
use crate::httpd::handle::Error as HandleError;
use crate::httpd::request::Request;
use crate::objects::arguments::none;
use crate::objects::ended::ended;
use crate::python::error::{Error, Result};
use crate::python::object::Object;

/// `read([len])`.
pub fn read<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let wanted = length(this, "read", arguments)?;
    if wanted == 0 {
        this.with(|_| ())?;
        return Object::bytes(this.py, b"");
    }
    let block = body(this, |reader, request| reader.block(request, wanted))?;
    Object::bytes(this.py, &block)
}

/// `readline([len])`.
pub fn readline<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let limit = length(this, "readline", arguments)?;
    Object::bytes(this.py, &line(this, limit)?)
}

/// `readlines([sizehint])`.
pub fn readlines<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let enough = match length(this, "readlines", arguments)? {
        0 => usize::MAX,
        hint => hint,
    };
    let mut total = 0;
    let lines = std::iter::from_fn(|| {
        if total >= enough {
            return None;
        }
        match line(this, usize::MAX) {
            Ok(line) if line.is_empty() => None,
            Ok(line) => {
                total += line.len();
                Some(Object::bytes(this.py, &line))
            }
            Err(error) => Some(Err(error)),
        }
    });
    Object::list(this.py, lines)
}

/// One step of an iteration: the next line.
pub fn next<'py>(this: Self_<'_, 'py>) -> Result<'py, Option<Object<'py>>> {
    let line = line(this, usize::MAX)?;
    if line.is_empty() { Ok(None) } else { Object::bytes(this.py, &line).map(Some) }
}

/// `discard_request_body()`.
pub fn discard<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    let status =
        body(this, |reader, request| Ok(reader.discard(request).map_or_else(ClientError::status, |()| 0)))?;
    Object::int(this.py, i64::from(status))
}

fn line<'py>(this: Self_<'_, 'py>, limit: usize) -> Result<'py, Vec<u8>> {
    if limit == 0 {
        this.with(|_| ())?;
        return Ok(Vec::new());
    }
    body(this, |reader, request| reader.line(request, limit))
}

/// Reads detached. A read below a read, by a script's input filter, is refused.
fn body<'py, T: Send>(
    this: Self_<'_, 'py>,
    read: impl FnOnce(&mut Reader, Request<'_>) -> std::result::Result<T, ClientError> + Send,
) -> Result<'py, T> {
    let done =
        this.io(this.py, |request, state| state.body.read(|reader| read(reader, request)).transpose())?;
    done.ok_or_else(|| ended(HandleError::Busy))
}

/// The only argument, a number of bytes; negative or missing for no limit.
fn length<'py>(this: Self_<'_, 'py>, method: &str, arguments: &[Object<'py>]) -> Result<'py, usize> {
    match arguments {
        [] => Ok(usize::MAX),
        [length] => Ok(usize::try_from(length.to_int(this.py)?).unwrap_or(usize::MAX)),
        _ => {
            let given = arguments.len();
            Err(Error::type_error(format!("{method}() takes at most 1 argument ({given} given)")))
        }
    }
}
