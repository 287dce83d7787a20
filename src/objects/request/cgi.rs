//! The variables of CGI.

use super::Self_;
use crate::httpd::request::Request;
use crate::objects::arguments::none;
use crate::python::error::Result;
use crate::python::object::Object;

pub fn add_common_vars<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    add(this, |request| request.add_common_vars())
}

pub fn add_cgi_vars<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    add(this, |request| request.add_cgi_vars())
}

/// The client's name may have to be looked up.
fn add<'py>(this: Self_<'_, 'py>, variables: fn(Request<'_>)) -> Result<'py, Object<'py>> {
    this.io(this.py, |request, _| {
        variables(request);
        Ok(())
    })?;
    Ok(Object::none(this.py))
}
