//! The attributes of `mp_request`, a row for each.

use super::{
    CONFIGURATION, PATH, RequestObject, Self_, TableSlot, URL, handlers, not_deleted, related, set_text,
    table, text,
};
use crate::objects::slots;
use crate::objects::text::Kind as TextKind;
use crate::python::class::Property;
use crate::python::convert::{Codec, to_str, to_str_or_none};
use crate::python::error::{Error, Kind as ErrorKind, Result};
use crate::python::object::Object;
use std::ffi::c_int;

pub const PROPERTIES: &[Property<RequestObject>] = &[
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
        |this| table(this, TableSlot::HeadersIn, |request| request.headers_in(), TextKind::Header),
        c"table: the request's headers (r->headers_in).",
    ),
    Property::read_only(
        c"headers_out",
        |this| table(this, TableSlot::HeadersOut, |request| request.headers_out(), TextKind::Header),
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
        c"connection",
        related::connection,
        c"mp_conn: the connection that the request came on (r->connection).",
    ),
    Property::read_only(
        c"server",
        related::server,
        c"mp_server: the virtual host, or the main server, that serves the request (r->server).",
    ),
    Property::read_only(
        c"phase",
        phase,
        c"str or None: the directive of the phase that runs, such as 'PythonHandler'.",
    ),
    Property::read_only(
        c"hlist",
        handlers::hlist,
        c"mp_hlist or None: the handlers of the phase that runs.",
    ),
    Property::read_only(
        c"extension",
        extension,
        c"str or None: the extension of the file's name by which the running phase's handlers were chosen, '' for a name without one; None where the list is not restricted to an extension.",
    ),
    Property::read_only(
        c"interpreter",
        |this| to_str(this.py, Codec::Utf8, this.py.interpreter().name()),
        c"str: the name of the interpreter that this code runs in.",
    ),
    Property::END,
];

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

fn phase<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    let phase = this.with_state(|_, state| state.phase())?;
    to_str_or_none(this.py, Codec::Utf8, phase.map(|phase| phase.directive.as_bytes()))
}

fn extension<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    let extension = this.with_state(|request, state| {
        slots::chain(request)?.matched_extension(state.phase()?.index(), request.filename())
    })?;
    to_str_or_none(this.py, Codec::Path, extension.as_deref())
}
