//! Iteration over an `mp_table`: in insertion order, and an error once the table has
//! been changed meanwhile.

use super::apache::state;
use super::arguments::none;
use crate::python::class::{Class, Kind, Method, Slot, This};
use crate::python::error::{Error, Kind as ErrorKind, Result};
use crate::python::object::{Object, Stored};
use std::cell::Cell;
use std::ffi::CStr;

/// What the iterator yields of each entry.
#[derive(Debug, Clone, Copy)]
pub enum Part {
    Key,
    Value,
    Item,
}

pub struct TableIterator {
    table: Stored,
    length: usize,
    position: Cell<usize>,
    part: Part,
}

impl TableIterator {
    pub fn new(table: Stored, length: usize, part: Part) -> Self {
        TableIterator { table, length, position: Cell::new(0), part }
    }
}

impl Class for TableIterator {
    const NAME: &'static CStr = c"builtins.mp_table_iterator";
    const DOC: &'static CStr = c"An iterator over a table.";
    const KIND: Kind = Kind::Closed;
    const METHODS: &'static [Method<Self>] = &[
        Method::new(
            c"next",
            |this, args| {
                none(args)?;
                next(this)?.ok_or_else(|| Error::new(ErrorKind::StopIteration, ""))
            },
            c"next($self, /)\n--\n\nAs next(iterator).",
        ),
        Method::END,
    ];
    const SLOTS: &'static [Slot<Self>] =
        &[Slot::iter(|this| Ok(this.object.clone())), Slot::next(next), Slot::END];
}

fn next<'py>(this: This<'_, 'py, TableIterator>) -> Result<'py, Option<Object<'py>>> {
    let py = this.py;
    let table = state(py).table.payload(py, this.table.get(py));
    let table = table.ok_or_else(|| Error::new(ErrorKind::Runtime, "the iterator has no table"))?;
    if table.len()? != this.length {
        return Err(Error::new(ErrorKind::Runtime, "table changed size during iteration"));
    }
    let Some(entry) = table.at(this.position.get())? else {
        return Ok(None);
    };
    this.position.set(this.position.get() + 1);
    match this.part {
        Part::Key => table.key(py, &entry),
        Part::Value => table.value().value(py, &entry),
        Part::Item => table.item(py, &entry),
    }
    .map(Some)
}
