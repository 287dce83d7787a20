//! `_global_lock()` and its kin: locks that hold among all processes of the server.

use super::apache::state;
use crate::httpd::log::{self, Target};
use crate::httpd::mutex::{self, Error as LockError};
use crate::python::attach::Attached;
use crate::python::convert::{Codec, to_str};
use crate::python::error::{Error, Result};
use crate::python::object::Object;
use crate::settings::messages::Code;

pub fn lock<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let slot = slot(py, arguments)?;
    done(py, slot, py.detach(|| mutex::lock(slot)))?;
    Ok(Object::none(py))
}

pub fn try_lock<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let slot = slot(py, arguments)?;
    let taken = done(py, slot, py.detach(|| mutex::try_lock(slot)))?;
    Ok(Object::bool(py, taken))
}

pub fn unlock<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let slot = slot(py, arguments)?;
    done(py, slot, py.detach(|| mutex::unlock(slot)))?;
    Ok(Object::none(py))
}

/// Where locks of finer grain than these can be had: see `mod_python/_session/locks.py`.
pub fn file<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let [server] = arguments else {
        return Err(Error::type_error(format!("takes 1 argument ({} given)", arguments.len())));
    };
    server_argument(py, server)?;
    match mutex::file() {
        Some(path) => to_str(py, Codec::Path, &path),
        None => Err(refused(py, Code::LockIndex, "this server has no lock files".to_owned())),
    }
}

/// The first argument, which says whose locks are meant. There is one set for all
/// servers, so it decides nothing.
fn server_argument<'py>(py: Attached<'py>, server: &Object<'py>) -> Result<'py, ()> {
    match state(py).server.payload(py, server) {
        Some(_) => Ok(()),
        None => {
            Err(Error::type_error(format!("the server must be an mp_server, not {}", server.type_name())))
        }
    }
}

/// Which lock `(server, key[, index=-1])` means.
fn slot<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, usize> {
    let (server, key, index) = match arguments {
        [server, key] => (server, key, -1),
        [server, key, index] => (server, key, index.to_int(py)?),
        _ => return Err(Error::type_error(format!("takes 2 or 3 arguments ({} given)", arguments.len()))),
    };
    server_argument(py, server)?;
    let count = mutex::count();
    match usize::try_from(index) {
        Ok(slot) if slot < count => Ok(slot),
        Err(_) if index == -1 && count > 0 => Ok(slot_of_key(py, key, count)?),
        _ => {
            let message = format!("there is no lock with index {index}: this server has {count} locks");
            Err(refused(py, Code::LockIndex, message))
        }
    }
}

/// Lock 0 is for those who ask for it by index, unless it is the only one.
fn slot_of_key<'py>(py: Attached<'py>, key: &Object<'py>, count: usize) -> Result<'py, usize> {
    let hash =
        Object::import(py, c"mod_python._locks")?.call_method(py, c"stable_hash", &[key])?.to_int(py)?;
    let others = count as u64 - 1;
    Ok(if others == 0 { 0 } else { (hash.unsigned_abs() % others) as usize + 1 })
}

fn done<'py, T>(
    py: Attached<'py>,
    slot: usize,
    outcome: std::result::Result<T, LockError>,
) -> Result<'py, T> {
    outcome.map_err(|error| match error {
        LockError::NoSuchLock => refused(py, Code::LockIndex, format!("lock {slot} is gone")),
        LockError::NotHeld => {
            refused(py, Code::LockNotHeld, format!("lock {slot} is not held by this process"))
        }
        LockError::Failed(reason) => refused(py, Code::LockFailed, format!("lock {slot}: {reason}")),
    })
}

/// A ValueError that is also a warning in the log.
fn refused<'py>(py: Attached<'py>, code: Code, message: String) -> Error<'py> {
    py.detach(|| log::entry(Target::Process, code, &message));
    Error::value_error(message)
}
