//! Who the client says it is. Expressions in AuthName and AuthType may wait, and what
//! goes wrong is logged.

use super::url::asked;
use super::{CONFIGURATION, Self_, URL};
use crate::objects::arguments::none;
use crate::python::error::Result;
use crate::python::object::Object;

pub fn auth_name<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    asked(this, CONFIGURATION.codec(), |request| request.auth_name().map(<[u8]>::to_vec))
}

pub fn auth_type<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    asked(this, CONFIGURATION.codec(), |request| request.auth_type().map(<[u8]>::to_vec))
}

pub fn get_basic_auth_pw<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    asked(this, URL.codec(), |request| request.basic_auth_password().map(<[u8]>::to_vec))
}
