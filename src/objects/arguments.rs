//! Positional arguments of methods and functions.

use crate::python::error::{Error, Result};
use crate::python::object::Object;

/// No arguments.
pub fn none<'py>(arguments: &[Object<'py>]) -> Result<'py, ()> {
    match arguments.len() {
        0 => Ok(()),
        given => Err(Error::type_error(format!("takes no arguments ({given} given)"))),
    }
}

pub fn one<'a, 'py>(arguments: &'a [Object<'py>]) -> Result<'py, &'a Object<'py>> {
    match arguments {
        [only] => Ok(only),
        _ => Err(Error::type_error(format!("takes exactly 1 argument ({} given)", arguments.len()))),
    }
}

pub fn two<'a, 'py>(arguments: &'a [Object<'py>]) -> Result<'py, (&'a Object<'py>, &'a Object<'py>)> {
    match arguments {
        [first, second] => Ok((first, second)),
        _ => Err(Error::type_error(format!("takes exactly 2 arguments ({} given)", arguments.len()))),
    }
}

pub fn one_or_two<'a, 'py>(
    arguments: &'a [Object<'py>],
) -> Result<'py, (&'a Object<'py>, Option<&'a Object<'py>>)> {
    match arguments {
        [first] => Ok((first, None)),
        [first, second] => Ok((first, Some(second))),
        _ => Err(Error::type_error(format!("takes 1 or 2 arguments ({} given)", arguments.len()))),
    }
}
