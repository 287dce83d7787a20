//! `mp_filter`: one call of a filter, as its script sees it.

use super::apache::state;
use super::arguments::{none, one};
use super::client_errors;
use super::slots;
use crate::httpd::filter::{Error as FilterError, Filter, Invocation};
use crate::httpd::handle::{Error as HandleError, Handle};
use crate::httpd::request::Request;
use crate::python::attach::Attached;
use crate::python::class::{Class, Kind, Method, Property, This};
use crate::python::convert::{Codec, to_str, to_str_or_none};
use crate::python::error::{Error, Kind as ErrorKind, Result};
use crate::python::object::{Buffer, Object};
use crate::settings::filters::Direction;
use crate::settings::handlers::Handler;
use std::cell::Cell;
use std::ffi::CStr;
use std::sync::Arc;

pub struct FilterObject {
    call: Arc<Handle<Invocation>>,
    /// Of the request that is filtered; reading and writing hold its `io`.
    request: Arc<Handle>,
    handler: Arc<Handler>,
    directory: Option<Vec<u8>>,
    softspace: Cell<i64>,
}

impl FilterObject {
    pub fn object<'py>(
        py: Attached<'py>,
        call: Arc<Handle<Invocation>>,
        request: Arc<Handle>,
        handler: Arc<Handler>,
        directory: Option<Vec<u8>>,
    ) -> Result<'py, Object<'py>> {
        let filter = FilterObject { call, request, handler, directory, softspace: Cell::new(0) };
        state(py).filter.instance(py, filter)
    }

    /// Looks at the call, without letting go of the interpreter.
    fn with<'py, T>(&self, body: impl FnOnce(Filter<'_>) -> T) -> Result<'py, T> {
        self.call.lend(body).map_err(over)
    }

    /// Reads or passes on, which may wait: detached, and one thread at a time.
    fn io<'py, T: Send>(
        &self,
        py: Attached<'py>,
        body: impl FnOnce(Filter<'_>) -> std::result::Result<T, FilterError> + Send,
    ) -> Result<'py, T> {
        let (call, request) = (&self.call, &self.request);
        let done = py.detach(|| request.lend_io(|_| call.lend(body))).and_then(|lent| lent);
        match done.map_err(over)? {
            Ok(value) => Ok(value),
            Err(FilterError::Busy) => Err(over(HandleError::Busy)),
            Err(FilterError::Client(error)) => Err(client_errors::raised(py, error)),
            Err(FilterError::Failed) => {
                Err(Error::new(ErrorKind::Os, "the data could not be read or passed on"))
            }
        }
    }

    fn open<'py>(&self) -> Result<'py, ()> {
        if self.with(|filter| filter.is_closed())? {
            return Err(Error::value_error("the filter is closed"));
        }
        Ok(())
    }
}

fn over<'py>(error: HandleError) -> Error<'py> {
    match error {
        HandleError::Ended => Error::new(ErrorKind::Reference, "this call of the filter is over"),
        HandleError::Busy => Error::new(ErrorKind::Runtime, "the request is being read or written already"),
    }
}

type Self_<'a, 'py> = This<'a, 'py, FilterObject>;

fn limit<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, usize> {
    let length = match arguments {
        [] => -1,
        [length] => length.to_int(this.py)?,
        _ => {
            return Err(Error::type_error(format!("takes at most 1 argument ({} given)", arguments.len())));
        }
    };
    Ok(usize::try_from(length).unwrap_or(usize::MAX))
}

fn data<'py>(this: Self_<'_, 'py>, limit: usize, line: bool) -> Result<'py, Object<'py>> {
    this.open()?;
    match this.io(this.py, |filter| filter.read(limit, line))? {
        Some(bytes) => Object::bytes(this.py, &bytes),
        None => Ok(Object::none(this.py)),
    }
}

fn read<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    match limit(this, arguments)? {
        0 => this.open().and_then(|()| Object::bytes(this.py, b"")),
        limit => data(this, limit, false),
    }
}

fn readline<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let limit = limit(this, arguments)?;
    // As with a file: no length is no limit.
    data(this, if limit == 0 { usize::MAX } else { limit }, true)
}

fn write<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let buffer = Buffer::of(this.py, one(arguments)?)?;
    this.open()?;
    let bytes = buffer.as_slice();
    if !bytes.is_empty() {
        this.io(this.py, |filter| filter.write(bytes))?;
    }
    Ok(Object::none(this.py))
}

