//! The attributes of `mp_conn`, a row for each.

use super::{ConnectionObject, Self_, base_server, hlist, once};
use crate::httpd::connection::Connection;
use crate::httpd::log::{self, Target};
use crate::objects::apache::state;
use crate::objects::table::TableObject;
use crate::objects::text::Kind as TextKind;
use crate::python::capsule;
use crate::python::class::Property;
use crate::python::convert::{Codec, to_str, to_str_or_none};
use crate::python::error::{Error, Kind as ErrorKind, Result};
use crate::python::object::Object;
use crate::settings::messages::Code;
use std::sync::atomic::{AtomicBool, Ordering};

pub const PROPERTIES: &[Property<ConnectionObject>] = &[
    Property::read_only(
        c"base_server",
        base_server,
        c"mp_server: the server that the connection's address and port belong to (c->base_server); for name-based virtual hosts the first of them, whatever the request names.",
    ),
    Property::read_only(
        c"local_addr",
        |this| address(this, |connection| connection.local_addr()),
        c"(str, int): the server's address and port (c->local_addr).",
    ),
    Property::read_only(
        c"client_addr",
        |this| address(this, |connection| connection.client_addr()),
        c"(str, int): the client's address and port (c->client_addr).",
    ),
    Property::read_only(
        c"remote_addr",
        |this| {
            static SAID: AtomicBool = AtomicBool::new(false);
            deprecated(this, &SAID, "remote_addr", "client_addr")?;
            address(this, |connection| connection.client_addr())
        },
        c"(str, int): another name of client_addr. Deprecated; its first use in a child is logged.",
    ),
    Property::read_only(
        c"client_ip",
        |this| text(this, |connection| connection.client_ip()),
        c"str: the client's address (c->client_ip).",
    ),
    Property::read_only(
        c"remote_ip",
        |this| {
            static SAID: AtomicBool = AtomicBool::new(false);
            deprecated(this, &SAID, "remote_ip", "client_ip")?;
            text(this, |connection| connection.client_ip())
        },
        c"str: another name of client_ip. Deprecated; its first use in a child is logged.",
    ),
    Property::read_only(
        c"remote_host",
        |this| text(this, |connection| connection.remote_host()),
        c"str or None: the client's name; None if it was not looked up, '' if there is none (c->remote_host).",
    ),
    Property::read_only(
        c"remote_logname",
        |this| text(this, |connection| connection.remote_logname()),
        c"str or None: the user that the client's host names (RFC 1413); None if it was not asked (c->remote_logname).",
    ),
    Property::read_only(
        c"aborted",
        |this| number(this, |connection| i64::from(connection.is_aborted())),
        c"int: 1 if the client is known to be gone, else 0 (c->aborted).",
    ),
    Property::read_write(
        c"keepalive",
        |this| number(this, |connection| connection.keepalive()),
        set_keepalive,
        c"int: whether the connection is kept for another request: AP_CONN_UNKNOWN (0), AP_CONN_CLOSE (1) or AP_CONN_KEEPALIVE (2) (c->keepalive). ValueError for any other number.",
    ),
    Property::read_only(
        c"double_reverse",
        |this| number(this, |connection| i64::from(connection.double_reverse())),
        c"int: 1 if the client's name leads back to its address, -1 if not, 0 if not looked up (c->double_reverse).",
    ),
    Property::read_only(
        c"keepalives",
        |this| number(this, |connection| i64::from(connection.keepalives())),
        c"int: how many answers left the connection open, the one whose headers went out last among them (c->keepalives).",
    ),
    Property::read_only(
        c"local_ip",
        |this| text(this, |connection| connection.local_ip()),
        c"str: the server's address (c->local_ip).",
    ),
    Property::read_only(
        c"local_host",
        |this| text(this, |connection| connection.local_host()),
        c"str or None: the server's name by DNS; None if it was not looked up (c->local_host).",
    ),
    Property::read_only(
        c"id",
        |this| number(this, |connection| connection.id()),
        c"int: unique among the connections that are open at a time (c->id).",
    ),
    Property::read_only(
        c"notes",
        notes,
        c"table: what modules tell one another about the connection (c->notes).",
    ),
    Property::read_only(
        c"hlist",
        hlist,
        c"mp_hlist or None: the configured handlers, in a connection handler; else None.",
    ),
    Property::read_only(
        c"_conn_rec",
        capsule,
        c"PyCapsule: the conn_rec, for extensions written in C. It dangles once the connection has ended, which is theirs to mind.",
    ),
    Property::END,
];

fn capsule<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    let address = this.source.lend(|connection| connection.address())?;
    capsule::new(this.py, address)
}

fn text<'py>(
    this: Self_<'_, 'py>,
    field: for<'c> fn(Connection<'c>) -> Option<&'c [u8]>,
) -> Result<'py, Object<'py>> {
    this.source.lend(|connection| to_str_or_none(this.py, Codec::Latin1, field(connection)))?
}

fn number<'py>(this: Self_<'_, 'py>, field: impl FnOnce(Connection<'_>) -> i64) -> Result<'py, Object<'py>> {
    Object::int(this.py, this.source.lend(field)?)
}

fn address<'py>(
    this: Self_<'_, 'py>,
    field: for<'c> fn(Connection<'c>) -> Option<(Vec<u8>, u16)>,
) -> Result<'py, Object<'py>> {
    match this.source.lend(field)? {
        Some((ip, port)) => {
            let (ip, port) = (to_str(this.py, Codec::Latin1, &ip)?, Object::int(this.py, i64::from(port))?);
            Object::pair(this.py, &ip, &port)
        }
        None => Ok(Object::none(this.py)),
    }
}

fn set_keepalive<'py>(this: Self_<'_, 'py>, value: Option<&Object<'py>>) -> Result<'py, ()> {
    let value = value.ok_or_else(|| Error::new(ErrorKind::Attribute, "this attribute cannot be deleted"))?;
    let value = value.to_int(this.py)?;
    if this.source.lend(|connection| connection.set_keepalive(value))? {
        Ok(())
    } else {
        Err(Error::value_error("keepalive is AP_CONN_UNKNOWN, AP_CONN_CLOSE or AP_CONN_KEEPALIVE"))
    }
}

fn notes<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    once(
        this,
        |object| &object.notes,
        || {
            let kind = TextKind::Field(Codec::Latin1);
            let table =
                TableObject::of_connection(this.source.clone(), |connection| connection.notes(), kind);
            state(this.py).table.instance(this.py, table)
        },
    )
}

/// Says once for each child that the attribute has another name since httpd 2.4.
/// mod_python 3.5 said so each time, which filled logs.
fn deprecated<'py>(
    this: Self_<'_, 'py>,
    said: &AtomicBool,
    old: &'static str,
    new: &'static str,
) -> Result<'py, ()> {
    if said.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    this.source.detached(this.py, move |connection| {
        let message = format!("connection.{old} is deprecated: use connection.{new}, or req.useragent_ip for the client behind a proxy");
        log::entry(Target::Connection(connection), Code::DeprecatedAttribute, &message);
    })
}
