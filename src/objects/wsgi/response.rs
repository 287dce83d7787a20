//! What an application has promised of its answer, and how far it has kept that: the
//! object behind `start_response` and `write`.

use super::start;
use crate::httpd::client_error::ClientError;
use crate::httpd::handle::Handle;
use crate::httpd::log::{self, Target};
use crate::httpd::request::Request;
use crate::objects::request::state::RequestState;
use crate::objects::request::{self, Self_};
use crate::python::attach::Attached;
use crate::python::class::{Class, Kind, Method, This};
use crate::python::error::{Error, Result};
use crate::python::object::Object;
use crate::settings::messages::Code;
use std::cell::{Cell, RefCell};
use std::ffi::CStr;
use std::sync::Arc;

/// One answer. It refers to nothing of a script's, and reaches the request as a kept `req`
/// does, so a script may keep it for ever.
pub struct Response {
    handle: Arc<Handle>,
    /// `start_response` was called.
    started: Cell<bool>,
    /// The names of the headers that it set, each ended by a NUL.
    names: RefCell<Vec<u8>>,
    /// Content-Length.
    length: Cell<Option<u64>>,
    /// How many bytes were given, of those that the answer has room for.
    given: Cell<u64>,
    no_content: Cell<bool>,
}

/// How much of a block the answer has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    pub bytes: usize,
    /// The block has more than that.
    pub is_exceeded: bool,
}

impl Response {
    pub fn new(request: Self_<'_, '_>) -> Self {
        Response {
            handle: Arc::clone(request.handle()),
            started: Cell::new(false),
            names: RefCell::default(),
            length: Cell::new(None),
            given: Cell::new(0),
            no_content: Cell::new(false),
        }
    }

    pub fn with<'py, T>(&self, body: impl FnOnce(Request<'_>, &RequestState) -> T) -> Result<'py, T> {
        request::with_state(&self.handle, body)
    }

    pub fn io<'py, T: Send>(
        &self,
        py: Attached<'py>,
        body: impl FnOnce(Request<'_>, &RequestState) -> std::result::Result<T, ClientError> + Send,
    ) -> Result<'py, T> {
        request::io(&self.handle, py, body)
    }

    /// The same attached, for what never waits.
    pub fn io_at_once<'py, T>(
        &self,
        py: Attached<'py>,
        body: impl FnOnce(Request<'_>, &RequestState) -> std::result::Result<T, ClientError>,
    ) -> Result<'py, T> {
        request::io_at_once(&self.handle, py, body)
    }

    pub fn is_started(&self) -> bool {
        self.started.get()
    }

    /// Whether anything of it can be on its way to the client.
    pub fn is_begun<'py>(&self) -> Result<'py, bool> {
        Ok(self.given.get() > 0 || self.with(|request, _| request.is_begun())?)
    }

    /// The answer's head is set. Returns the names of the headers of the one before.
    pub fn start(&self, names: Vec<u8>, length: Option<u64>, no_content: bool) -> Vec<u8> {
        self.started.set(true);
        self.length.set(length);
        self.no_content.set(no_content);
        self.names.replace(names)
    }

    /// What the application promised, or this module found out.
    pub fn length(&self) -> Option<u64> {
        self.length.get()
    }

    /// The length of all that comes is known, and can be told unless the application did that
    /// or something came before.
    pub fn tell_length<'py>(&self, length: u64) -> Result<'py, ()> {
        if self.length.get().is_some() {
            return Ok(());
        }
        self.with(|request, state| {
            if !request.is_begun() && state.bytes_queued() == 0 {
                request.set_content_length(i64::try_from(length).unwrap_or(i64::MAX));
                self.length.set(Some(length));
            }
        })
    }

    pub fn given(&self) -> u64 {
        self.given.get()
    }

    /// The answer's status allows no content: what the application gives is dropped.
    pub fn has_no_content(&self) -> bool {
        self.no_content.get()
    }

    /// Takes room for a block.
    pub fn take_room(&self, block: usize) -> Room {
        let left = self.length.get().map_or(u64::MAX, |length| length.saturating_sub(self.given.get()));
        let bytes = usize::try_from(left).unwrap_or(usize::MAX).min(block);
        self.given.set(self.given.get() + bytes as u64);
        Room { bytes, is_exceeded: bytes < block }
    }

    /// A block was sent in part only.
    pub fn give_back(&self, bytes: u64) {
        self.given.set(self.given.get() - bytes);
    }

    /// Of an answer to HEAD nothing but the head is sent, which the first block brings about.
    /// mod_http2 would take what follows for a body.
    pub fn is_head_done<'py>(&self) -> Result<'py, bool> {
        Ok(self.given.get() > 0 && self.with(|request, _| request.header_only() != 0)?)
    }

    /// How many bytes of what was promised did not come.
    pub fn missing(&self) -> u64 {
        self.length.get().map_or(0, |length| length.saturating_sub(self.given.get()))
    }

    /// Logs that a block does not fit.
    pub fn log_surplus<'py>(&self, py: Attached<'py>) -> Result<'py, ()> {
        let length = self.length.get().unwrap_or_default();
        let message = format!(
            "the application gives more than its Content-Length of {length} bytes; the rest is dropped"
        );
        self.log(py, Code::WsgiSurplus, &message)
    }

    pub fn log<'py>(&self, py: Attached<'py>, code: Code, message: &str) -> Result<'py, ()> {
        self.io(py, |request, _| {
            log::entry(Target::Request(request), code, message);
            Ok(())
        })
    }
}

/// A block of a body: `bytes`, or `str` as UTF-8.
pub fn block<'a, 'py>(py: Attached<'py>, item: &'a Object<'py>) -> Result<'py, &'a [u8]> {
    item.constant_bytes(py)?.ok_or_else(|| {
        Error::type_error(format!("a WSGI application must give bytes (or str), not {}", item.type_name()))
    })
}

/// `write(data)`.
fn write<'py>(this: This<'_, 'py, Response>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let [data] = arguments else {
        return Err(Error::type_error(format!(
            "write() takes exactly 1 argument ({} given)",
            arguments.len()
        )));
    };
    let data = block(this.py, data)?;
    if this.has_no_content() || this.is_head_done()? {
        return Ok(Object::none(this.py));
    }
    let room = this.take_room(data.len());
    let data = &data[..room.bytes];
    if !data.is_empty() {
        this.io(this.py, |request, state| state.output.write(request, data, true))?;
    }
    if room.is_exceeded {
        let length = this.length().unwrap_or_default();
        return Err(Error::value_error(format!("more than the Content-Length of {length} bytes")));
    }
    Ok(Object::none(this.py))
}

impl Class for Response {
    const NAME: &'static CStr = c"builtins.wsgi_response";
    const DOC: &'static CStr = c"The answer of a WSGI application (PEP 3333).";
    const KIND: Kind = Kind::Closed;
    const METHODS: &'static [Method<Self>] = &[
        Method::new(c"start_response", start::start_response, c"start_response($self, status, headers, exc_info=None, /)\n--\n\nSets the status, such as '200 OK', and the headers, a list of (name, value) tuples of str, and returns write(data). A second call needs exc_info: it replaces what was set, or raises that exception again if headers were sent. TypeError or ValueError, and nothing is set, for what cannot be sent; RuntimeError for a second call without exc_info."),
        Method::new(c"write", write, c"write($self, data, /)\n--\n\nSends bytes (or str, as UTF-8) at once, headers first. ValueError beyond Content-Length; ClientDisconnected or ClientTimeout, both OSError, if the client takes no more."),
        Method::END,
    ];
}
