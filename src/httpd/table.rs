//! APR tables: ordered, keys without case, duplicates allowed, values that httpd
//! itself may leave NULL.

use super::pool::Pool;
use super::text::{Text, borrow};
use crate::ffi::httpd as ffi;
use std::marker::PhantomData;
use std::ptr::NonNull;

/// A live table. Copies refer to the same one.
#[derive(Clone, Copy)]
pub struct Table<'t> {
    raw: NonNull<ffi::apr_table_t>,
    lifetime: PhantomData<&'t ()>,
}

/// A key and its value; None for a value that is NULL.
pub type Entry<'t> = (&'t [u8], Option<&'t [u8]>);

impl<'t> Table<'t> {
    /// # Safety
    /// `raw` is a table that lives for `'t` and is used by one thread at a time.
    pub(super) unsafe fn from_raw(raw: *mut ffi::apr_table_t) -> Option<Self> {
        Some(Table { raw: NonNull::new(raw)?, lifetime: PhantomData })
    }

    pub(super) fn as_non_null(self) -> NonNull<ffi::apr_table_t> {
        self.raw
    }

    pub fn new(pool: Pool<'t>) -> Self {
        // SAFETY: the table lives in the pool; never NULL (httpd aborts when out of memory).
        unsafe { Table::from_raw(ffi::apr_table_make(pool.as_raw(), 8)) }
            .expect("httpd aborts when out of memory")
    }

    fn elements(self) -> &'t ffi::apr_array_header_t {
        // SAFETY: a table starts with its array header and apr_table_elts says so.
        unsafe { &*ffi::apr_table_elts(self.raw.as_ptr()) }
    }

    pub fn len(self) -> usize {
        usize::try_from(self.elements().nelts).unwrap_or(0)
    }

    /// The entry at a position, in insertion order.
    pub fn at(self, index: usize) -> Option<Entry<'t>> {
        if index >= self.len() {
            return None;
        }
        // SAFETY: the index is below nelts, so the entry is initialised; its strings live
        // in the table's pool, which outlives 't even when the entry is replaced.
        unsafe {
            let entry = &*self.elements().elts.cast::<ffi::apr_table_entry_t>().add(index);
            Some((borrow(entry.key).unwrap_or_default(), borrow(entry.val)))
        }
    }

    pub fn iter(self) -> impl Iterator<Item = Entry<'t>> {
        (0..self.len()).map_while(move |index| self.at(index))
    }

    /// All entries under `key`.
    pub fn all(self, key: &[u8]) -> impl Iterator<Item = Option<&'t [u8]>> {
        self.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(key)).map(|(_, value)| value)
    }

    /// The first value under `key`; None also if it is NULL.
    pub fn first(self, key: &[u8]) -> Option<&'t [u8]> {
        self.all(key).next().flatten()
    }

    /// The pool that the table was made in.
    fn pool(self) -> Pool<'t> {
        // SAFETY: the pool of a live table is live.
        unsafe { Pool::from_raw(self.elements().pool) }
    }

    /// Replaces the first entry under `key` and drops its duplicates, or appends.
    pub fn set(self, key: Text<'_>, value: Text<'_>) {
        // SAFETY: both copies live in the table's own pool.
        unsafe { ffi::apr_table_setn(self.raw.as_ptr(), self.pool().copy(key), self.pool().copy(value)) }
    }

    /// Appends, whether or not the key is there.
    pub fn add(self, key: Text<'_>, value: Text<'_>) {
        // SAFETY: as above.
        unsafe { ffi::apr_table_addn(self.raw.as_ptr(), self.pool().copy(key), self.pool().copy(value)) }
    }

    /// Drops every entry under `key`.
    pub fn unset(self, key: Text<'_>) {
        // SAFETY: the key is copied to get its terminator; httpd keeps nothing of it.
        unsafe { ffi::apr_table_unset(self.raw.as_ptr(), self.pool().copy(key)) }
    }

    /// Takes the last entry out.
    pub fn pop(self) -> Option<Entry<'t>> {
        let last = self.at(self.len().checked_sub(1)?)?;
        // SAFETY: the copied array holds the same strings, which stay in the pool. The
        // table is rebuilt through APR, since it keeps an index over its array.
        unsafe {
            let entries = ffi::apr_array_copy(self.pool().as_raw(), self.elements());
            ffi::apr_table_clear(self.raw.as_ptr());
            let count = usize::try_from((*entries).nelts).unwrap_or(0);
            for index in 0..count.saturating_sub(1) {
                let entry = &*(*entries).elts.cast::<ffi::apr_table_entry_t>().add(index);
                ffi::apr_table_addn(self.raw.as_ptr(), entry.key, entry.val);
            }
        }
        Some(last)
    }

    pub fn clear(self) {
        // SAFETY: empties the array; the strings stay in the pool.
        unsafe { ffi::apr_table_clear(self.raw.as_ptr()) }
    }
}
