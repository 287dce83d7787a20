//! `mp_server`, scripts' view of a virtual host or of the main server. A child's
//! configuration lives as long as the child, so a server may be kept for ever.

use super::apache::state;
use super::arguments::none;
use super::child_cleanup;
use super::log_entry::LogEntry;
use super::server_tables::{self, Which};
use super::table::TableObject;
use super::text::Kind as TextKind;
use crate::httpd::log::{self, Target};
use crate::httpd::server::{Server, generation, restart_time};
use crate::python::attach::Attached;
use crate::python::capsule;
use crate::python::class::{Class, Kind, Method, Property, This, Visitor, is_bare};
use crate::python::convert::{Codec, to_str, to_str_or_none};
use crate::python::error::{Error, Kind as ErrorKind, Result};
use crate::python::object::{Object, Stored};
use std::cell::OnceCell;
use std::ffi::CStr;

pub struct ServerObject {
    pub server: Server<'static>,
    next: OnceCell<Stored>,
}

/// A new object for the server; None is one that httpd's configuration does not have.
pub fn object<'py>(py: Attached<'py>, server: Option<Server<'static>>) -> Result<'py, Object<'py>> {
    let server = server.ok_or_else(|| {
        Error::new(ErrorKind::Runtime, "a server that is not in httpd's configuration cannot be used here")
    })?;
    state(py).server.instance(py, ServerObject { server, next: OnceCell::new() })
}

type Self_<'a, 'py> = This<'a, 'py, ServerObject>;

fn number<'py>(this: Self_<'_, 'py>, value: i64) -> Result<'py, Object<'py>> {
    Object::int(this.py, value)
}

/// Microseconds as seconds.
fn seconds<'py>(this: Self_<'_, 'py>, microseconds: i64) -> Result<'py, Object<'py>> {
    Object::float(this.py, microseconds as f64 / 1e6)
}

fn text<'py>(this: Self_<'_, 'py>, codec: Codec, value: Option<&[u8]>) -> Result<'py, Object<'py>> {
    to_str_or_none(this.py, codec, value)
}

fn capsule<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    capsule::new(this.py, this.server.address())
}

fn names<'py>(this: Self_<'_, 'py>, names: &[&[u8]]) -> Result<'py, Object<'py>> {
    Object::tuple(this.py, names.iter().map(|name| to_str(this.py, Codec::Utf8, name)))
}

fn next<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    if let Some(next) = this.value().next.get() {
        return Ok(next.get(this.py).clone());
    }
    let Some(next) = this.server.next() else { return Ok(Object::none(this.py)) };
    let next = object(this.py, Some(next))?;
    let _ = this.value().next.set(next.clone().store(this.py));
    Ok(next)
}

fn table<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>], which: Which) -> Result<'py, Object<'py>> {
    none(arguments)?;
    let entries = server_tables::of(this.server, which);
    let table = TableObject::shared(entries, TextKind::Field(Codec::Utf8));
    state(this.py).table.instance(this.py, table)
}

fn log_error<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    if let Some(entry) = LogEntry::read(this.py, arguments)? {
        let server = this.server;
        this.py.detach(|| log::script(Target::Server(server), entry.level, entry.message.as_bytes()));
    }
    Ok(Object::none(this.py))
}

