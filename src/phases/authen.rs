//! What httpd expects of whoever authenticates, besides the status.

use crate::httpd::log::{self, Target};
use crate::httpd::request::Request;
use crate::httpd::status::Status;
use crate::settings::messages::Code;

/// The status of PythonAuthenHandler, completed.
pub fn checked(request: Request<'_>, status: Status) -> Status {
    match status {
        Status::OK if request.user().is_none() => {
            let message = "PythonAuthenHandler answered OK without setting req.user";
            log::entry(Target::Request(request), Code::NoUser, message);
            Status::INTERNAL_SERVER_ERROR
        }
        Status::UNAUTHORIZED => {
            // The browser asks for a password only if WWW-Authenticate says what for.
            request.note_auth_failure();
            status
        }
        _ => status,
    }
}
