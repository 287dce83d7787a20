//! `mp_request`, scripts' view of a request: one object for each request and
//! interpreter, kept across phases, revoked when the request's pool goes.

mod attributes;
mod auth;
pub mod body;
mod cgi;
pub mod configuration;
mod fields;
mod filters;
mod handlers;
pub mod import_settings;
mod input;
mod linked;
pub mod may_see;
mod meta;
mod methods;
mod output;
mod related;
mod rows;
pub mod state;
mod url;
mod wsgi;

use self::state::RequestState;
use super::apache::state;
use super::client_errors;
use super::ended::ended;
use super::live_table::View;
use super::slots;
use super::table::TableObject;
use super::text::Kind as TextKind;
use crate::httpd::client_error::ClientError;
use crate::httpd::handle::Handle;
use crate::httpd::request::Request;
use crate::httpd::text::Text;
use crate::python::attach::Attached;
use crate::python::class::{Class, Kind, Method, Property, Slot, This, Visitor};
use crate::python::convert::{Codec, to_str_or_none};
use crate::python::error::{Error, Kind as ErrorKind, Result};
use crate::python::object::{Object, Stored};
use related::Related;
use std::cell::OnceCell;
use std::ffi::CStr;
use std::sync::Arc;

pub struct RequestObject {
    handle: Arc<Handle>,
    /// What `wsgi_start_response` has begun.
    wsgi: OnceCell<Stored>,
    /// `_request_rec`, once a script has asked for it.
    capsule: OnceCell<Stored>,
    /// The table objects handed out, so that each access gives the same one.
    tables: [OnceCell<Stored>; TableSlot::COUNT],
    related: Related,
}

/// The tables of a request, by what they show.
#[derive(Debug, Clone, Copy)]
enum TableSlot {
    HeadersIn,
    HeadersOut,
    ErrHeadersOut,
    SubprocessEnv,
    Notes,
    Config,
    Options,
}

impl TableSlot {
    const COUNT: usize = TableSlot::Options as usize + 1;
}

pub type Self_<'a, 'py> = This<'a, 'py, RequestObject>;

pub const HEADER: TextKind = TextKind::Header;
/// URL parts, header values and the method line.
const URL: TextKind = TextKind::Field(Codec::Latin1);
const PATH: TextKind = TextKind::Field(Codec::Path);
const CONFIGURATION: TextKind = TextKind::Field(Codec::Utf8);

impl RequestObject {
    fn new(handle: Arc<Handle>) -> Self {
        RequestObject {
            handle,
            wsgi: OnceCell::new(),
            capsule: OnceCell::new(),
            tables: Default::default(),
            related: Related::default(),
        }
    }

    /// Uses the request for a moment, without letting go of the interpreter.
    pub fn with<'py, T>(&self, body: impl FnOnce(Request<'_>) -> T) -> Result<'py, T> {
        self.handle.lend(body).map_err(ended)
    }

    /// Reads or writes, which may wait: detached, and one thread at a time.
    pub fn io<'py, T: Send>(
        &self,
        py: Attached<'py>,
        body: impl FnOnce(Request<'_>, &RequestState) -> std::result::Result<T, ClientError> + Send,
    ) -> Result<'py, T> {
        io(&self.handle, py, body)
    }

    /// What others keep of the request.
    pub fn handle(&self) -> &Arc<Handle> {
        &self.handle
    }
}

/// See [`RequestObject::io`].
pub fn io<'py, T: Send>(
    handle: &Handle,
    py: Attached<'py>,
    body: impl FnOnce(Request<'_>, &RequestState) -> std::result::Result<T, ClientError> + Send,
) -> Result<'py, T> {
    let with_state = |request: Request<'_>| slots::request_state(request).map(|state| body(request, state));
    let done = py.detach(|| handle.lend_io(with_state)).map_err(ended)?;
    done.ok_or_else(not_served)?.map_err(|error| client_errors::raised(py, error))
}

