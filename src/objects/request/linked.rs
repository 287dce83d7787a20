//! Requests that come of one another, and the record's address.

use super::{RequestObject, Self_, URL};
use crate::httpd::request::Request;
use crate::objects::arguments::one;
use crate::objects::ended::ended;
use crate::objects::slots;
use crate::python::attach::Attached;
use crate::python::capsule;
use crate::python::error::{Error, Kind as ErrorKind, Result};
use crate::python::object::Object;

/// `main`, `prev` and `next`: the object that this interpreter has for the other request,
/// which can be used as long as this one.
pub fn relative<'py>(
    this: Self_<'_, 'py>,
    which: for<'r> fn(Request<'r>) -> Option<Request<'r>>,
) -> Result<'py, Object<'py>> {
    let object = this.with_state(|request, state| {
        let relative = which(request).and_then(|other| state.relative(other));
        relative.map(|relative| relative.object(this.py))
    })?;
    object.unwrap_or_else(|| Ok(Object::none(this.py)))
}

/// `internal_redirect(uri)`: handlers of the new request run before it returns.
pub fn internal_redirect<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let uri = URL.read(this.py, one(arguments)?)?;
    let handle = &this.handle;
    // A look first, so that a request that has ended says so here.
    this.with(|_| ())?;
    if !handle.is_handlers_thread() {
        // The phases would run on a thread that httpd knows nothing of.
        return Err(Error::new(
            ErrorKind::Runtime,
            "internal_redirect() works on the thread that the handler was called on only",
        ));
    }
    let redirect = |request: Request<'_>| {
        if let Some(state) = slots::request_state(request) {
            // What was written here comes before what the other request writes.
            let _ = state.output.hand_on(request, false);
        }
        request.internal_redirect(uri.as_text());
    };
    this.py.detach(|| handle.lend_io(redirect)).map_err(ended)?;
    Ok(Object::none(this.py))
}

/// `_request_rec`: one capsule for each request object, revoked when the request ends.
pub fn request_rec<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    let address = this.with_state(|request, state| {
        state.note_address();
        request.address()
    })?;
    if let Some(capsule) = this.capsule.get() {
        return Ok(capsule.get(this.py).clone());
    }
    let made = capsule::new(this.py, address)?;
    let _ = this.capsule.set(made.clone().store(this.py));
    Ok(made)
}

impl RequestObject {
    /// The record's memory goes.
    pub(super) fn revoke_address(&self, py: Attached<'_>) {
        if let Some(capsule) = self.capsule.get() {
            // Fails only for what is no capsule.
            let _ = capsule::revoke(py, capsule.get(py));
        }
    }
}
