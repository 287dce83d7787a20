//! What scripts catch when the client sends or takes no more.
//!
//! | class | below | uncaught |
//! |---|---|---|
//! | ClientDisconnected | ConnectionError | nothing is sent |
//! | ClientTimeout | TimeoutError | 408 |
//! | BodyTooLarge | OSError | 413 |
//! | BodyMalformed | OSError | 400 |

use super::apache::state;
use crate::httpd::client_error::ClientError;
use crate::python::attach::Attached;
use crate::python::class::Visitor;
use crate::python::convert::{Codec, to_str};
use crate::python::error::{Error, Kind, Result};
use crate::python::module::{self, OsClass};
use crate::python::object::{Object, Stored};
use std::ffi::{CStr, c_int};

/// Applications written for mod_python 3 look for these words in what `write` raises, Trac for one.
const CLOSED: &str = "client closed connection";

/// The classes in one interpreter.
pub struct ClientErrors {
    disconnected: Stored,
    timeout: Stored,
    too_large: Stored,
    malformed: Stored,
}

/// Which of them an exception is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Disconnected,
    Timeout,
    TooLarge,
    Malformed,
}

impl ClientErrors {
    pub fn build<'py>(py: Attached<'py>, target: &Object<'py>) -> Result<'py, Self> {
        let class = |name: &'static CStr, below, doc: &'static CStr| {
            let class = module::new_os_exception(py, name, doc, below)?;
            let bare = class.getattr(py, c"__name__")?;
            target.setattr_by(py, &bare, &class)?;
            Ok(class.store(py))
        };
        Ok(ClientErrors {
            disconnected: class(
                c"mod_python.apache.ClientDisconnected",
                OsClass::Connection,
                c"The client is gone, or has closed its side before the end of the body.\n\nUncaught, nothing more is sent to it.",
            )?,
            timeout: class(
                c"mod_python.apache.ClientTimeout",
                OsClass::Timeout,
                c"The client neither sent nor took anything for as long as httpd's Timeout (or mod_reqtimeout) allows.\n\nUncaught, the answer is 408.",
            )?,
            too_large: class(
                c"mod_python.apache.BodyTooLarge",
                OsClass::Any,
                c"The body of the request is larger than httpd's LimitRequestBody; errno is EFBIG.\n\nUncaught, the answer is 413.",
            )?,
            malformed: class(
                c"mod_python.apache.BodyMalformed",
                OsClass::Any,
                c"The body of the request is not what its framing says, such as a chunk without a length (RFC 9112, 7.1); errno is EBADMSG.\n\nUncaught, the answer is 400.",
            )?,
        })
    }

    pub fn visit(&self, visitor: &mut Visitor) {
        for class in [&self.disconnected, &self.timeout, &self.too_large, &self.malformed] {
            visitor.stored(class);
        }
    }
}

/// The exception for a failure.
pub fn raised<'py>(py: Attached<'py>, error: ClientError) -> Error<'py> {
    let classes = &state(py).client_errors;
    match error {
        ClientError::Disconnected(errno) => made(py, &classes.disconnected, errno, CLOSED),
        ClientError::TimedOut => {
            made(py, &classes.timeout, libc::ETIMEDOUT, "the client did not go on in time")
        }
        ClientError::TooLarge => {
            made(py, &classes.too_large, libc::EFBIG, "the body is larger than LimitRequestBody")
        }
        ClientError::Malformed => made(py, &classes.malformed, libc::EBADMSG, "the body is malformed"),
        ClientError::Refused(status) => match Object::int(py, i64::from(status)) {
            Ok(status) => Error::of_class(py, state(py).server_return.get(py), &status),
            Err(error) => error,
        },
        ClientError::OutOfMemory => Error::new(Kind::Memory, "the body does not fit into memory"),
        ClientError::Other(errno) => {
            let text = format!("reading from or writing to the client failed (errno {errno})");
            Error::new(Kind::Os, text)
        }
    }
}

fn made<'py>(py: Attached<'py>, class: &Stored, errno: c_int, text: &str) -> Error<'py> {
    let made = (|| {
        let (errno, text) = (Object::int(py, i64::from(errno))?, to_str(py, Codec::Utf8, text.as_bytes())?);
        class.get(py).call(py, &[&errno, &text])
    })();
    made.map_or_else(|error| error, Error::Raised)
}

/// Which of these classes the exception is an instance of.
pub fn class_of<'py>(py: Attached<'py>, error: &Error<'py>) -> Option<Class> {
    let Error::Raised(exception) = error else { return None };
    let classes = &state(py).client_errors;
    let all = [
        (&classes.disconnected, Class::Disconnected),
        (&classes.timeout, Class::Timeout),
        (&classes.too_large, Class::TooLarge),
        (&classes.malformed, Class::Malformed),
    ];
    all.into_iter()
        .find(|(class, _)| exception.is_instance(py, class.get(py)).unwrap_or(false))
        .map(|(_, class)| class)
}