/// The same attached, for what never waits.
pub fn io_at_once<'py, T>(
    handle: &Handle,
    py: Attached<'py>,
    body: impl FnOnce(Request<'_>, &RequestState) -> std::result::Result<T, ClientError>,
) -> Result<'py, T> {
    let with_state = |request: Request<'_>| slots::request_state(request).map(|state| body(request, state));
    let done = handle.lend_io(with_state).map_err(ended)?;
    done.ok_or_else(not_served)?.map_err(|error| client_errors::raised(py, error))
}

/// Looks at the request and what is kept with it, without letting go of the interpreter.
pub fn with_state<'py, T>(
    handle: &Handle,
    body: impl FnOnce(Request<'_>, &RequestState) -> T,
) -> Result<'py, T> {
    let look = |request: Request<'_>| slots::request_state(request).map(|state| body(request, state));
    handle.lend(look).map_err(ended)?.ok_or_else(not_served)
}

fn not_served<'py>() -> Error<'py> {
    Error::new(ErrorKind::Runtime, "the request is not served by Python")
}

fn text<'py>(
    this: Self_<'_, 'py>,
    kind: TextKind,
    field: for<'r> fn(Request<'r>) -> Option<&'r [u8]>,
) -> Result<'py, Object<'py>> {
    this.with(|request| to_str_or_none(this.py, kind.codec(), field(request)))?
}

fn set_text<'py>(
    this: Self_<'_, 'py>,
    kind: TextKind,
    value: Option<&Object<'py>>,
    none_allowed: bool,
    field: for<'r, 't> fn(Request<'r>, Option<Text<'t>>),
) -> Result<'py, ()> {
    let value = not_deleted(value)?;
    if value.is_none() && none_allowed {
        return this.with(|request| field(request, None));
    }
    let text = kind.read(this.py, value)?;
    this.with(|request| field(request, Some(text.as_text())))
}

fn not_deleted<'a, 'py>(value: Option<&'a Object<'py>>) -> Result<'py, &'a Object<'py>> {
    value.ok_or_else(|| Error::new(ErrorKind::Attribute, "this attribute cannot be deleted"))
}

/// A live table of the request, as the same object each time.
fn table<'py>(this: Self_<'_, 'py>, slot: TableSlot, view: View, kind: TextKind) -> Result<'py, Object<'py>> {
    // A look first, so that a request that has ended says so here.
    this.with(|_| ())?;
    let cell = &this.value().tables[slot as usize];
    if let Some(table) = cell.get() {
        return Ok(table.get(this.py).clone());
    }
    let table =
        state(this.py).table.instance(this.py, TableObject::live(Arc::clone(&this.handle), view, kind))?;
    let _ = cell.set(table.clone().store(this.py));
    Ok(table)
}

impl Class for RequestObject {
    const NAME: &'static CStr = c"builtins.mp_request";
    const DOC: &'static CStr = c"A request, as httpd knows it (request_rec).\n\nUsable while a handler of the request runs; afterwards everything raises ReferenceError. Scripts may set further attributes.";
    const KIND: Kind = Kind::WithAttributes;
    const METHODS: &'static [Method<Self>] = methods::METHODS;
    const PROPERTIES: &'static [Property<Self>] = attributes::PROPERTIES;
    /// The lines of the body.
    const SLOTS: &'static [Slot<Self>] =
        &[Slot::iter(|this| Ok(this.object.clone())), Slot::next(input::next), Slot::END];

    fn visit(&self, visitor: &mut Visitor) {
        self.wsgi.get().into_iter().for_each(|begun| visitor.stored(begun));
        self.capsule.get().into_iter().for_each(|capsule| visitor.stored(capsule));
        self.tables.iter().filter_map(OnceCell::get).for_each(|table| visitor.stored(table));
        self.related.visit(visitor);
    }

    fn is_bare(&self) -> bool {
        self.related.is_bare()
    }
}
