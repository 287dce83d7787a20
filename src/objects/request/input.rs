//! The request's body, as a handler reads it.

use super::{Body, Self_};
use crate::httpd::request::{IoError, Request};
use crate::objects::apache::state;
use crate::python::error::{Error, Result};
use crate::python::object::Object;

/// What one call to httpd reads at the most; a client's word about its length decides
/// nothing.
const READ_AT_ONCE: usize = 64 * 1024;

pub fn read<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let wanted = match arguments {
        [] => -1,
        [length] => length.to_int(this.py)?,
        _ => {
            return Err(Error::type_error(format!(
                "read() takes at most 1 argument ({} given)",
                arguments.len()
            )));
        }
    };
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    if wanted == 0 || !begin_body(this)? {
        return Object::bytes(this.py, b"");
    }
    let (body, ended) = this.io(this.py, |request| read_up_to(request, wanted))?;
    if ended {
        this.body.set(Body::Ended);
    }
    Object::bytes(this.py, &body)
}

fn read_up_to(request: Request<'_>, wanted: usize) -> std::result::Result<(Vec<u8>, bool), IoError> {
    let mut body = Vec::new();
    while body.len() < wanted {
        let filled = body.len();
        body.resize(filled + READ_AT_ONCE.min(wanted - filled), 0);
        let read = request.read_body(&mut body[filled..])?;
        body.truncate(filled + read);
        if read == 0 {
            return Ok((body, true));
        }
    }
    Ok((body, false))
}

/// Prepares the body at the first read; false once it has ended. A body that httpd
/// refuses ends the handler with that status.
fn begin_body<'py>(this: Self_<'_, 'py>) -> Result<'py, bool> {
    match this.body.get() {
        Body::Ended => return Ok(false),
        Body::Reading => return Ok(true),
        Body::Untouched => {}
    }
    let begun = this.io(this.py, |request| Ok(request.begin_body()))?;
    if let Err(status) = begun {
        let status = Object::int(this.py, i64::from(status))?;
        return Err(Error::of_class(this.py, state(this.py).server_return.get(this.py), &status));
    }
    this.body.set(Body::Reading);
    Ok(true)
}
