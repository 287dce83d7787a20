//! The request record: fields as byte strings, and what a handler does with it.

use super::handle::Handle;
use super::pool::Pool;
use super::server::Server;
use super::table::Table;
use super::text::{Text, borrow};
use crate::ffi::httpd as ffi;
use std::ffi::{c_char, c_int};
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

/// httpd could not write to, or read from, the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IoError;

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

    /// Whether the client is known to be gone.
    pub fn is_aborted(self) -> bool {
        // SAFETY: a request has a connection, which lives longer.
        unsafe { (*(*self.as_raw()).connection).aborted != 0 }
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

    /// Hands bytes to the output filters; httpd buffers small writes.
    pub fn write(self, bytes: &[u8]) -> Result<(), IoError> {
        // ap_rwrite counts in int.
        for part in bytes.chunks(1 << 30) {
            // SAFETY: the buffer is readable for the length given, which fits an int.
            let written = unsafe { ffi::ap_rwrite(part.as_ptr().cast(), part.len() as c_int, self.as_raw()) };
            if written < 0 {
                return Err(IoError);
            }
        }
        Ok(())
    }

    /// Sends what was written so far, headers first.
    pub fn flush(self) -> Result<(), IoError> {
        // SAFETY: a live record.
        if unsafe { ffi::ap_rflush(self.as_raw()) } < 0 { Err(IoError) } else { Ok(()) }
    }

    /// Prepares reading the body, chunked or not; Err is an HTTP status.
    pub fn begin_body(self) -> Result<(), c_int> {
        // SAFETY: a live record.
        let status =
            unsafe { ffi::ap_setup_client_block(self.as_raw(), ffi::REQUEST_CHUNKED_DECHUNK as c_int) };
        if status != 0 {
            return Err(status);
        }
        // Sends 100 Continue where the client waits for it.
        // SAFETY: a live record, set up above.
        unsafe { ffi::ap_should_client_block(self.as_raw()) };
        Ok(())
    }

    /// Reads up to the buffer's length of the body; 0 is its end.
    pub fn read_body(self, buffer: &mut [u8]) -> Result<usize, IoError> {
        // SAFETY: the buffer is writable for the length given.
        let read = unsafe {
            ffi::ap_get_client_block(self.as_raw(), buffer.as_mut_ptr().cast::<c_char>(), buffer.len())
        };
        usize::try_from(read).map_err(|_| IoError)
    }
}

/// Whether a shell pattern matches a path, slashes matching slashes only.
pub fn matches_glob(pool: Pool<'_>, pattern: &[u8], path: &[u8]) -> bool {
    let (Ok(pattern), Ok(path)) = (Text::new(pattern), Text::new(path)) else {
        return false;
    };
    // SAFETY: both copies are NUL-terminated.
    unsafe {
        let flags = ffi::APR_FNM_PATHNAME as c_int;
        ffi::apr_fnmatch(pool.copy(pattern), pool.copy(path), flags) == 0
    }
}

/// Whether httpd's regular expression matches; one that does not compile never does.
pub fn matches_regex(pool: Pool<'_>, pattern: &[u8], path: &[u8]) -> bool {
    let (Ok(pattern), Ok(path)) = (Text::new(pattern), Text::new(path)) else {
        return false;
    };
    // SAFETY: both copies are NUL-terminated; the compiled expression lives in the pool.
    unsafe {
        let regex = ffi::ap_pregcomp(pool.as_raw(), pool.copy(pattern), ffi::AP_REG_EXTENDED as c_int);
        !regex.is_null() && ffi::ap_regexec(regex, pool.copy(path), 0, ptr::null_mut(), 0) == 0
    }
}
