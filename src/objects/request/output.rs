//! What a handler sends to the client.

use super::{PATH, Self_};
use crate::httpd::client_error::ClientError;
use crate::httpd::request::Request;
use crate::httpd::send::Output;
use crate::httpd::send_file::Range;
use crate::objects::arguments::none;
use crate::python::content::{Content, Memory};
use crate::python::error::{Error, Result};
use crate::python::object::Object;

/// How much of a buffer that may change is copied and sent at a time.
const PART: usize = 64 * 1024;

/// `write(data[, flush])`.
pub fn write<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let (data, flush) = match arguments {
        [data] => (data, true),
        [data, flush] => (data, flush.truth(this.py)?),
        _ => {
            return Err(Error::type_error(format!(
                "write() takes 1 or 2 arguments ({} given)",
                arguments.len()
            )));
        }
    };
    match &Content::of(this.py, data)? {
        Content::Constant([]) => this.with(|_| ())?,
        Content::Constant(bytes) => {
            let bytes: &[u8] = bytes;
            this.io(this.py, |request, state| state.output.write(request, bytes, flush))?;
        }
        Content::Shared(view) => {
            let memory = view.memory();
            this.io(this.py, |request, state| write_parts(&state.output, request, memory, flush))?;
        }
    }
    Ok(Object::none(this.py))
}

/// Part by part: a copy of all would double the memory of a large buffer.
fn write_parts(
    output: &Output,
    request: Request<'_>,
    memory: Memory<'_>,
    flush: bool,
) -> std::result::Result<(), ClientError> {
    let mut buffer = vec![0; PART.min(memory.len())];
    for at in (0..memory.len()).step_by(PART) {
        let part = &mut buffer[..PART.min(memory.len() - at)];
        memory.copy_to(at, part);
        output.write(request, part, flush && at + part.len() == memory.len())?;
    }
    Ok(())
}

/// `flush()`.
pub fn flush<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    this.io(this.py, |request, state| state.output.flush(request))?;
    Ok(Object::none(this.py))
}

/// `sendfile(path[, offset[, len]])`.
pub fn sendfile<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let (path, offset, length) = match arguments {
        [path] => (path, 0, -1),
        [path, offset] => (path, offset.to_int(this.py)?, -1),
        [path, offset, length] => (path, offset.to_int(this.py)?, length.to_int(this.py)?),
        _ => {
            let given = arguments.len();
            return Err(Error::type_error(format!("sendfile() takes 1 to 3 arguments ({given} given)")));
        }
    };
    let range = range(offset, length)?;
    let path = path.fspath(this.py)?;
    let text = PATH.read(this.py, &path)?;
    let sent = this.io(this.py, |request, state| state.output.send_file(request, text.as_text(), range))?;
    match sent {
        Ok(bytes) => Object::int(this.py, i64::try_from(bytes).unwrap_or(i64::MAX)),
        Err(errno) => Err(Error::os_about(this.py, errno, &path)),
    }
}

fn range<'py>(offset: i64, length: i64) -> Result<'py, Range> {
    let offset = u64::try_from(offset).map_err(|_| Error::value_error("offset must not be negative"))?;
    let length = match length {
        -1 => None,
        length => {
            let length = u64::try_from(length);
            Some(length.map_err(|_| Error::value_error("len must be -1 or not negative"))?)
        }
    };
    Ok(Range { offset, length })
}