impl Class for ServerObject {
    const NAME: &'static CStr = c"builtins.mp_server";
    const DOC: &'static CStr = c"A virtual host, or the main server, as httpd knows it (server_rec).\n\nMay be kept. Scripts may set further attributes, which are this object's alone: req.server is a new object for each request.";
    const KIND: Kind = Kind::WithAttributes;
    const METHODS: &'static [Method<Self>] = &[
        Method::new(c"get_config", |this, args| table(this, args, Which::Config), c"get_config($self, /)\n--\n\nThe Python* settings of the server as a whole, as a table that all interpreters of this child share; flags are '1' and '0'. Writing to it changes no setting."),
        Method::new(c"get_options", |this, args| table(this, args, Which::Options), c"get_options($self, /)\n--\n\nThe PythonOption values of the server as a whole, as a table that all interpreters of this child share: what is written to it is seen in later requests."),
        Method::new(c"log_error", log_error, c"log_error($self, message, level=3, /)\n--\n\nAn entry in the server's error log. message: str, or None for no entry; level: one of APLOG_*, of which 3 is APLOG_ERR."),
        Method::new(c"register_cleanup", child_cleanup::of_server, c"register_cleanup($self, req, callable, data=None, /)\n--\n\nCalls callable(data) in this interpreter when the child exits; the last one registered first. ValueError if req is no request, or callable is not callable."),
        Method::END,
    ];
    const PROPERTIES: &'static [Property<Self>] = &[
        Property::read_only(c"next", next, c"mp_server or None: the next one in httpd's list (s->next)."),
        Property::read_only(
            c"defn_name",
            |this| text(this, Codec::Path, this.server.definition_file()),
            c"str or None: the file that defines the virtual host (s->defn_name); None for the main server.",
        ),
        Property::read_only(
            c"defn_line_number",
            |this| number(this, this.server.defn_line_number()),
            c"int: the line of that file (s->defn_line_number); 0 for the main server.",
        ),
        Property::read_only(
            c"server_admin",
            |this| text(this, Codec::Utf8, this.server.admin()),
            c"str: ServerAdmin (s->server_admin).",
        ),
        Property::read_only(
            c"server_hostname",
            |this| text(this, Codec::Utf8, Some(this.server.name())),
            c"str: ServerName without the port (s->server_hostname).",
        ),
        Property::read_only(
            c"port",
            |this| number(this, this.server.port()),
            c"int: the port of ServerName (s->port); 0 if it names none.",
        ),
        Property::read_only(
            c"error_fname",
            |this| text(this, Codec::Path, this.server.error_log()),
            c"str: ErrorLog, as written (s->error_fname).",
        ),
        Property::read_only(
            c"loglevel",
            |this| number(this, this.server.log_level()),
            c"int: LogLevel, APLOG_EMERG (0) to APLOG_DEBUG (7), and traces to 15 (s->log.level).",
        ),
        Property::read_only(
            c"is_virtual",
            |this| number(this, this.server.is_virtual()),
            c"int: 1 for a virtual host, else 0 (s->is_virtual).",
        ),
        Property::read_only(
            c"timeout",
            |this| seconds(this, this.server.timeout()),
            c"float: Timeout, in seconds (s->timeout).",
        ),
        Property::read_only(
            c"keep_alive_timeout",
            |this| seconds(this, this.server.keep_alive_timeout()),
            c"float: KeepAliveTimeout, in seconds (s->keep_alive_timeout).",
        ),
        Property::read_only(
            c"keep_alive_max",
            |this| number(this, this.server.keep_alive_max()),
            c"int: MaxKeepAliveRequests; 0 is no limit (s->keep_alive_max).",
        ),
        Property::read_only(
            c"keep_alive",
            |this| number(this, this.server.keep_alive()),
            c"int: 1 if KeepAlive is On, else 0 (s->keep_alive).",
        ),
        Property::read_only(
            c"path",
            |this| text(this, Codec::Utf8, this.server.path()),
            c"str or None: ServerPath (s->path).",
        ),
        Property::read_only(
            c"pathlen",
            |this| number(this, this.server.pathlen()),
            c"int: the length of ServerPath in bytes (s->pathlen).",
        ),
        Property::read_only(
            c"names",
            |this| names(this, &this.server.aliases()),
            c"tuple of str: ServerAlias without wildcards (s->names).",
        ),
        Property::read_only(
            c"wild_names",
            |this| names(this, &this.server.wildcard_aliases()),
            c"tuple of str: ServerAlias with wildcards (s->wild_names).",
        ),
        Property::read_only(
            c"limit_req_line",
            |this| number(this, this.server.limit_req_line()),
            c"int: LimitRequestLine, in bytes (s->limit_req_line).",
        ),
        Property::read_only(
            c"limit_req_fieldsize",
            |this| number(this, this.server.limit_req_fieldsize()),
            c"int: LimitRequestFieldSize, in bytes (s->limit_req_fieldsize).",
        ),
        Property::read_only(
            c"limit_req_fields",
            |this| number(this, this.server.limit_req_fields()),
            c"int: LimitRequestFields (s->limit_req_fields).",
        ),
        Property::read_only(
            c"my_generation",
            |this| number(this, generation()),
            c"int: how often httpd has been restarted since it was started (AP_MPMQ_GENERATION).",
        ),
        Property::read_only(
            c"restart_time",
            |this| seconds(this, restart_time().unwrap_or(0)),
            c"float: when httpd was last started, or restarted without grace, in seconds since 1970 (the scoreboard's restart_time); 0.0 if there is no scoreboard.",
        ),
        Property::read_only(
            c"_server_rec",
            capsule,
            c"PyCapsule: the server_rec, for extensions written in C.",
        ),
        Property::END,
    ];

    fn is_bare(&self) -> bool {
        self.next.get().is_none_or(is_bare::<ServerObject>)
    }

    fn visit(&self, visitor: &mut Visitor) {
        self.next.get().into_iter().for_each(|next| visitor.stored(next));
    }
}
