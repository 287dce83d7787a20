//! What describes the answer: validators, allowed methods, length.

use super::{HEADER, Self_, not_deleted};
use crate::objects::apache::state;
use crate::objects::arguments::{none, one, one_or_two};
use crate::objects::finfo::FinfoObject;
use crate::python::error::{Error, Kind as ErrorKind, Result};
use crate::python::object::Object;
use std::sync::Arc;

/// `allow_methods(methods[, reset=0])`.
pub fn allow_methods<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let (methods, reset) = one_or_two(arguments)?;
    let methods = methods.iter(this.py)?.collect::<Result<'py, Vec<_>>>()?;
    let texts = methods.iter().map(|method| HEADER.read(this.py, method)).collect::<Result<'py, Vec<_>>>()?;
    if texts.iter().any(|text| text.as_text().as_bytes().is_empty()) {
        return Err(Error::value_error("a method has a name"));
    }
    let reset = reset.map_or(Ok(false), |reset| reset.truth(this.py))?;
    this.with(|request| {
        if reset {
            request.allow_no_methods();
        }
        texts.iter().for_each(|text| request.allow_method(text.as_text()));
    })?;
    Ok(Object::none(this.py))
}

/// `set_content_length(length)`.
pub fn set_content_length<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let length = one(arguments)?.to_int(this.py)?;
    if length < 0 {
        return Err(Error::value_error("a length is not negative"));
    }
    this.with(|request| request.set_content_length(length))?;
    Ok(Object::none(this.py))
}

/// A FileETag may say that the file is to be read.
pub fn set_etag<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    this.io(this.py, |request, _| {
        request.set_etag();
        Ok(())
    })?;
    Ok(Object::none(this.py))
}

pub fn set_last_modified<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    this.with(|request| request.set_last_modified())?;
    Ok(Object::none(this.py))
}

/// `update_mtime(seconds)`; whole seconds, as HTTP dates have them.
pub fn update_mtime<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let seconds = one(arguments)?.to_float(this.py)?.trunc();
    if seconds.is_nan() {
        return Err(Error::value_error("NaN is no time"));
    }
    let microseconds = seconds * 1e6;
    if microseconds.abs() >= i64::MAX as f64 {
        return Err(Error::new(ErrorKind::Overflow, "the time is out of range"));
    }
    this.with(|request| request.update_mtime(microseconds as i64))?;
    Ok(Object::none(this.py))
}

/// An If-Range or If-Match may need the file's ETag.
pub fn meets_conditions<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    let status = this.io(this.py, |request, _| Ok(request.meets_conditions()))?;
    Object::int(this.py, i64::from(status))
}

/// `send_http_header()`: headers are sent with the first data; kept for old scripts.
pub fn send_http_header<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    this.with(|_| ())?;
    Ok(Object::none(this.py))
}

/// `finfo`: a view of `r->finfo`, anew at each access.
pub fn finfo<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    this.with(|_| ())?;
    state(this.py).finfo.instance(this.py, FinfoObject::Live(Arc::clone(&this.handle)))
}

pub fn set_finfo<'py>(this: Self_<'_, 'py>, value: Option<&Object<'py>>) -> Result<'py, ()> {
    let value = not_deleted(value)?;
    let Some(given) = state(this.py).finfo.payload(this.py, value) else {
        return Err(Error::type_error(format!("finfo must be an mp_finfo, not {}", value.type_name())));
    };
    let info = given.info()?;
    this.with(|request| request.set_file_info(&info))
}
