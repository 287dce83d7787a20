//! The arguments that every `log_error` takes.

use super::apache::state;
use crate::httpd::log::Target;
use crate::python::attach::Attached;
use crate::python::convert::to_message;
use crate::python::error::{Error, Result};
use crate::python::object::Object;

/// APLOG_ERR, where a script names no level; 0 is a level, APLOG_EMERG.
const ERROR: u8 = 3;

pub struct LogEntry {
    /// syslog's, 0 to 7, and httpd's traces above them, to 15.
    pub level: u8,
    pub message: String,
}

impl LogEntry {
    /// `(message[, level])`; None if the message is None, which logs nothing.
    pub fn read<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Option<Self>> {
        let (message, level) = match arguments {
            [message] => (message, ERROR),
            [message, level] => (message, read_level(py, level)?),
            _ => {
                return Err(Error::type_error(format!(
                    "log_error() takes 1 or 2 arguments ({} given)",
                    arguments.len()
                )));
            }
        };
        if message.is_none() {
            return Ok(None);
        }
        if !message.is_str() {
            return Err(Error::type_error(format!("log_error() takes a str, not {}", message.type_name())));
        }
        Ok(Some(LogEntry { level, message: to_message(py, message)? }))
    }
}

/// A level of httpd's, 0 to 15.
pub fn read_level<'py>(py: Attached<'py>, level: &Object<'py>) -> Result<'py, u8> {
    // What lies above the levels are flags of httpd's (APLOG_LEVELMASK).
    Ok(u8::try_from(level.to_int(py)? & 15).unwrap_or(ERROR))
}

/// The log of the server that a script names; None if it names none.
pub fn read_server<'py>(py: Attached<'py>, server: &Object<'py>) -> Result<'py, Option<Target<'static>>> {
    if server.is_none() {
        return Ok(None);
    }
    match state(py).server.payload(py, server) {
        Some(object) => Ok(Some(Target::Server(object.server))),
        None => {
            let given = server.type_name();
            Err(Error::type_error(format!("the server must be an mp_server or None, not {given}")))
        }
    }
}
