//! The way of `mod_python.util` to the parsers of forms.

use super::apache::Apache;
use super::arguments::{none, one};
use super::serving;
use crate::httpd::log;
use crate::parse::multipart::{Error as Refusal, Event, Limits, Parser};
use crate::parse::parameters;
use crate::python::attach::Attached;
use crate::python::class::{Class, Kind, Method, Property, Slot, This};
use crate::python::convert::to_message;
use crate::python::error::{Error, Kind as ErrorKind, Result};
use crate::python::module::Function;
use crate::python::object::Object;
use crate::settings::messages::Code;
use std::cell::{Cell, RefCell};
use std::ffi::CStr;

pub const PARSE_HEADER: Function<Apache> = Function::new(
    c"_parse_header",
    |py, _, arguments| parse_header(py, arguments),
    c"_parse_header($module, line, /)\n--\n\nA header value with parameters, as bytes: (value, [(name, value), ...]). Quoted strings are unquoted, name*= (RFC 8187) is decoded to UTF-8.",
);

pub const LOG_FORM_REFUSED: Function<Apache> = Function::new(
    c"_log_form_refused",
    |py, _, arguments| log_form_refused(py, arguments),
    c"_log_form_refused($module, reason, /)\n--\n\nLogs why the form of the request that this thread serves was refused.",
);

fn parse_header<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let line = one(arguments)?;
    let Some(line) = line.as_bytes() else {
        return Err(Error::type_error(format!("expected bytes, got {}", line.type_name())));
    };
    let header = parameters::header(line);
    pair(py, &header.value, Object::list(py, header.parameters.iter().map(|it| field(py, it)))?)
}

fn pair<'py>(py: Attached<'py>, first: &[u8], second: Object<'py>) -> Result<'py, Object<'py>> {
    Object::pair(py, &Object::bytes(py, first)?, &second)
}

fn field<'py>(py: Attached<'py>, (name, value): &(Vec<u8>, Vec<u8>)) -> Result<'py, Object<'py>> {
    pair(py, name, Object::bytes(py, value)?)
}

fn log_form_refused<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let reason = to_message(py, one(arguments)?)?;
    py.detach(|| serving::with_target(|target| log::entry(target, Code::FormRefused, &reason)));
    Ok(Object::none(py))
}

/// Parses the body of one form.
#[derive(Default)]
pub struct MultipartParser {
    /// Taken out while it works: a collection of garbage may run any code meanwhile.
    parser: RefCell<Option<Parser>>,
    ended: Cell<bool>,
}

type Self_<'a, 'py> = This<'a, 'py, MultipartParser>;

impl Class for MultipartParser {
    const NAME: &'static CStr = c"_apache.multipart_parser";
    const DOC: &'static CStr = c"multipart_parser(boundary, header_bytes, header_lines, /)\n--\n\nParses a body of type multipart/* (RFC 2046, 5.1) piece by piece. boundary: bytes; the others limit the headers of each part. ValueError for a boundary that is empty or has control characters.";
    const KIND: Kind = Kind::Open;
    const METHODS: &'static [Method<Self>] = &[
        Method::new(c"feed", feed, c"feed($self, data, /)\n--\n\nTakes the next bytes of the body, and returns what is known now: a list for a part that begins, with the (name, value) pairs of its headers; bytes for some of its content; None for its end. ValueError for malformed headers, after which the parser is of no use."),
        Method::new(c"close", close, c"close($self, /)\n--\n\nEnds the body, and returns what feed() has not."),
        Method::END,
    ];
    const PROPERTIES: &'static [Property<Self>] = &[
        Property::read_only(c"ended", ended, c"bool: whether the closing delimiter was seen, or close() called; feed() ignores what comes then."),
        Property::END,
    ];
    const SLOTS: &'static [Slot<Self>] = &[Slot::<Self>::init(init), Slot::END];

    fn new(_py: Attached<'_>) -> Result<'_, Self> {
        Ok(MultipartParser::default())
    }
}

fn init<'py>(
    this: Self_<'_, 'py>,
    arguments: &Object<'py>,
    keywords: Option<&Object<'py>>,
) -> Result<'py, ()> {
    let arguments = arguments.iter(this.py)?.collect::<Result<'py, Vec<_>>>()?;
    let ([boundary, bytes, lines], None) = (arguments.as_slice(), keywords) else {
        return Err(Error::type_error("multipart_parser() takes exactly 3 positional arguments"));
    };
    let Some(boundary) = boundary.as_bytes() else {
        return Err(Error::type_error(format!("the boundary must be bytes, not {}", boundary.type_name())));
    };
    let limit = |number: &Object<'py>| {
        let number = number.to_int(this.py)?;
        usize::try_from(number).map_err(|_| Error::value_error("a limit is 0 or more"))
    };
    let limits = Limits { header_bytes: limit(bytes)?, header_lines: limit(lines)? };
    let parser = Parser::new(boundary, limits).map_err(refused)?;
    this.parser.replace(Some(parser));
    this.ended.set(false);
    Ok(())
}

fn refused<'py>(refusal: Refusal) -> Error<'py> {
    Error::value_error(refusal.to_string())
}

fn feed<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let data = one(arguments)?;
    let Some(data) = data.as_bytes() else {
        return Err(Error::type_error(format!("expected bytes, got {}", data.type_name())));
    };
    with_parser(this, |parser| parser.feed(data))
}

fn close<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    with_parser(this, Parser::close)
}

fn ended<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    Ok(Object::bool(this.py, this.ended.get()))
}

/// The events that `use_it` leads to. A parser that failed is dropped.
fn with_parser<'py>(this: Self_<'_, 'py>, use_it: impl FnOnce(&mut Parser)) -> Result<'py, Object<'py>> {
    let Some(mut parser) = this.parser.take() else {
        return Err(Error::new(ErrorKind::Runtime, "the parser is in use, or has failed"));
    };
    use_it(&mut parser);
    let mut events = Vec::new();
    while let Some(event) = parser.next().map_err(refused)? {
        events.push(match event {
            Event::Part(headers) => Object::list(this.py, headers.iter().map(|it| field(this.py, it)))?,
            Event::Data(data) => Object::bytes(this.py, data)?,
            Event::PartEnd => Object::none(this.py),
            Event::End => {
                this.ended.set(true);
                continue;
            }
        });
    }
    this.parser.replace(Some(parser));
    Object::list(this.py, events.into_iter().map(Ok))
}
