//! The functions of `_apache` behind `sys.stdout`, `sys.stderr` and
//! `mod_python.logging`: Python's text on its way to the error log.

use super::apache::Apache;
use super::log_entry;
use super::serving::{self, Stream};
use crate::httpd::log::{self, Source, Target};
use crate::parse::lines::LineBuffer;
use crate::python::attach::Attached;
use crate::python::convert::to_message;
use crate::python::error::{Error, Result};
use crate::python::module::Function;
use crate::python::object::Object;

pub const PRINT: Function<Apache> = Function::new(
    c"_print",
    |py, _, arguments| print(py, arguments),
    c"_print($module, stream, text, /)\n--\n\nLogs the lines that str or bytes complete; keeps the rest until the line ends. Stream 1 is stdout, 2 is stderr.",
);

pub const FLUSH: Function<Apache> = Function::new(
    c"_flush",
    |py, _, arguments| flush(py, arguments),
    c"_flush($module, stream, /)\n--\n\nLogs the line that this thread has begun.",
);

pub const LOG: Function<Apache> = Function::new(
    c"_log",
    |py, _, arguments| log_lines(py, arguments),
    c"_log($module, level, text, file, line, server, /)\n--\n\nOne entry for each line of text, if LogLevel lets it through.",
);

pub const LOG_LEVEL: Function<Apache> = Function::new(
    c"_log_level",
    |py, _, arguments| log_level(py, arguments),
    c"_log_level($module, server, /)\n--\n\nThe LogLevel in force, 0 (emerg) to 15 (trace8).",
);

fn print<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let [stream, text] = arguments else { return Err(wrong_count("_print", 2)) };
    let stream = read_stream(py, stream)?;
    let entries = match text.as_bytes() {
        Some(bytes) => serving::printed(stream, bytes),
        None => serving::printed(stream, to_message(py, text)?.as_bytes()),
    };
    if !entries.is_empty() {
        py.detach(|| serving::log(stream, &entries));
    }
    Ok(Object::none(py))
}

fn flush<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let [stream] = arguments else { return Err(wrong_count("_flush", 1)) };
    let stream = read_stream(py, stream)?;
    if let Some(entry) = serving::flushed(stream) {
        py.detach(|| serving::log(stream, &[entry]));
    }
    Ok(Object::none(py))
}

fn log_lines<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let [level, text, file, line, server] = arguments else { return Err(wrong_count("_log", 5)) };
    let level = log_entry::read_level(py, level)?;
    let entries = LineBuffer::entries(to_message(py, text)?.as_bytes());
    let source = Source::new(to_message(py, file)?.as_bytes(), line.to_int(py)?);
    let server = log_entry::read_server(py, server)?;
    py.detach(move || {
        let write = |target: Target<'_>| {
            entries.iter().for_each(|entry| log::script_at(target, level, Some(&source), entry))
        };
        match server {
            Some(target) => write(target),
            None => serving::with_target(write),
        }
    });
    Ok(Object::none(py))
}

fn log_level<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let [server] = arguments else { return Err(wrong_count("_log_level", 1)) };
    let limit = match log_entry::read_server(py, server)? {
        Some(target) => log::limit(target),
        None => serving::with_target(log::limit),
    };
    Object::int(py, i64::from(limit))
}

fn read_stream<'py>(py: Attached<'py>, stream: &Object<'py>) -> Result<'py, Stream> {
    match stream.to_int(py)? {
        1 => Ok(Stream::Out),
        2 => Ok(Stream::Error),
        other => Err(Error::value_error(format!("{other} is no stream: 1 is stdout, 2 is stderr"))),
    }
}

fn wrong_count<'py>(name: &str, count: usize) -> Error<'py> {
    Error::type_error(format!("{name}() takes {count} arguments"))
}
