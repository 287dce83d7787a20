//! The methods of `mp_request`, a row for each; what they do is in the files by topic.

use super::configuration::{config_table, options_table};
use super::{CONFIGURATION, RequestObject, Self_, TableSlot, filters, handlers, input, output, table};
use crate::httpd::log::{self, Target};
use crate::httpd::request::Request;
use crate::objects::arguments::none;
use crate::objects::ended::ended;
use crate::objects::log_entry::LogEntry;
use crate::python::class::Method;
use crate::python::error::Result;
use crate::python::object::Object;

pub const METHODS: &[Method<RequestObject>] = &[
    Method::new(c"write", output::write, c"write(data[, flush=1])\n\nSends str (as UTF-8) or a bytes-like object to the client; with flush, at once. OSError if the connection fails."),
    Method::new(c"flush", output::flush, c"Sends what was written so far, headers first. OSError if the connection fails."),
    Method::new(c"read", input::read, c"read([len=-1])\n\nUp to len bytes of the request's body, as bytes; all that is left if len is negative; b'' at its end. OSError if the connection fails."),
    Method::new(c"log_error", log_error, c"log_error(message[, level=APLOG_ERR])\n\nAn entry in the error log, with the request's client."),
    Method::new(c"get_config", |this, args| none(args).and_then(|()| table(this, TableSlot::Config, config_table, CONFIGURATION)), c"The Python* settings in effect for this request, as a table; flags are '1' and '0'."),
    Method::new(c"get_options", |this, args| none(args).and_then(|()| table(this, TableSlot::Options, options_table, CONFIGURATION)), c"The PythonOption values in effect for this request, as a table."),
    Method::new(c"add_handler", handlers::add_handler, c"add_handler(phase, handler[, dir])\n\nAdds a handler, given as in the configuration, to a phase of this request, such as 'PythonFixupHandler'; to the end of the running list if it is that phase's. dir: a directory to look for its module in. IndexError for what is no such phase."),
    Method::new(c"register_cleanup", handlers::register_cleanup, c"register_cleanup(callable[, data=None])\n\nCalls callable(data) when the request is destroyed, after it was logged; the last one registered first. ValueError if it is not callable."),
    Method::new(c"add_input_filter", filters::add_input, c"add_input_filter(name)\n\nPlaces a filter between the client and who reads the body: one that was registered on this request under exactly this name, or else one of httpd's. An unknown name is logged."),
    Method::new(c"add_output_filter", filters::add_output, c"add_output_filter(name)\n\nPlaces a filter between who writes the answer and the client: one that was registered on this request under exactly this name, or else one of httpd's. An unknown name is logged."),
    Method::new(c"register_input_filter", filters::register_input, c"register_input_filter(name, handler[, dir])\n\nRegisters an input filter for this request; add_input_filter places it. handler: as in the configuration; dir: a directory to look for its module in."),
    Method::new(c"register_output_filter", filters::register_output, c"register_output_filter(name, handler[, dir])\n\nRegisters an output filter for this request; add_output_filter places it. handler: as in the configuration; dir: a directory to look for its module in."),
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
