//! The functions of `_apache` behind `mod_python.Cookie`.

use super::apache::Apache;
use super::serving;
use crate::httpd::log;
use crate::parse::cookie::{pairs, separated};
use crate::parse::marshal;
use crate::python::attach::Attached;
use crate::python::convert::{Codec, to_bytes, to_message, to_str};
use crate::python::error::{Error, Kind, Result};
use crate::python::module::Function;
use crate::python::object::Object;
use crate::settings::messages::Code;
use std::borrow::Cow;

pub const PARSE: Function<Apache> = Function::new(
    c"_parse_cookies",
    |py, _, arguments| parse(py, arguments),
    c"_parse_cookies($module, header, /)\n--\n\nThe names and values of the cookies in a header, as a dict of str: UTF-8, with surrogates for bytes that are not (PEP 383). A str is taken as ISO-8859-1, as httpd's headers are shown, or if it does not fit, as text.",
);

pub const SEPARATE: Function<Apache> = Function::new(
    c"_separate_cookies",
    |py, _, arguments| separate(py, arguments),
    c"_separate_cookies($module, header, /)\n--\n\nThe header with a semicolon between cookies that came in several headers, which httpd joins with commas. What follows such a comma is left out if there is another cookie of its name.",
);

pub const DUMPS: Function<Apache> = Function::new(
    c"_marshal_dumps",
    |py, _, arguments| dumps(py, arguments),
    c"_marshal_dumps($module, value, /)\n--\n\nPlain data in the layout of marshal's version 2, as bytes. Plain are None, bool, int, float, complex, bytes, str, tuple, list, dict, set and frozenset, in 100 levels at most. ValueError for anything else.",
);

pub const LOADS: Function<Apache> = Function::new(
    c"_marshal_loads",
    |py, _, arguments| loads(py, arguments),
    c"_marshal_loads($module, data, /)\n--\n\nThe plain data that bytes in the layout of marshal's version 2 hold. ValueError for anything else, TypeError for a key or an element that cannot be hashed.",
);

pub const LOG_FORGED: Function<Apache> = Function::new(
    c"_log_forged_cookie",
    |py, _, arguments| log_forged(py, arguments),
    c"_log_forged_cookie($module, message, /)\n--\n\nLogs that a script was handed a cookie that is not signed.",
);

fn parse<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let header = header(py, the_only("_parse_cookies", arguments)?)?;
    let cookies = Object::dict(py)?;
    for (name, value) in pairs(&header) {
        cookies.set_item(py, &to_str(py, Codec::Utf8, name)?, &to_str(py, Codec::Utf8, value)?)?;
    }
    Ok(cookies)
}

fn separate<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let header = the_only("_separate_cookies", arguments)?;
    match separated(&to_bytes(py, Codec::Latin1, header)?) {
        Some(separated) => to_str(py, Codec::Latin1, &separated),
        None => Ok(header.clone()),
    }
}

/// Bytes on the wire; or text, such as a script has made itself, which no header can show.
fn header<'a, 'py>(py: Attached<'py>, header: &'a Object<'py>) -> Result<'py, Cow<'a, [u8]>> {
    match to_bytes(py, Codec::Latin1, header) {
        Err(error) if header.is_str() && error.is(py, Kind::Type) => to_bytes(py, Codec::Utf8, header),
        bytes => bytes,
    }
}

fn dumps<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let value = super::plain_data::read(py, the_only("_marshal_dumps", arguments)?)?;
    let data = marshal::write(&value).map_err(|error| Error::value_error(error.to_string()))?;
    Object::bytes(py, &data)
}

fn loads<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let data = the_only("_marshal_loads", arguments)?;
    let Some(bytes) = data.as_bytes() else {
        return Err(Error::type_error(format!("expected bytes, got {}", data.type_name())));
    };
    let value = marshal::read(bytes).map_err(|error| Error::value_error(error.to_string()))?;
    super::plain_data::make(py, &value)
}

fn log_forged<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let message = to_message(py, the_only("_log_forged_cookie", arguments)?)?;
    py.detach(|| serving::with_target(|target| log::entry(target, Code::ForgedCookie, &message)));
    Ok(Object::none(py))
}

fn the_only<'a, 'py>(function: &str, arguments: &'a [Object<'py>]) -> Result<'py, &'a Object<'py>> {
    match arguments {
        [argument] => Ok(argument),
        _ => Err(Error::type_error(format!("{function}() takes 1 argument ({} given)", arguments.len()))),
    }
}
