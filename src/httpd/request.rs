//! The request record: fields as byte strings, and what a handler does with it.

mod auth;
mod cgi;
mod client;
mod content;
mod environment;
mod fields;
mod linked;
mod meta;
mod ssl;
mod url;

pub use cgi::Processes;

use super::connection::Connection;
use super::handle::{Handle, Record};
use super::pool::Pool;
use super::server::Server;
use super::table::Table;
use super::text::Text;
use crate::ffi::httpd as ffi;
use std::ffi::CString;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::Arc;

/// A request that lives at least for `'r`.
#[derive(Clone, Copy)]
pub struct Request<'r> {
    raw: NonNull<ffi::request_rec>,
    lifetime: PhantomData<&'r ()>,
}

// SAFETY: a request record belongs to no thread; httpd itself hands requests from one
// thread to another. That only one uses it at a time is `Handle`'s business.
unsafe impl Send for Request<'_> {}

impl Record for ffi::request_rec {
    type Lent<'a> = Request<'a>;

    unsafe fn lend<'a>(raw: NonNull<Self>) -> Request<'a> {
        Request { raw, lifetime: PhantomData }
    }
}

impl<'r> Request<'r> {
    /// # Safety
    /// `raw` is a request record that lives for `'r`.
    pub(super) unsafe fn from_raw(raw: *mut ffi::request_rec) -> Self {
        let raw = NonNull::new(raw).expect("httpd never hands out a NULL request");
        Request { raw, lifetime: PhantomData }
    }

    pub(super) fn as_raw(self) -> *mut ffi::request_rec {
        self.raw.as_ptr()
    }

    /// A handle that outlives the request and knows when it has ended.
    pub fn handle(self) -> Arc<Handle> {
        Handle::new(self.raw)
    }

    pub fn pool(self) -> Pool<'r> {
        // SAFETY: the request's pool lives as long as the record, which lies in it.
        unsafe { Pool::from_raw((*self.as_raw()).pool) }
    }

    /// A table of ours for this request and the sections that are in effect now; made and
    /// filled on first use. Requests that were redirected share a pool, and sections come
    /// into effect while a request goes through its phases: hence both in the name.
    pub fn own_table(self, name: &str, fill: impl FnOnce(Table<'r>)) -> Table<'r> {
        // SAFETY: a live record.
        let sections = unsafe { (*self.as_raw()).per_dir_config };
        let name = format!("mod_python {name} {:p} {sections:p}", self.as_raw());
        self.pool().named_table(&CString::new(name).unwrap_or_default(), fill)
    }

    pub fn server(self) -> Server<'r> {
        // SAFETY: the server record lives as long as the configuration.
        unsafe { Server::from_raw((*self.as_raw()).server) }
    }

    pub fn connection(self) -> Connection<'r> {
        // SAFETY: a request has a connection, which lives longer.
        unsafe { Connection::from_raw((*self.as_raw()).connection) }
    }

    /// Tells the client which authentication is asked for (`WWW-Authenticate`).
    pub fn note_auth_failure(self) {
        // SAFETY: a live record.
        unsafe { ffi::ap_note_auth_failure(self.as_raw()) }
    }

    /// Whether `filename` was found to be a directory.
    pub fn is_directory(self) -> bool {
        // SAFETY: a live record.
        unsafe { (*self.as_raw()).finfo.filetype == ffi::APR_DIR }
    }

    /// Sets an entry of `r->notes`.
    pub fn note(self, key: &'static [u8], value: &'static [u8]) {
        if let (Ok(key), Ok(value)) = (Text::new(key), Text::new(value)) {
            self.notes().set(key, value);
        }
    }
}
