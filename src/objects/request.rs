//! `mp_request`, scripts' view of a request: one object for each request and
//! interpreter, kept across phases, revoked when the request's pool goes.

use super::apache::state;
use super::log_entry::LogEntry;
use super::slots;
use super::table::{TableObject, View, none};
use super::text::Kind as TextKind;
use crate::httpd::handle::{Error as HandleError, Handle};
use crate::httpd::log::{self, Target};
use crate::httpd::request::{IoError, Request};
use crate::httpd::table::Table;
use crate::httpd::text::Text;
use crate::python::attach::{Attached, attach};
use crate::python::class::{Class, Kind, Method, Property, This, Visitor};
use crate::python::convert::{Codec, to_str, to_str_or_none};
use crate::python::error::{Error, Kind as ErrorKind, Result};
use crate::python::interpreter::Interpreter;
use crate::python::object::{Buffer, Object, Stored};
use crate::settings::options::Options;
use crate::settings::section::Setting;
use std::cell::{Cell, OnceCell, RefCell};
use std::ffi::{CStr, c_int};
use std::ptr;
use std::sync::Arc;

/// The Python objects of one request, kept in its pool.
pub struct Objects {
    pub handle: Arc<Handle>,
    /// That of the interpreter that came first, mostly the only one.
    first: OnceCell<Made>,
    /// Those of further interpreters that a phase of this request has run in.
    others: RefCell<Vec<Made>>,
    fault: bool,
}

/// A request object and whose it is.
struct Made {
    interpreter: &'static Interpreter,
    object: Stored,
}

impl Objects {
    pub fn new(request: Request<'_>) -> Self {
        let fault = cfg!(feature = "fault-points")
            && request.headers_in().first(b"X-Fault").is_some_and(|value| value == b"cleanup");
        Objects { handle: request.handle(), first: OnceCell::new(), others: RefCell::default(), fault }
    }

    /// The request object of this interpreter; made on first use.
    pub fn object<'py>(
        &self,
        py: Attached<'py>,
        interpreter: &'static Interpreter,
    ) -> Result<'py, Object<'py>> {
        let of_this = |made: &&Made| ptr::eq(made.interpreter, interpreter);
        if let Some(made) = self.first.get().filter(of_this) {
            return Ok(made.object.get(py).clone());
        }
        if let Some(made) = self.others.borrow().iter().find(of_this) {
            return Ok(made.object.get(py).clone());
        }
        let payload = RequestObject {
            handle: Arc::clone(&self.handle),
            body: Cell::new(Body::Untouched),
            tables: Default::default(),
        };
        let object = state(py).request.instance(py, payload)?;
        let made = Made { interpreter, object: object.clone().store(py) };
        if let Err(made) = self.first.set(made) {
            self.others.borrow_mut().push(made);
        }
        Ok(object)
    }
}

impl Drop for Objects {
    /// The request's pool is being destroyed.
    fn drop(&mut self) {
        self.handle.revoke();
        for Made { interpreter, object } in self.first.take().into_iter().chain(self.others.take()) {
            // With nothing of a script's in it, it can go when Python is next entered.
            let Err(object) = interpreter.release_later::<RequestObject>(object) else { continue };
            // Where Python cannot be entered any more, the object goes with the process.
            let _ = attach(interpreter, move |_| drop(object));
        }
        assert!(!self.fault, "fault point cleanup");
    }
}

/// How far the body was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    Untouched,
    Reading,
    Ended,
}

pub struct RequestObject {
    handle: Arc<Handle>,
    body: Cell<Body>,
    /// The table objects handed out, so that each access gives the same one.
    tables: [OnceCell<Stored>; 4],
}

/// A script used a request at the wrong time.
pub fn ended<'py>(error: HandleError) -> Error<'py> {
    match error {
        HandleError::Ended => Error::new(ErrorKind::Reference, "the request has ended"),
        HandleError::Busy => {
            Error::new(ErrorKind::Runtime, "another thread is reading or writing this request")
        }
    }
}

type Self_<'a, 'py> = This<'a, 'py, RequestObject>;

/// URL parts, header values and the method line.
const URL: TextKind = TextKind::Field(Codec::Latin1);
const PATH: TextKind = TextKind::Field(Codec::Path);
const CONFIGURATION: TextKind = TextKind::Field(Codec::Utf8);

