//! httpd's error log. Each entry of ours starts with its code; httpd escapes
//! control characters and adds the time, the process and the client.

use super::connection::Connection;
use super::module;
use super::request::Request;
use super::server::Server;
use crate::ffi::httpd as ffi;
use crate::settings::messages::{Code, Level};
use std::ffi::{CString, c_int};

/// Whose log an entry goes to.
#[derive(Clone, Copy)]
pub enum Target<'a> {
    Request(Request<'a>),
    Connection(Connection<'a>),
    Server(Server<'a>),
    /// The main server's.
    Process,
}

/// Logs `message` under `code` at the code's level.
pub fn entry(target: Target<'_>, code: Code, message: &str) {
    if is_enabled(target, raw_level(code.level())) {
        write(target, raw_level(code.level()), format!("{}: {message}", code.text()).into_bytes());
    }
}

/// Logs a continuation of a coded entry, such as one part of a traceback.
pub fn detail(target: Target<'_>, level: Level, message: &str) {
    if is_enabled(target, raw_level(level)) {
        write(target, raw_level(level), message.as_bytes().to_vec());
    }
}

/// Logs what a script says, at one of httpd's levels (0 to 15).
pub fn script(target: Target<'_>, level: u8, message: &[u8]) {
    if is_enabled(target, c_int::from(level.min(15))) {
        write(target, c_int::from(level.min(15)), message.to_vec());
    }
}

fn raw_level(level: Level) -> c_int {
    (match level {
        Level::Critical => ffi::APLOG_CRIT,
        Level::Error => ffi::APLOG_ERR,
        Level::Warning => ffi::APLOG_WARNING,
        Level::Notice => ffi::APLOG_NOTICE,
        Level::Info => ffi::APLOG_INFO,
    }) as c_int
}

/// Whether LogLevel lets the entry through; httpd's own macros ask this too.
fn is_enabled(target: Target<'_>, level: c_int) -> bool {
    let index = module::index();
    // SAFETY: request and server are live for the call; ap_server_conf is set once
    // before the first hook runs and NULL until then, which is checked.
    let limit = unsafe {
        match target {
            Target::Request(request) => ffi::ap_get_request_module_loglevel(request.as_raw(), index),
            Target::Connection(connection) => ffi::ap_get_conn_module_loglevel(connection.as_raw(), index),
            Target::Server(server) => ffi::ap_get_server_module_loglevel(server.as_raw(), index),
            Target::Process if ffi::ap_server_conf.is_null() => return true,
            Target::Process => ffi::ap_get_server_module_loglevel(ffi::ap_server_conf, index),
        }
    };
    level <= limit
}

fn write(target: Target<'_>, level: c_int, mut message: Vec<u8>) {
    // A NUL would end the entry and hide what follows.
    if message.contains(&0) {
        message = String::from_utf8_lossy(&message).replace('\0', "\\x00").into_bytes();
    }
    let Ok(message) = CString::new(message) else {
        return;
    };
    // SAFETY: file and format are static C strings, the one argument of "%s" is a C
    // string that outlives the call, and the records are live for the call.
    unsafe {
        let (file, index, format) = (c"mod_python.c".as_ptr(), module::index(), c"%s".as_ptr());
        match target {
            Target::Request(request) => {
                ffi::ap_log_rerror_(file, 0, index, level, 0, request.as_raw(), format, message.as_ptr());
            }
            Target::Connection(connection) => {
                ffi::ap_log_cerror_(file, 0, index, level, 0, connection.as_raw(), format, message.as_ptr());
            }
            Target::Server(server) => {
                ffi::ap_log_error_(file, 0, index, level, 0, server.as_raw(), format, message.as_ptr());
            }
            Target::Process => {
                ffi::ap_log_error_(file, 0, index, level, 0, ffi::ap_server_conf, format, message.as_ptr());
            }
        }
    }
}
