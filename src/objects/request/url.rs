//! URLs and addresses.

use super::{CONFIGURATION, PATH, Self_, URL};
use crate::httpd::request::Request;
use crate::objects::arguments::{none, one};
use crate::python::convert::{Codec, to_str, to_str_or_none};
use crate::python::error::{Error, Result};
use crate::python::object::Object;

/// REMOTE_NAME: the name if it is known already or may be looked up, else the address.
const REMOTE_NAME: i32 = 1;

pub fn parsed_uri<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    let py = this.py;
    this.with(|request| {
        let uri = request.parsed_uri();
        let text = |part| to_str_or_none(py, URL.codec(), part);
        let port = uri.port.map_or_else(|| Ok(Object::none(py)), |port| Object::int(py, i64::from(port)));
        let parts = [
            text(uri.scheme),
            text(uri.hostinfo),
            text(uri.user),
            text(uri.password),
            text(uri.hostname),
            port,
            text(uri.path),
            text(uri.query),
            text(uri.fragment),
        ];
        Object::tuple(py, parts)
    })?
}

pub fn useragent_addr<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    match this.with(|request| request.useragent_address())? {
        Some((address, port)) => Object::pair(
            this.py,
            &to_str(this.py, Codec::Latin1, &address)?,
            &Object::int(this.py, i64::from(port))?,
        ),
        None => Ok(Object::none(this.py)),
    }
}

/// `construct_url(path)`.
pub fn construct_url<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let path = URL.read(this.py, one(arguments)?)?;
    asked(this, URL.codec(), |request| request.construct_url(path.as_text()).map(<[u8]>::to_vec))
}

pub fn document_root<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    this.with(|request| to_str_or_none(this.py, PATH.codec(), request.document_root()))?
}

/// `get_remote_host([type=REMOTE_NAME[, str_is_ip=None]])`.
pub fn get_remote_host<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let (kind, with_flag) = match arguments {
        [] => (REMOTE_NAME, false),
        [kind] => (kind.to_c_int(this.py)?, false),
        [kind, flag] => (kind.to_c_int(this.py)?, !flag.is_none()),
        _ => return Err(Error::type_error(format!("takes at most 2 arguments ({} given)", arguments.len()))),
    };
    let found = this.io(this.py, |request, _| {
        Ok(request.remote_host(kind).map(|(host, is_ip)| (host.to_vec(), is_ip)))
    })?;
    let Some((host, is_ip)) = found else {
        return Ok(Object::none(this.py));
    };
    let host = to_str(this.py, Codec::Latin1, &host)?;
    if with_flag { Object::pair(this.py, &host, &Object::int(this.py, i64::from(is_ip))?) } else { Ok(host) }
}

pub fn is_https<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    Object::int(this.py, i64::from(this.with(|request| request.is_https())?))
}

/// `ssl_var_lookup(name)`.
pub fn ssl_var_lookup<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let name = CONFIGURATION.read(this.py, one(arguments)?)?;
    this.with(|request| to_str_or_none(this.py, CONFIGURATION.codec(), request.ssl_variable(name.as_text())))?
}

/// A text that httpd may have to wait for.
pub fn asked<'py>(
    this: Self_<'_, 'py>,
    codec: Codec,
    ask: impl FnOnce(Request<'_>) -> Option<Vec<u8>> + Send,
) -> Result<'py, Object<'py>> {
    let text = this.io(this.py, |request, _| Ok(ask(request)))?;
    to_str_or_none(this.py, codec, text.as_deref())
}
