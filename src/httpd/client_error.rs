//! Why the client got no more, or sent no more.

use super::connection::Connection;
use crate::ffi::httpd as ffi;
use std::ffi::c_int;

/// Reading from, or writing to, the client failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientError {
    /// It is gone, or has closed its side in the middle of the body; an errno.
    Disconnected(c_int),
    /// It neither sent nor took anything for as long as `Timeout` or mod_reqtimeout allows.
    TimedOut,
    /// The body is larger than `LimitRequestBody`.
    TooLarge,
    /// The body is not what its framing says, such as a chunk without a length.
    Malformed,
    /// httpd refuses the body before a byte of it is read; an HTTP status.
    Refused(c_int),
    OutOfMemory,
    /// Anything else, mostly of another module's filter; an errno.
    Other(c_int),
}

// The statuses and numbers that httpd compares with are ints; bindgen has them as u32.
const EOF: c_int = ffi::APR_EOF as c_int;
const INCOMPLETE: c_int = ffi::APR_INCOMPLETE as c_int;
const TIMEUP: c_int = ffi::APR_TIMEUP as c_int;
const GENERAL: c_int = ffi::APR_EGENERAL as c_int;
const FIRST_OF_APR: c_int = ffi::APR_OS_START_ERROR as c_int;
const REQUEST_TIME_OUT: c_int = ffi::HTTP_REQUEST_TIME_OUT as c_int;
const TOO_LARGE: c_int = ffi::HTTP_REQUEST_ENTITY_TOO_LARGE as c_int;
const BAD_REQUEST: c_int = ffi::HTTP_BAD_REQUEST as c_int;

impl ClientError {
    /// The HTTP status that stands for the failure.
    pub fn status(self) -> c_int {
        match self {
            ClientError::TimedOut => REQUEST_TIME_OUT,
            ClientError::TooLarge => TOO_LARGE,
            ClientError::Refused(status) => status,
            ClientError::OutOfMemory => ffi::HTTP_INTERNAL_SERVER_ERROR as c_int,
            ClientError::Disconnected(_) | ClientError::Malformed | ClientError::Other(_) => BAD_REQUEST,
        }
    }

    /// Why reading failed. `status`: what the input filters returned; `refusal`: the HTTP
    /// status that one of them was about to answer.
    pub(super) fn reading(status: ffi::apr_status_t, refusal: Option<c_int>) -> Self {
        match (refusal, status) {
            (Some(REQUEST_TIME_OUT), _) => ClientError::TimedOut,
            (Some(TOO_LARGE), _) => ClientError::TooLarge,
            (Some(BAD_REQUEST), _) => ClientError::Malformed,
            // As ap_map_http_request_error has it.
            (_, TIMEUP | libc::ETIMEDOUT) => ClientError::TimedOut,
            (_, libc::ENOSPC) => ClientError::TooLarge,
            (_, libc::EINVAL | GENERAL) => ClientError::Malformed,
            (_, EOF | INCOMPLETE) => ClientError::Disconnected(libc::ECONNRESET),
            (_, libc::ECONNRESET | libc::ECONNABORTED | libc::EPIPE) => ClientError::Disconnected(status),
            _ => ClientError::Other(errno(status)),
        }
    }

    /// Why writing failed; `status` is what the output filters returned.
    pub(super) fn writing(status: ffi::apr_status_t, connection: Connection<'_>) -> Self {
        match status {
            TIMEUP | libc::ETIMEDOUT => ClientError::TimedOut,
            libc::ECONNRESET | libc::ECONNABORTED | libc::EPIPE => ClientError::Disconnected(status),
            _ if connection.is_aborted() => ClientError::Disconnected(libc::ECONNABORTED),
            _ => ClientError::Other(errno(status)),
        }
    }
}

/// The system's errors are APR statuses as they are; APR's own have no errno.
fn errno(status: ffi::apr_status_t) -> c_int {
    if (1..FIRST_OF_APR).contains(&status) { status } else { libc::EIO }
}
