//! httpd's error log. Each entry of ours starts with its code; httpd escapes
//! control characters and adds the time, the process and the client.

use super::connection::Connection;
use super::module;
use super::request::Request;
use super::server::Server;
use crate::ffi::httpd as ffi;
use crate::settings::messages::{Code, Level};
use std::ffi::{CStr, CString, c_int};

/// Whose log an entry goes to.
#[derive(Clone, Copy)]
pub enum Target<'a> {
    Request(Request<'a>),
    Connection(Connection<'a>),
    Server(Server<'a>),
    /// The main server's.
    Process,
}

/// The source line that an entry is about; httpd's `%F`.
pub struct Source {
    file: CString,
    line: c_int,
}

impl Source {
    pub fn new(file: &[u8], line: i64) -> Self {
        // httpd neither escapes nor cuts the name. The end of a long one tells more.
        const LONGEST: usize = 500;
        let end = &file[file.len().saturating_sub(LONGEST)..];
        let printable = end.iter().map(|&byte| if byte.is_ascii_control() { b'?' } else { byte }).collect();
        let file = CString::new::<Vec<u8>>(printable).unwrap_or_default();
        Source { file, line: c_int::try_from(line).unwrap_or(0) }
    }
}

/// Logs `message` under `code` at the code's level.
pub fn entry(target: Target<'_>, code: Code, message: &str) {
    if is_enabled(target, raw_level(code.level())) {
        write(target, raw_level(code.level()), None, format!("{}: {message}", code.text()).into_bytes());
    }
}

/// Logs a continuation of a coded entry, such as one part of a traceback.
pub fn detail(target: Target<'_>, level: Level, message: &str) {
    if is_enabled(target, raw_level(level)) {
        write(target, raw_level(level), None, message.as_bytes().to_vec());
    }
}

/// Logs what a script says, at one of httpd's levels (0 to 15).
pub fn script(target: Target<'_>, level: u8, message: &[u8]) {
    script_at(target, level, None, message);
}

/// The same, with the source line that says it.
pub fn script_at(target: Target<'_>, level: u8, source: Option<&Source>, message: &[u8]) {
    let level = c_int::from(level.min(15));
    if is_enabled(target, level) {
        write(target, level, source, message.to_vec());
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

/// Whether LogLevel lets the entry through; httpd's own macros ask this too. A notice
/// passes at any LogLevel, as there; httpd's syslog provider alone holds it back.
fn is_enabled(target: Target<'_>, level: c_int) -> bool {
    level == ffi::APLOG_NOTICE as c_int || level <= limit(target)
}

/// The LogLevel in force for this module, 0 to 15.
pub fn limit(target: Target<'_>) -> c_int {
    let index = module::index();
    // SAFETY: request and server are live for the call; ap_server_conf is set once
    // before the first hook runs and NULL until then, which is checked.
    unsafe {
        match target {
            Target::Request(request) => ffi::ap_get_request_module_loglevel(request.as_raw(), index),
            Target::Connection(connection) => ffi::ap_get_conn_module_loglevel(connection.as_raw(), index),
            Target::Server(server) => ffi::ap_get_server_module_loglevel(server.as_raw(), index),
            Target::Process if ffi::ap_server_conf.is_null() => ffi::APLOG_TRACE8 as c_int,
            Target::Process => ffi::ap_get_server_module_loglevel(ffi::ap_server_conf, index),
        }
    }
}

fn write(target: Target<'_>, level: c_int, source: Option<&Source>, mut message: Vec<u8>) {
    // A NUL would end the entry and hide what follows.
    if message.contains(&0) {
        message = message.split(|&byte| byte == 0).collect::<Vec<_>>().join(&b"\\x00"[..]);
    }
    let Ok(message) = CString::new(message) else {
        return;
    };
    let (file, line): (&CStr, c_int) =
        source.map_or((c"mod_python.c", 0), |source| (&source.file, source.line));
    // SAFETY: file, format and the one argument of "%s" are C strings that outlive the
    // call, and the records are live for the call.
    unsafe {
        let (file, index, format) = (file.as_ptr(), module::index(), c"%s".as_ptr());
        match target {
            Target::Request(request) => {
                ffi::ap_log_rerror_(file, line, index, level, 0, request.as_raw(), format, message.as_ptr());
            }
            Target::Connection(connection) => {
                ffi::ap_log_cerror_(file, 0, index, level, 0, connection.as_raw(), format, message.as_ptr());
            }
            Target::Server(server) => {
                ffi::ap_log_error_(file, line, index, level, 0, server.as_raw(), format, message.as_ptr());
            }
            Target::Process => {
                ffi::ap_log_error_(
                    file,
                    line,
                    index,
                    level,
                    0,
                    ffi::ap_server_conf,
                    format,
                    message.as_ptr(),
                );
            }
        }
    }
}
