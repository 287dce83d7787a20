//! The methods of `mp_request`, a row for each; what they do is in the files by topic.

use super::configuration::{config_table, options_table};
use super::{CONFIGURATION, RequestObject, Self_, TableSlot, handlers, input, output, table};
use crate::httpd::log::{self, Target};
use crate::httpd::request::Request;
use crate::objects::arguments::none;
use crate::objects::ended::ended;
use crate::objects::log_entry::LogEntry;
use crate::python::class::Method;
use crate::python::error::Result;
use crate::python::object::Object;

pub const METHODS: &[Method<RequestObject>] = &[
    Method::new(c"write", output::write, c"write(data[, flush=1])\n\nSends str (as UTF-8) or any bytes-like object to the client; with flush, at once, else httpd may keep up to 8000 bytes back. ClientDisconnected or ClientTimeout, both OSError, if the client takes no more; BufferError for a buffer that is not contiguous."),
    Method::new(c"flush", output::flush, c"Sends what was written so far, headers first. ClientDisconnected or ClientTimeout, both OSError, if the client takes no more."),
    Method::new(c"sendfile", output::sendfile, c"sendfile(path[, offset=0[, len=-1]])\n\nSends part of a regular file, and returns how many bytes: len, or what there is from offset on if that is less or len is -1. path: str, bytes or os.PathLike; symbolic links are followed. By the kernel's sendfile under EnableSendfile. OSError, before anything is sent, for what is no readable regular file; ValueError for a negative offset or length."),
    Method::new(c"read", input::read, c"read([len=-1])\n\nUp to len bytes of the request's body, as bytes, fewer only at its end; all that is left if len is negative; b'' at its end. ClientDisconnected, ClientTimeout, BodyTooLarge or BodyMalformed, all OSError, if there is no more to be had; SERVER_RETURN for a body that httpd refuses."),
    Method::new(c"readline", input::readline, c"readline([len=-1])\n\nThe next line of the request's body, as bytes with its '\\n', at most len bytes of it if len is not negative; b'' at its end. Errors as of read()."),
    Method::new(c"readlines", input::readlines, c"readlines([sizehint=-1])\n\nThe lines of the request's body, as a list of bytes; with a positive sizehint, only so many that they have that many bytes. Errors as of read()."),
    Method::new(c"discard_request_body", input::discard, c"discard_request_body()\n\nReads the rest of the request's body and forgets it. Returns OK, or the HTTP status that stands for what failed."),
    Method::new(c"log_error", log_error, c"log_error(message[, level=APLOG_ERR])\n\nAn entry in the error log, with the request's client."),
    Method::new(c"get_config", |this, args| none(args).and_then(|()| table(this, TableSlot::Config, config_table, CONFIGURATION)), c"The Python* settings in effect for this request, as a table; flags are '1' and '0'."),
    Method::new(c"get_options", |this, args| none(args).and_then(|()| table(this, TableSlot::Options, options_table, CONFIGURATION)), c"The PythonOption values in effect for this request, as a table."),
    Method::new(c"add_handler", handlers::add_handler, c"add_handler(phase, handler[, dir])\n\nAdds a handler, given as in the configuration, to a phase of this request, such as 'PythonFixupHandler'; to the end of the running list if it is that phase's. dir: a directory to look for its module in. IndexError for what is no such phase."),
    Method::new(c"register_cleanup", handlers::register_cleanup, c"register_cleanup(callable[, data=None])\n\nCalls callable(data) when the request is destroyed, after it was logged; the last one registered first. ValueError if it is not callable."),
    Method::END,
];

fn log_error<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    if let Some(entry) = LogEntry::read(this.py, arguments)? {
        let handle = &this.handle;
        let write = |request: Request<'_>| {
            log::script(Target::Request(request), entry.level, entry.message.as_bytes())
        };
        this.py.detach(|| handle.lend(write)).map_err(ended)?;
    }
    Ok(Object::none(this.py))
}
