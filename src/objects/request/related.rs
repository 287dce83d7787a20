//! What a request came on, and who serves it: the same objects at each access.

use super::{RequestObject, Self_};
use crate::objects::connection::{self, ConnectionObject};
use crate::objects::server::{self, ServerObject};
use crate::python::class::{Visitor, is_bare};
use crate::python::error::Result;
use crate::python::object::{Object, Stored};
use std::cell::OnceCell;

/// Objects handed out.
#[derive(Default)]
pub struct Related {
    connection: OnceCell<Stored>,
    server: OnceCell<Stored>,
}

impl Related {
    pub fn visit(&self, visitor: &mut Visitor) {
        let held = [&self.connection, &self.server];
        held.into_iter().filter_map(OnceCell::get).for_each(|object| visitor.stored(object));
    }

    /// Whether scripts have put nothing on them.
    pub fn is_bare(&self) -> bool {
        self.server.get().is_none_or(is_bare::<ServerObject>)
            && self.connection.get().is_none_or(is_bare::<ConnectionObject>)
    }
}

/// `req.connection`.
pub fn connection<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    once(this, |object| &object.related.connection, || connection::of_request(this.py, &this.handle))
}

/// `req.server`.
pub fn server<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    once(
        this,
        |object| &object.related.server,
        || {
            let server = this.with(|request| request.server().kept())?;
            server::object(this.py, server)
        },
    )
}

fn once<'py>(
    this: Self_<'_, 'py>,
    cell: fn(&RequestObject) -> &OnceCell<Stored>,
    make: impl FnOnce() -> Result<'py, Object<'py>>,
) -> Result<'py, Object<'py>> {
    // A look first, so that a request that has ended says so here.
    this.with(|_| ())?;
    let cell = cell(this.value());
    if let Some(made) = cell.get() {
        return Ok(made.get(this.py).clone());
    }
    let made = make()?;
    let _ = cell.set(made.clone().store(this.py));
    Ok(made)
}