impl RequestObject {
    /// Uses the request for a moment, without letting go of the interpreter.
    fn with<'py, T>(&self, body: impl FnOnce(Request<'_>) -> T) -> Result<'py, T> {
        self.handle.lend(body).map_err(ended)
    }

    /// Reads or writes, which may wait: detached, and one thread at a time.
    fn io<'py, T: Send>(
        &self,
        py: Attached<'py>,
        body: impl FnOnce(Request<'_>) -> std::result::Result<T, IoError> + Send,
    ) -> Result<'py, T> {
        let handle = &self.handle;
        let done = py.detach(|| handle.lend_io(body)).map_err(ended)?;
        done.map_err(|IoError| Error::new(ErrorKind::Os, "the connection to the client failed"))
    }
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
fn table<'py>(this: Self_<'_, 'py>, slot: usize, view: View, kind: TextKind) -> Result<'py, Object<'py>> {
    // A look first, so that a request that has ended says so here.
    this.with(|_| ())?;
    let cell = &this.value().tables[slot];
    if let Some(table) = cell.get() {
        return Ok(table.get(this.py).clone());
    }
    let table =
        state(this.py).table.instance(this.py, TableObject::live(Arc::clone(&this.handle), view, kind))?;
    let _ = cell.set(table.clone().store(this.py));
    Ok(table)
}

/// The Python* settings in effect, as a table that lives as long as the request.
fn config_table(request: Request<'_>) -> Table<'_> {
    request.pool().named_table(c"mod_python config", |table| {
        let Some(chain) = slots::chain(request) else {
            return;
        };
        let values = chain.values();
        for setting in Setting::ALL {
            let value = values.get(setting).map(Text::new);
            if let (Ok(name), Some(Ok(value))) = (Text::new(setting.name().as_bytes()), value) {
                table.set(name, value);
            }
        }
    })
}

fn options_table(request: Request<'_>) -> Table<'_> {
    request.pool().named_table(c"mod_python options", |table| {
        let mut options = slots::chain(request).map_or_else(Options::default, |chain| chain.options());
        options.prune();
        for (key, value) in options.iter() {
            if let (Ok(key), Ok(value)) = (Text::new(key), Text::new(value)) {
                table.set(key, value);
            }
        }
    })
}

impl Class for RequestObject {
    const NAME: &'static CStr = c"builtins.mp_request";
    const DOC: &'static CStr = c"A request, as httpd knows it (request_rec).\n\nUsable while a handler of the request runs; afterwards everything raises ReferenceError. Scripts may set further attributes.";
    const KIND: Kind = Kind::WithAttributes;
    const METHODS: &'static [Method<Self>] = &[
        Method::new(c"write", write, c"write(data[, flush=1])\n\nSends str (as UTF-8) or a bytes-like object to the client; with flush, at once. OSError if the connection fails."),
        Method::new(c"flush", flush, c"Sends what was written so far, headers first. OSError if the connection fails."),
        Method::new(c"read", read, c"read([len=-1])\n\nUp to len bytes of the request's body, as bytes; all that is left if len is negative; b'' at its end. OSError if the connection fails."),
        Method::new(c"log_error", log_error, c"log_error(message[, level=APLOG_ERR])\n\nAn entry in the error log, with the request's client."),
        Method::new(c"get_config", |this, args| none(args).and_then(|()| table(this, 2, config_table, CONFIGURATION)), c"The Python* settings in effect for this request, as a table; flags are '1' and '0'."),
        Method::new(c"get_options", |this, args| none(args).and_then(|()| table(this, 3, options_table, CONFIGURATION)), c"The PythonOption values in effect for this request, as a table."),
        Method::END,
    ];
    const PROPERTIES: &'static [Property<Self>] = &[
        Property::read_write(
            c"content_type",
            |this| text(this, URL, |request| request.content_type()),
            set_content_type,
            c"str or None: the Content-Type of the answer (r->content_type).",
        ),
        Property::read_write(
            c"status",
            |this| Object::int(this.py, i64::from(this.with(|request| request.status())?)),
            set_status,
            c"int: the HTTP status of the answer (r->status); 200 at first.",
        ),
        Property::read_only(
            c"headers_in",
            |this| table(this, 0, |request| request.headers_in(), TextKind::Header),
            c"table: the request's headers (r->headers_in).",
        ),
        Property::read_only(
            c"headers_out",
            |this| table(this, 1, |request| request.headers_out(), TextKind::Header),
            c"table: the answer's headers (r->headers_out).",
        ),
        Property::read_write(
            c"uri",
            |this| text(this, URL, |request| request.uri()),
            |this, value| set_text(this, URL, value, false, |request, text| request.set_uri(text)),
            c"str: the path of the URL, decoded (r->uri).",
        ),
        Property::read_only(
            c"unparsed_uri",
            |this| text(this, URL, |request| request.unparsed_uri()),
            c"str: the URL as the client sent it (r->unparsed_uri).",
        ),
        Property::read_write(
            c"filename",
            |this| text(this, PATH, |request| request.filename()),
            |this, value| set_text(this, PATH, value, false, |request, text| request.set_filename(text)),
            c"str or None: the file that the URL maps to (r->filename).",
        ),
        Property::read_write(
            c"path_info",
            |this| text(this, URL, |request| request.path_info()),
            |this, value| set_text(this, URL, value, false, |request, text| request.set_path_info(text)),
            c"str or None: what follows the file in the URL (r->path_info).",
        ),
        Property::read_write(
            c"args",
            |this| text(this, URL, |request| request.args()),
            |this, value| set_text(this, URL, value, true, |request, text| request.set_args(text)),
            c"str or None: the query string (r->args).",
        ),
        Property::read_only(
            c"method",
            |this| text(this, URL, |request| request.method()),
            c"str: the request method (r->method).",
        ),
        Property::read_only(
            c"the_request",
            |this| text(this, URL, |request| request.the_request()),
            c"str: the first line of the request (r->the_request).",
        ),
        Property::read_write(
            c"handler",
            |this| text(this, CONFIGURATION, |request| request.handler()),
            |this, value| {
                set_text(this, CONFIGURATION, value, true, |request, text| request.set_handler(text))
            },
            c"str or None: the name of the handler that answers (r->handler).",
        ),
        Property::read_write(
            c"user",
            |this| text(this, URL, |request| request.user()),
            |this, value| set_text(this, URL, value, false, |request, text| request.set_user(text)),
            c"str or None: the authenticated user (r->user).",
        ),
        Property::read_only(
            c"interpreter",
            |this| to_str(this.py, Codec::Utf8, this.py.interpreter().name()),
            c"str: the name of the interpreter that this code runs in.",
        ),
        Property::END,
    ];

    fn visit(&self, visitor: &mut Visitor) {
        self.tables.iter().filter_map(OnceCell::get).for_each(|table| visitor.stored(table));
    }
}

