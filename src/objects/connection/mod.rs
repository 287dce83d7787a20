//! `mp_conn`, scripts' view of a connection: `req.connection`, and what a connection
//! handler is given.

mod attributes;
mod transfer;

use super::apache::state;
use super::handler_list::HandlerList;
use super::log_entry::LogEntry;
use super::server::{self, ServerObject};
use crate::httpd::connection::{Connection, ConnectionHandle};
use crate::httpd::handle::{Error as HandleError, Handle};
use crate::httpd::log::{self, Target};
use crate::python::attach::Attached;
use crate::python::class::{Class, Kind, Method, Property, This, Visitor, is_bare};
use crate::python::error::{Error, Kind as ErrorKind, Result};
use crate::python::object::{Object, Stored};
use crate::settings::handlers::Handler;
use std::cell::OnceCell;
use std::ffi::CStr;
use std::sync::Arc;
use transfer::Stream;

/// The way to a connection, and how long it is open.
#[derive(Clone)]
pub enum Source {
    /// While a handler of the request runs.
    OfRequest(Arc<Handle>),
    /// While its connection handler runs.
    Own(Arc<ConnectionHandle>),
}

impl Source {
    /// Uses the connection for a moment, without letting go of the interpreter.
    pub fn lend<'py, T>(&self, body: impl FnOnce(Connection<'_>) -> T) -> Result<'py, T> {
        match self {
            Source::OfRequest(handle) => handle.lend(|request| body(request.connection())),
            Source::Own(handle) => handle.lend(body),
        }
        .map_err(over)
    }

    /// Uses it for what may wait: detached.
    fn detached<'py, T: Send>(
        &self,
        py: Attached<'py>,
        body: impl FnOnce(Connection<'_>) -> T + Send,
    ) -> Result<'py, T> {
        py.detach(|| match self {
            Source::OfRequest(handle) => handle.lend(|request| body(request.connection())),
            Source::Own(handle) => handle.lend(body),
        })
        .map_err(over)
    }

    /// Reads or writes: detached, and one thread at a time.
    fn io<'py, T: Send>(
        &self,
        py: Attached<'py>,
        body: impl FnOnce(Connection<'_>) -> T + Send,
    ) -> Result<'py, T> {
        py.detach(|| match self {
            Source::OfRequest(handle) => handle.lend_io(|request| body(request.connection())),
            Source::Own(handle) => handle.lend_io(body),
        })
        .map_err(over)
    }
}

pub fn over<'py>(error: HandleError) -> Error<'py> {
    match error {
        HandleError::Ended => Error::new(ErrorKind::Reference, "the connection has ended"),
        HandleError::Busy => {
            Error::new(ErrorKind::Runtime, "another thread is reading or writing this connection")
        }
    }
}

pub struct ConnectionObject {
    source: Source,
    stream: Stream,
    /// Of a connection handler.
    handlers: Option<Arc<[Handler]>>,
    /// Objects handed out, so that each access gives the same one.
    base_server: OnceCell<Stored>,
    notes: OnceCell<Stored>,
    hlist: OnceCell<Stored>,
}

impl ConnectionObject {
    fn new(source: Source, handlers: Option<Arc<[Handler]>>) -> Self {
        ConnectionObject {
            source,
            stream: Stream::default(),
            handlers,
            base_server: OnceCell::new(),
            notes: OnceCell::new(),
            hlist: OnceCell::new(),
        }
    }

    /// The client is known to be gone, or to have said all that it will.
    pub fn is_over(&self) -> bool {
        self.stream.is_over()
    }

    /// Bytes were taken from the connection that the script has not been given: those of a
    /// line that did not come to its end in time.
    pub fn holds_input(&self) -> bool {
        self.stream.holds_input()
    }
}

/// The connection of a request.
pub fn of_request<'py>(py: Attached<'py>, handle: &Arc<Handle>) -> Result<'py, Object<'py>> {
    let source = Source::OfRequest(Arc::clone(handle));
    state(py).connection.instance(py, ConnectionObject::new(source, None))
}

