//! What a hook answers httpd.

use crate::ffi::httpd as ffi;
use std::ffi::c_int;

/// OK, DECLINED, DONE or an HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status(c_int);

impl Status {
    pub const OK: Status = Status(ffi::OK as c_int);
    pub const DECLINED: Status = Status(ffi::DECLINED);
    pub const DONE: Status = Status(ffi::DONE);
    pub const INTERNAL_SERVER_ERROR: Status = Status(ffi::HTTP_INTERNAL_SERVER_ERROR as c_int);

    pub const UNAUTHORIZED: Status = Status(ffi::HTTP_UNAUTHORIZED as c_int);

    /// A number that a script returned; None if it means nothing to httpd, which would
    /// write a malformed status line for it.
    pub fn from_script(number: i64) -> Option<Self> {
        match c_int::try_from(number) {
            Ok(number @ (-2..=0 | 100..=599)) => Some(Status(number)),
            _ => None,
        }
    }

    pub const fn as_raw(self) -> c_int {
        self.0
    }
}

/// Names and values of the constants that `_apache` shows to scripts, from the
/// headers built with.
macro_rules! constants {
    ($($name:ident)*) => { &[$((stringify!($name), ffi::$name as i64)),*] };
}

pub const CONSTANTS: &[(&str, i64)] = constants! {
    OK DECLINED DONE
    HTTP_CONTINUE HTTP_SWITCHING_PROTOCOLS HTTP_PROCESSING HTTP_OK HTTP_CREATED HTTP_ACCEPTED
    HTTP_NON_AUTHORITATIVE HTTP_NO_CONTENT HTTP_RESET_CONTENT HTTP_PARTIAL_CONTENT HTTP_MULTI_STATUS
    HTTP_MULTIPLE_CHOICES HTTP_MOVED_PERMANENTLY HTTP_MOVED_TEMPORARILY HTTP_SEE_OTHER HTTP_NOT_MODIFIED
    HTTP_USE_PROXY HTTP_TEMPORARY_REDIRECT HTTP_PERMANENT_REDIRECT HTTP_BAD_REQUEST HTTP_UNAUTHORIZED
    HTTP_PAYMENT_REQUIRED HTTP_FORBIDDEN HTTP_NOT_FOUND HTTP_METHOD_NOT_ALLOWED HTTP_NOT_ACCEPTABLE
    HTTP_PROXY_AUTHENTICATION_REQUIRED HTTP_REQUEST_TIME_OUT HTTP_CONFLICT HTTP_GONE HTTP_LENGTH_REQUIRED
    HTTP_PRECONDITION_FAILED HTTP_REQUEST_ENTITY_TOO_LARGE HTTP_REQUEST_URI_TOO_LARGE
    HTTP_UNSUPPORTED_MEDIA_TYPE HTTP_RANGE_NOT_SATISFIABLE HTTP_EXPECTATION_FAILED
    HTTP_MISDIRECTED_REQUEST HTTP_UNPROCESSABLE_ENTITY HTTP_LOCKED HTTP_FAILED_DEPENDENCY
    HTTP_UPGRADE_REQUIRED HTTP_PRECONDITION_REQUIRED HTTP_TOO_MANY_REQUESTS
    HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE HTTP_UNAVAILABLE_FOR_LEGAL_REASONS HTTP_INTERNAL_SERVER_ERROR
    HTTP_NOT_IMPLEMENTED HTTP_BAD_GATEWAY HTTP_SERVICE_UNAVAILABLE HTTP_GATEWAY_TIME_OUT
    HTTP_VERSION_NOT_SUPPORTED HTTP_VARIANT_ALSO_VARIES HTTP_INSUFFICIENT_STORAGE HTTP_LOOP_DETECTED
    HTTP_NOT_EXTENDED HTTP_NETWORK_AUTHENTICATION_REQUIRED
    APLOG_EMERG APLOG_ALERT APLOG_CRIT APLOG_ERR APLOG_WARNING APLOG_NOTICE APLOG_INFO APLOG_DEBUG
};

/// Registered statuses that httpd 2.4 has no name for.
pub const UNNAMED_STATUSES: &[(&str, i64)] = &[("HTTP_IM_A_TEAPOT", 418), ("HTTP_TOO_EARLY", 425)];

/// The values of `connection.keepalive`.
pub const CONNECTION_CONSTANTS: &[(&str, i64)] =
    constants! { AP_CONN_UNKNOWN AP_CONN_CLOSE AP_CONN_KEEPALIVE };