fn set_content_type<'py>(this: Self_<'_, 'py>, value: Option<&Object<'py>>) -> Result<'py, ()> {
    let text = TextKind::Header.read(this.py, not_deleted(value)?)?;
    this.with(|request| request.set_content_type(text.as_text()))
}

fn set_status<'py>(this: Self_<'_, 'py>, value: Option<&Object<'py>>) -> Result<'py, ()> {
    let status = not_deleted(value)?.to_int(this.py)?;
    let status =
        c_int::try_from(status).map_err(|_| Error::new(ErrorKind::Overflow, "status does not fit an int"))?;
    this.with(|request| request.set_status(status))
}

fn write<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let (data, flush) = match arguments {
        [data] => (data, true),
        [data, flush] => (data, flush.truth(this.py)?),
        _ => {
            return Err(Error::type_error(format!(
                "write() takes 1 or 2 arguments ({} given)",
                arguments.len()
            )));
        }
    };
    let buffer = Buffer::of(this.py, data)?;
    let bytes = buffer.as_slice();
    if bytes.is_empty() {
        this.with(|_| ())?;
    } else {
        this.io(this.py, |request| {
            request.write(bytes)?;
            if flush { request.flush() } else { Ok(()) }
        })?;
    }
    Ok(Object::none(this.py))
}

fn flush<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    this.io(this.py, |request| request.flush())?;
    Ok(Object::none(this.py))
}

/// What one call to httpd reads at the most; a client's word about its length decides
/// nothing.
const READ_AT_ONCE: usize = 64 * 1024;

fn read<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let wanted = match arguments {
        [] => -1,
        [length] => length.to_int(this.py)?,
        _ => {
            return Err(Error::type_error(format!(
                "read() takes at most 1 argument ({} given)",
                arguments.len()
            )));
        }
    };
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    if wanted == 0 || !begin_body(this)? {
        return Object::bytes(this.py, b"");
    }
    let (body, ended) = this.io(this.py, |request| read_up_to(request, wanted))?;
    if ended {
        this.body.set(Body::Ended);
    }
    Object::bytes(this.py, &body)
}

fn read_up_to(request: Request<'_>, wanted: usize) -> std::result::Result<(Vec<u8>, bool), IoError> {
    let mut body = Vec::new();
    while body.len() < wanted {
        let filled = body.len();
        body.resize(filled + READ_AT_ONCE.min(wanted - filled), 0);
        let read = request.read_body(&mut body[filled..])?;
        body.truncate(filled + read);
        if read == 0 {
            return Ok((body, true));
        }
    }
    Ok((body, false))
}

/// Prepares the body at the first read; false once it has ended. A body that httpd
/// refuses ends the handler with that status.
fn begin_body<'py>(this: Self_<'_, 'py>) -> Result<'py, bool> {
    match this.body.get() {
        Body::Ended => return Ok(false),
        Body::Reading => return Ok(true),
        Body::Untouched => {}
    }
    let begun = this.io(this.py, |request| Ok(request.begin_body()))?;
    if let Err(status) = begun {
        let status = Object::int(this.py, i64::from(status))?;
        return Err(Error::of_class(this.py, state(this.py).server_return.get(this.py), &status));
    }
    this.body.set(Body::Reading);
    Ok(true)
}

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