/// What a connection handler is given.
pub fn of_handler<'py>(
    py: Attached<'py>,
    handle: &Arc<ConnectionHandle>,
    handlers: &Arc<[Handler]>,
) -> Result<'py, Object<'py>> {
    let source = Source::Own(Arc::clone(handle));
    state(py).connection.instance(py, ConnectionObject::new(source, Some(Arc::clone(handlers))))
}

/// What C code is given, until it leaves the interpreter.
pub fn of_c<'py>(py: Attached<'py>, handle: &Arc<ConnectionHandle>) -> Result<'py, Object<'py>> {
    state(py).connection.instance(py, ConnectionObject::new(Source::Own(Arc::clone(handle)), None))
}

type Self_<'a, 'py> = This<'a, 'py, ConnectionObject>;

/// What `cell` holds; made on first use.
fn once<'py>(
    this: Self_<'_, 'py>,
    cell: fn(&ConnectionObject) -> &OnceCell<Stored>,
    make: impl FnOnce() -> Result<'py, Object<'py>>,
) -> Result<'py, Object<'py>> {
    // A look first, so that a connection that has ended says so here.
    this.source.lend(|_| ())?;
    let cell = cell(this.value());
    if let Some(made) = cell.get() {
        return Ok(made.get(this.py).clone());
    }
    let made = make()?;
    let _ = cell.set(made.clone().store(this.py));
    Ok(made)
}

fn base_server<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    once(
        this,
        |object| &object.base_server,
        || {
            let server = this.source.lend(|connection| connection.base_server().kept())?;
            server::object(this.py, server)
        },
    )
}

fn hlist<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    match (&this.source, &this.handlers) {
        (Source::Own(handle), Some(handlers)) => once(
            this,
            |object| &object.hlist,
            || HandlerList::of_connection(this.py, Arc::clone(handle), Arc::clone(handlers)),
        ),
        _ => Ok(Object::none(this.py)),
    }
}

fn log_error<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    if let Some(entry) = LogEntry::read(this.py, arguments)? {
        this.source.detached(this.py, |connection| {
            log::script(Target::Connection(connection), entry.level, entry.message.as_bytes());
        })?;
    }
    Ok(Object::none(this.py))
}

impl Class for ConnectionObject {
    const NAME: &'static CStr = c"builtins.mp_conn";
    const DOC: &'static CStr = c"A connection, as httpd knows it (conn_rec).\n\nUsable while its connection handler, or a handler of its request, runs; afterwards everything raises ReferenceError.";
    const KIND: Kind = Kind::Holding;
    const METHODS: &'static [Method<Self>] = &[
        Method::new(c"read", transfer::read, c"read($self, len=0, /)\n--\n\nWaits until there is input, and returns up to len bytes of it; without len, or with 0, what has come in; with a negative len, everything until the client closes. None at the end of the input, told once; after that OSError, as for a connection that fails or a client that is silent for longer than Timeout."),
        Method::new(c"readline", transfer::readline, c"readline($self, len=0, /)\n--\n\nWaits for a line, and returns it with its newline; at most len bytes of it if len is positive, the rest being left for the next call. Input that ends without a newline is a line too; b'' at the end of the input, told once; after that OSError, as for a connection that fails or a client that is silent for longer than Timeout, whose unfinished line is left for the next call."),
        Method::new(c"write", transfer::write, c"write($self, data, /)\n--\n\nSends str (as UTF-8) or a bytes-like object to the client at once. OSError if the connection fails."),
        Method::new(c"log_error", log_error, c"log_error($self, message, level=3, /)\n--\n\nAn entry in the error log, with the client. message: str, or None for no entry; level: one of APLOG_*, of which 3 is APLOG_ERR."),
        Method::END,
    ];
    const PROPERTIES: &'static [Property<Self>] = attributes::PROPERTIES;

    fn is_bare(&self) -> bool {
        self.base_server.get().is_none_or(is_bare::<ServerObject>)
    }

    fn visit(&self, visitor: &mut Visitor) {
        let held = [&self.base_server, &self.notes, &self.hlist];
        held.into_iter().filter_map(OnceCell::get).for_each(|object| visitor.stored(object));
    }
}
