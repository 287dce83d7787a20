//! The request record: fields as byte strings, and what a handler does with it.

use super::connection::Connection;
use super::handle::{Handle, Record};
use super::pool::Pool;
use super::server::Server;
use super::table::Table;
use super::text::{Text, borrow};
use crate::ffi::httpd as ffi;
use std::ffi::c_int;
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
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

macro_rules! texts {
    ($($(#[$doc:meta])* $field:ident;)*) => {
        $($(#[$doc])* pub fn $field(self) -> Option<&'r [u8]> {
            // SAFETY: a string of the record is NULL or NUL-terminated and lives in its
            // pool or the configuration's.
            unsafe { borrow((*self.as_raw()).$field) }
        })*
    };
}

macro_rules! writable_texts {
    ($($(#[$doc:meta])* $set:ident: $field:ident;)*) => {
        $($(#[$doc])* pub fn $set(self, value: Option<Text<'_>>) {
            let value = value.map_or(ptr::null_mut(), |text| self.pool().copy(text));
            // SAFETY: the copy lives in the request's pool, NULL is allowed in the field.
            unsafe { (*self.as_raw()).$field = value }
        })*
    };
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

    pub fn server(self) -> Server<'r> {
        // SAFETY: the server record lives as long as the configuration.
        unsafe { Server::from_raw((*self.as_raw()).server) }
    }

    texts! {
        /// `r->handler`, set by SetHandler, AddHandler or a script.
        handler;
        content_type;
        uri;
        unparsed_uri;
        filename;
        path_info;
        args;
        method;
        the_request;
        user;
    }

    /// The DocumentRoot in force for the request.
    pub fn document_root(self) -> Option<&'r [u8]> {
        // SAFETY: a live record; a string of the configuration's, or of the request's pool.
        unsafe { borrow(ffi::ap_document_root(self.as_raw())) }
    }

    writable_texts! {
        set_handler: handler;
        set_uri: uri;
        set_filename: filename;
        set_path_info: path_info;
        set_args: args;
        set_user: user;
    }

    /// Through `ap_set_content_type`, which also places filters by type.
    pub fn set_content_type(self, value: Text<'_>) {
        // SAFETY: the copy lives in the request's pool.
        unsafe { ffi::ap_set_content_type(self.as_raw(), self.pool().copy(value)) }
    }

    pub fn status(self) -> c_int {
        // SAFETY: a live record.
        unsafe { (*self.as_raw()).status }
    }

    pub fn set_status(self, status: c_int) {
        // SAFETY: a live record.
        unsafe { (*self.as_raw()).status = status }
    }

    /// When httpd read the request line, in microseconds since 1970.
    pub fn time(self) -> i64 {
        // SAFETY: a live record.
        unsafe { (*self.as_raw()).request_time }
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

    pub fn headers_in(self) -> Table<'r> {
        // SAFETY: httpd makes the table with the record.
        unsafe { Table::from_raw((*self.as_raw()).headers_in) }
            .expect("httpd makes headers_in with the request")
    }

    pub fn headers_out(self) -> Table<'r> {
        // SAFETY: httpd makes the table with the record.
        unsafe { Table::from_raw((*self.as_raw()).headers_out) }
            .expect("httpd makes headers_out with the request")
    }

    /// Sets an entry of `r->notes`.
    pub fn note(self, key: &'static [u8], value: &'static [u8]) {
        // SAFETY: httpd makes the table with the record.
        let notes = unsafe { Table::from_raw((*self.as_raw()).notes) };
        if let (Some(notes), Ok(key), Ok(value)) = (notes, Text::new(key), Text::new(value)) {
            notes.set(key, value);
        }
    }
}
