//! The functions of `_apache` behind `CacheSession`: httpd's shared object cache.

use super::apache::Apache;
use super::arguments;
use crate::httpd::log::{self, Target};
use crate::httpd::object_cache::{self, Failure};
use crate::python::attach::Attached;
use crate::python::convert::{Codec, to_str};
use crate::python::error::{Error, Result};
use crate::python::module::Function;
use crate::python::object::Object;
use crate::settings::messages::Code;
use std::time::Duration;

pub const PROVIDER: Function<Apache> = Function::new(
    c"_cache_provider",
    |py, _, arguments| provider(py, arguments),
    c"_cache_provider($module, /)\n--\n\nThe name of the provider that PythonSessionCache names, and whether it is of this machine, so that _cache_replace() can be used; None without one.",
);

pub const RETRIEVE: Function<Apache> = Function::new(
    c"_cache_retrieve",
    |py, _, arguments| retrieve(py, arguments),
    c"_cache_retrieve($module, id, patience, /)\n--\n\nThe bytes kept under an id, or None. patience: how many seconds to wait for another machine's answer. OSError if the cache does not answer.",
);

pub const STORE: Function<Apache> = Function::new(
    c"_cache_store",
    |py, _, arguments| store(py, arguments),
    c"_cache_store($module, id, data, seconds, patience, /)\n--\n\nKeeps bytes under an id for so many seconds, thirty days at most. OSError if the cache does not answer; its errno is EFBIG if it refuses them.",
);

pub const REMOVE: Function<Apache> = Function::new(
    c"_cache_remove",
    |py, _, arguments| remove(py, arguments),
    c"_cache_remove($module, id, patience, /)\n--\n\nForgets what is kept under an id, if anything. OSError if the cache does not answer.",
);

pub const REPLACE: Function<Apache> = Function::new(
    c"_cache_replace",
    |py, _, arguments| replace(py, arguments),
    c"_cache_replace($module, id, prefix, data, seconds, /)\n--\n\nAs _cache_store(), but only if what is kept begins with prefix, or if prefix is None and nothing is kept; as one step. False if it was not so. OSError for a provider that is not of this machine.",
);

fn provider<'py>(py: Attached<'py>, given: &[Object<'py>]) -> Result<'py, Object<'py>> {
    arguments::none(given)?;
    match object_cache::provider() {
        Some((name, is_local)) => {
            Object::pair(py, &to_str(py, Codec::Utf8, name)?, &Object::bool(py, is_local))
        }
        None => Ok(Object::none(py)),
    }
}

fn retrieve<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let [id, patience] = arguments else { return Err(wrong_count(2)) };
    let (id, patience) = (bytes(id)?, seconds(py, patience)?);
    match done(py, py.detach(|| object_cache::retrieve(id, patience)))? {
        Some(data) => Object::bytes(py, &data),
        None => Ok(Object::none(py)),
    }
}

fn store<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let [id, data, expiry, patience] = arguments else { return Err(wrong_count(4)) };
    let (id, data, expiry, patience) = (bytes(id)?, bytes(data)?, expiry.to_int(py)?, seconds(py, patience)?);
    done(py, py.detach(|| object_cache::store(id, data, expiry, patience)))?;
    Ok(Object::none(py))
}

fn remove<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let [id, patience] = arguments else { return Err(wrong_count(2)) };
    let (id, patience) = (bytes(id)?, seconds(py, patience)?);
    done(py, py.detach(|| object_cache::remove(id, patience)))?;
    Ok(Object::none(py))
}

fn replace<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let [id, prefix, data, expiry] = arguments else { return Err(wrong_count(4)) };
    let prefix = if prefix.is_none() { None } else { Some(bytes(prefix)?) };
    let (id, data, expiry) = (bytes(id)?, bytes(data)?, expiry.to_int(py)?);
    let replaced = done(py, py.detach(|| object_cache::replace(id, prefix, data, expiry)))?;
    Ok(Object::bool(py, replaced))
}

fn bytes<'py>(value: &Object<'py>) -> Result<'py, Vec<u8>> {
    value
        .as_bytes()
        .map(<[u8]>::to_vec)
        .ok_or_else(|| Error::type_error(format!("expected bytes, got {}", value.type_name())))
}

fn seconds<'py>(py: Attached<'py>, value: &Object<'py>) -> Result<'py, Duration> {
    Duration::try_from_secs_f64(value.to_float(py)?)
        .map_err(|_| Error::value_error("patience must be a number of seconds, 0 or more"))
}

/// A failure is an entry in the log, and an OSError.
fn done<'py, T>(py: Attached<'py>, outcome: std::result::Result<T, Failure>) -> Result<'py, T> {
    outcome.map_err(|failure| {
        let (code, errno) = match failure {
            Failure::TooLarge(_) | Failure::Refused(_) => (Code::CacheRefused, libc::EFBIG),
            Failure::Late(_) | Failure::Overdue => (Code::CacheUnavailable, libc::ETIMEDOUT),
            Failure::Unreachable => (Code::CacheUnavailable, libc::ECONNREFUSED),
            Failure::NoCache | Failure::NotLocal | Failure::Failed(_) => (Code::CacheUnavailable, libc::EIO),
        };
        let name =
            object_cache::provider().map_or(Default::default(), |(name, _)| String::from_utf8_lossy(name));
        let message = format!("the session cache {name}: {failure}");
        py.detach(|| log::entry(Target::Process, code, &message));
        Error::errno(py, errno, &message)
    })
}

fn wrong_count<'py>(count: usize) -> Error<'py> {
    Error::type_error(format!("takes {count} arguments"))
}
