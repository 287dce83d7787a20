//! `mp_hlist`, the list of handlers of the phase that runs, or of the connection, and
//! where in it we are.

use super::apache::state;
use super::arguments::none;
use super::connection::over;
use super::ended::ended;
use super::place;
use super::slots;
use crate::httpd::connection::ConnectionHandle;
use crate::httpd::handle::Handle;
use crate::httpd::request::Request;
use crate::python::attach::Attached;
use crate::python::class::{Class, Kind, Method, Property, Slot, This};
use crate::python::convert::{Codec, to_str};
use crate::python::error::Result;
use crate::python::object::Object;
use crate::settings::handlers::{Handler, Place};
use std::cell::Cell;
use std::ffi::CStr;
use std::sync::Arc;

pub enum HandlerList {
    OfPhase {
        handle: Arc<Handle>,
        /// The phase that it belongs to.
        serial: u32,
    },
    OfConnection {
        handle: Arc<ConnectionHandle>,
        handlers: Arc<[Handler]>,
        position: Cell<usize>,
    },
}

impl HandlerList {
    pub fn object<'py>(py: Attached<'py>, handle: &Arc<Handle>, serial: u32) -> Result<'py, Object<'py>> {
        state(py).handler_list.instance(py, HandlerList::OfPhase { handle: Arc::clone(handle), serial })
    }

    pub fn of_connection<'py>(
        py: Attached<'py>,
        handle: Arc<ConnectionHandle>,
        handlers: Arc<[Handler]>,
    ) -> Result<'py, Object<'py>> {
        let list = HandlerList::OfConnection { handle, handlers, position: Cell::new(0) };
        state(py).handler_list.instance(py, list)
    }

    /// Reads the current entry and the directory it is for; None at the end of the list, or
    /// when its phase is over.
    fn current<'py, T>(&self, read: impl FnOnce(&Handler, Option<&[u8]>) -> T) -> Result<'py, Option<T>> {
        match self {
            HandlerList::OfPhase { handle, serial } => {
                let entry = |request: Request<'_>| {
                    let state = slots::request_state(request)?;
                    state.current_of(*serial, |handler| {
                        read(handler, place::directory(request, &handler.place))
                    })
                };
                handle.lend(entry).map_err(ended)
            }
            HandlerList::OfConnection { handle, handlers, position } => {
                handle.lend(|_| ()).map_err(over)?;
                Ok(handlers.get(position.get()).map(|handler| read(handler, handler.place.text())))
            }
        }
    }

    fn advance<'py>(&self) -> Result<'py, ()> {
        match self {
            HandlerList::OfPhase { handle, serial } => {
                let advance = |request: Request<'_>| {
                    slots::request_state(request).map(|state| state.advance_of(*serial))
                };
                handle.lend(advance).map_err(ended)?;
            }
            HandlerList::OfConnection { handle, handlers, position } => {
                handle.lend(|_| ()).map_err(over)?;
                position.set(handlers.len().min(position.get() + 1));
            }
        }
        Ok(())
    }
}

type Self_<'a, 'py> = This<'a, 'py, HandlerList>;

fn or_none<'py>(py: Attached<'py>, value: Option<Result<'py, Object<'py>>>) -> Result<'py, Object<'py>> {
    value.unwrap_or_else(|| Ok(Object::none(py)))
}

fn text<'py>(this: Self_<'_, 'py>) -> Result<'py, Option<Vec<u8>>> {
    this.current(|handler, _| handler.text.clone())
}

fn directory<'py>(this: Self_<'_, 'py>) -> Result<'py, Option<Vec<u8>>> {
    Ok(this.current(|_, directory| directory.map(<[u8]>::to_vec))?.flatten())
}

fn is_location<'py>(this: Self_<'_, 'py>) -> Result<'py, Option<bool>> {
    this.current(|handler, _| matches!(handler.place, Place::Location(_)))
}

fn silent<'py>(this: Self_<'_, 'py>) -> Result<'py, Option<i64>> {
    this.current(|handler, _| i64::from(handler.silent))
}

impl Class for HandlerList {
    const NAME: &'static CStr = c"builtins.mp_hlist";
    const DOC: &'static CStr = c"The handlers of the running phase, as a cursor on the one that runs. At its end, and when the phase is over, every attribute is None.";
    const KIND: Kind = Kind::Closed;
    const METHODS: &'static [Method<Self>] = &[
        Method::new(
            c"next",
            next,
            c"next($self, /)\n--\n\nGoes on to the next handler, so that the one after it is not run.",
        ),
        Method::END,
    ];
    const PROPERTIES: &'static [Property<Self>] = &[
        Property::read_only(
            c"handler",
            |this| or_none(this.py, text(this)?.map(|text| to_str(this.py, Codec::Utf8, &text))),
            c"str or None: the handler, as configured.",
        ),
        Property::read_only(
            c"directory",
            |this| or_none(this.py, directory(this)?.map(|path| to_str(this.py, Codec::Path, &path))),
            c"str or None: the directory that the handler was configured for, with a slash at its end; the text of a <Location>; None at server level.",
        ),
        Property::read_only(
            c"is_location",
            |this| or_none(this.py, is_location(this)?.map(|is| Ok(Object::bool(this.py, is)))),
            c"bool or None: whether the handler was configured in a <Location>.",
        ),
        Property::read_only(
            c"silent",
            |this| or_none(this.py, silent(this)?.map(|silent| Object::int(this.py, silent))),
            c"int or None: 1 for a handler of PythonHandlerModule, which is passed over where its module has no such object; else 0.",
        ),
        Property::END,
    ];
    const SLOTS: &'static [Slot<Self>] = &[Slot::repr(repr), Slot::END];
}

fn next<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    this.advance()?;
    Ok(Object::none(this.py))
}

fn repr<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    let Some(handler) = text(this)? else {
        return to_str(this.py, Codec::Utf8, b"{}");
    };
    let shown =
        |value: Object<'py>| value.repr(this.py).map(|text| String::from_utf8_lossy(&text).into_owned());
    let mut parts = vec![format!("'handler':{}", shown(to_str(this.py, Codec::Utf8, &handler)?)?)];
    if let Some(path) = directory(this)? {
        parts.push(format!("'directory':{}", shown(to_str(this.py, Codec::Path, &path)?)?));
    }
    let is_location = if is_location(this)?.unwrap_or(false) { "True" } else { "False" };
    parts.push(format!("'is_location':{is_location}"));
    parts.push(format!("'silent':{}", silent(this)?.unwrap_or(0)));
    to_str(this.py, Codec::Utf8, format!("{{{}}}", parts.join(",")).as_bytes())
}
