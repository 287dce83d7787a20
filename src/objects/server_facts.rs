//! What scripts can ask about httpd itself.

use super::arguments::none;
use super::text::Kind as TextKind;
use crate::httpd::mpm;
use crate::python::attach::Attached;
use crate::python::convert::{Codec, to_str};
use crate::python::error::{Error, Kind as ErrorKind, Result};
use crate::python::object::Object;

pub fn server_root<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    to_str(py, Codec::Path, mpm::server_root())
}

pub fn mpm_query<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let question = i32::try_from(one(arguments)?.to_int(py)?)
        .map_err(|_| Error::new(ErrorKind::Overflow, "the code does not fit an int"))?;
    Object::int(py, i64::from(mpm::query(question)))
}

pub fn exists_config_define<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let name = TextKind::Field(Codec::Utf8).read(py, one(arguments)?)?;
    Ok(Object::bool(py, mpm::is_defined(name.as_text())))
}

fn one<'a, 'py>(arguments: &'a [Object<'py>]) -> Result<'py, &'a Object<'py>> {
    match arguments {
        [argument] => Ok(argument),
        _ => Err(Error::type_error(format!("takes exactly one argument ({} given)", arguments.len()))),
    }
}
