//! What a handler sends to the client.

use super::Self_;
use crate::objects::arguments::none;
use crate::python::error::{Error, Result};
use crate::python::object::{Buffer, Object};

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
    let buffer = Buffer::of(this.py, data)?;
    let bytes = buffer.as_slice();
    if bytes.is_empty() {
        this.with(|_| ())?;
    } else {
        this.io(this.py, |request| {
            request.write(bytes)?;
            if flush { request.flush() } else { Ok(()) }
        })?;
    }
    Ok(Object::none(this.py))
}

pub fn flush<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    this.io(this.py, |request| request.flush())?;
    Ok(Object::none(this.py))
}