fn flush<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    this.io(this.py, |filter| filter.flush())?;
    Ok(Object::none(this.py))
}

fn close<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    this.io(this.py, |filter| filter.close())?;
    Ok(Object::none(this.py))
}

fn pass_on<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    this.io(this.py, |filter| filter.pass_on())?;
    Ok(Object::none(this.py))
}

fn disable<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    this.with(|filter| filter.disable())?;
    Ok(Object::none(this.py))
}

/// The same object that the phases of the request have in this interpreter.
fn request<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    this.with(|_| ())?;
    let py = this.py;
    let object = |request: Request<'_>| slots::request_state(request).map(|state| state.object(py));
    this.request.lend(object).map_err(over)?.unwrap_or_else(|| Ok(Object::none(py)))
}

fn name<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    to_str(this.py, Codec::Utf8, &this.with(|filter| filter.name().to_vec())?)
}

fn is_input<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    let direction = this.with(|filter| filter.direction())?;
    Object::int(this.py, i64::from(direction == Direction::Input))
}

fn closed<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    Object::int(this.py, i64::from(this.with(|filter| filter.is_closed())?))
}

fn handler<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    this.with(|_| ())?;
    to_str(this.py, Codec::Utf8, &this.handler.text)
}

fn directory<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    this.with(|_| ())?;
    to_str_or_none(this.py, Codec::Path, this.directory.as_deref())
}

fn softspace<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    this.with(|_| ())?;
    Object::int(this.py, this.softspace.get())
}

fn set_softspace<'py>(this: Self_<'_, 'py>, value: Option<&Object<'py>>) -> Result<'py, ()> {
    let value = value.ok_or_else(|| Error::new(ErrorKind::Attribute, "this attribute cannot be deleted"))?;
    this.softspace.set(value.to_int(this.py)?);
    Ok(())
}

impl Class for FilterObject {
    const NAME: &'static CStr = c"builtins.mp_filter";
    const DOC: &'static CStr = c"One call of a filter (ap_filter_t and the bucket brigade it was called with).\n\nUsable during that call; afterwards everything raises ReferenceError. What a filter remembers it keeps on filter.req.";
    const KIND: Kind = Kind::Closed;
    const METHODS: &'static [Method<Self>] = &[
        Method::new(c"read", read, c"read($self, len=-1, /)\n--\n\nUp to len bytes of the data, as bytes; all that this call is for if len is negative. b'' when nothing is left until the next call; None at the end of the stream. ValueError if the filter is closed, OSError if the data cannot be read."),
        Method::new(c"readline", readline, c"readline($self, len=-1, /)\n--\n\nAs read(), but no further than the end of a line, which is included."),
        Method::new(c"write", write, c"write($self, data, /)\n--\n\nAppends str (as UTF-8) or a bytes-like object to what goes on. ValueError if the filter is closed, OSError if the next filter or the connection fails."),
        Method::new(c"flush", flush, c"flush($self, /)\n--\n\nSends on what was written, with a request to send it at once. OSError if the next filter or the connection fails."),
        Method::new(c"close", close, c"close($self, /)\n--\n\nSends on what was written and ends the stream: nothing is filtered after it. OSError if the next filter or the connection fails."),
        Method::new(c"pass_on", pass_on, c"pass_on($self, /)\n--\n\nSends on, unchanged, what has not been read. OSError if the next filter, the connection or the source fails."),
        Method::new(c"disable", disable, c"disable($self, /)\n--\n\nLets everything pass unchanged from now on, for the rest of the request."),
        Method::END,
    ];
    const PROPERTIES: &'static [Property<Self>] = &[
        Property::read_only(
            c"name",
            name,
            c"str: the name under which the filter is registered; in lower case if by the configuration (ap_filter_rec_t.name).",
        ),
        Property::read_only(c"req", request, c"mp_request: the request that is filtered."),
        Property::read_only(
            c"is_input",
            is_input,
            c"int: 1 for an input filter, 0 for an output filter.",
        ),
        Property::read_only(
            c"handler",
            handler,
            c"str: the handler, as configured or registered.",
        ),
        Property::read_only(
            c"dir",
            directory,
            c"str or None: the directory that the filter was configured for, with a slash at its end; the text of a <Location>; None at server level.",
        ),
        Property::read_only(
            c"closed",
            closed,
            c"int: 1 after close(), else 0.",
        ),
        Property::read_write(
            c"softspace",
            softspace,
            set_softspace,
            c"int: for what prints to the filter; 0 at first.",
        ),
        Property::END,
    ];
}
