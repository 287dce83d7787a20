//! Where the entries of an `mp_table` are: in memory of a script's own table, or in one
//! of httpd's that is looked up at each use.

use super::connection::Source;
use super::entries::{Entries, Entry};
use super::live_table::{ConnectionView, LiveTable, View};
use crate::httpd::handle::Handle;
use crate::httpd::table::Table;
use crate::httpd::text::Text;
use crate::python::error::Result;
use parking_lot::Mutex;
use std::cell::RefCell;
use std::sync::Arc;

pub enum Storage {
    /// A script's own table.
    Owned(RefCell<Entries>),
    /// One that all interpreters of this child see.
    Shared(Arc<Mutex<Entries>>),
    /// A table of httpd's.
    Live(LiveTable),
}

impl Storage {
    pub fn owned(entries: Entries) -> Self {
        Storage::Owned(RefCell::new(entries))
    }

    pub fn of_request(handle: Arc<Handle>, view: View) -> Self {
        Storage::Live(LiveTable::OfRequest { handle, view })
    }

    pub fn of_connection(source: Source, view: ConnectionView) -> Self {
        Storage::Live(LiveTable::OfConnection { source, view })
    }

    /// No code of a script's runs inside either function, so a borrow never meets another,
    /// and nobody waits for a lock while it holds one.
    fn either<'py, T>(
        &self,
        owned: impl FnOnce(&mut Entries) -> T,
        live: impl FnOnce(Table<'_>) -> T,
    ) -> Result<'py, T> {
        match self {
            Storage::Owned(entries) => Ok(owned(&mut entries.borrow_mut())),
            Storage::Shared(entries) => Ok(owned(&mut entries.lock())),
            Storage::Live(table) => table.with(live),
        }
    }

    pub fn len<'py>(&self) -> Result<'py, usize> {
        self.either(|entries| entries.len(), |table| table.len())
    }

    pub fn at<'py>(&self, index: usize) -> Result<'py, Option<Entry>> {
        self.either(|entries| entries.at(index).cloned(), |table| table.at(index).map(copy))
    }

    pub fn entries<'py>(&self) -> Result<'py, Vec<Entry>> {
        self.either(|entries| entries.to_vec(), |table| table.iter().map(copy).collect())
    }

    /// Every value under `key`, in order.
    pub fn all<'py>(&self, key: &[u8]) -> Result<'py, Vec<Option<Vec<u8>>>> {
        self.either(
            |entries| entries.all(key),
            |table| table.all(key).map(|value| value.map(<[u8]>::to_vec)).collect(),
        )
    }

    /// Replaces the first value under `key` and drops the others, or appends.
    pub fn set<'py>(&self, key: Text<'_>, value: Text<'_>) -> Result<'py, ()> {
        self.either(|entries| entries.set(key.as_bytes(), value.as_bytes()), |table| table.set(key, value))
    }

    pub fn add<'py>(&self, key: Text<'_>, value: Text<'_>) -> Result<'py, ()> {
        self.either(|entries| entries.add(key.as_bytes(), value.as_bytes()), |table| table.add(key, value))
    }

    pub fn unset<'py>(&self, key: Text<'_>) -> Result<'py, ()> {
        self.either(|entries| entries.unset(key.as_bytes()), |table| table.unset(key))
    }

    pub fn pop<'py>(&self) -> Result<'py, Option<Entry>> {
        self.either(Entries::pop, |table| table.pop().map(copy))
    }

    pub fn clear<'py>(&self) -> Result<'py, ()> {
        self.either(Entries::clear, |table| table.clear())
    }
}

fn copy((key, value): crate::httpd::table::Entry<'_>) -> Entry {
    (key.to_vec(), value.map(<[u8]>::to_vec))
}
