//! What a WSGI gateway of a script's own needs of the request (PEP 3333).

use super::Self_;
use crate::objects::apache::state;
use crate::objects::arguments::none;
use crate::objects::wsgi;
use crate::objects::wsgi::response::Response;
use crate::python::class::This;
use crate::python::error::{Error, Kind, Result};
use crate::python::object::Object;

/// `build_wsgi_env()`; None if the URL is not below the base URI.
pub fn build_wsgi_env<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    let Some(environment) = wsgi::build(this)? else {
        return Ok(Object::none(this.py));
    };
    // In mod_python 3.5 the environment was a copy of these.
    this.io(this.py, |request, _| {
        request.add_cgi_vars();
        Ok(())
    })?;
    Ok(environment)
}

/// `wsgi_start_response(status, headers[, exc_info=None])`.
pub fn wsgi_start_response<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let class = &state(this.py).wsgi.response;
    if this.value().wsgi.get().is_none() {
        let begun = class.instance(this.py, Response::new(this))?;
        let _ = this.value().wsgi.set(begun.store(this.py));
    }
    let begun = this.value().wsgi.get().and_then(|begun| class.payload(this.py, begun.get(this.py)));
    let begun: This<'_, 'py, Response> =
        begun.ok_or_else(|| Error::new(Kind::Runtime, "the request has no answer"))?;
    wsgi::start(begun, arguments)?;
    this.object.getattr(this.py, c"write")
}
