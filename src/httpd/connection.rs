//! The connection record.

use super::brigade;
use super::handle::{Handle, Record};
use super::module;
use super::server::Server;
use super::table::Table;
use super::text::borrow;
use super::transfer::Transfer;
use crate::ffi::httpd as ffi;
use std::ffi::{CStr, c_char, c_int, c_long, c_void};
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::Arc;

/// What scripts are lent a connection by.
pub type ConnectionHandle = Handle<ffi::conn_rec>;

/// A connection that lives at least for `'c`.
#[derive(Clone, Copy)]
pub struct Connection<'c> {
    raw: NonNull<ffi::conn_rec>,
    lifetime: PhantomData<&'c ()>,
}

// SAFETY: a connection record belongs to no thread; httpd itself hands connections from
// one thread to another. That only one uses it at a time is `Handle`'s business.
unsafe impl Send for Connection<'_> {}

impl Record for ffi::conn_rec {
    type Lent<'a> = Connection<'a>;

    unsafe fn lend<'a>(raw: NonNull<Self>) -> Connection<'a> {
        Connection { raw, lifetime: PhantomData }
    }
}

macro_rules! texts {
    ($($(#[$doc:meta])* $field:ident;)*) => {
        $($(#[$doc])* pub fn $field(self) -> Option<&'c [u8]> {
            // SAFETY: a string of the record is NULL or NUL-terminated and lives as long.
            unsafe { borrow((*self.as_raw()).$field) }
        })*
    };
}

impl<'c> Connection<'c> {
    /// # Safety
    /// `raw` is a connection record that lives for `'c`.
    pub(super) unsafe fn from_raw(raw: *mut ffi::conn_rec) -> Self {
        let raw = NonNull::new(raw).expect("httpd never hands out a NULL connection");
        Connection { raw, lifetime: PhantomData }
    }

    pub(super) fn as_raw(self) -> *mut ffi::conn_rec {
        self.raw.as_ptr()
    }

    /// The server that the connection's address and port belong to.
    pub fn base_server(self) -> Server<'c> {
        // SAFETY: the server record lives as long as the configuration.
        unsafe { Server::from_raw((*self.as_raw()).base_server) }
    }

    /// Whether the client is known to be gone.
    pub fn is_aborted(self) -> bool {
        // SAFETY: a live record.
        unsafe { (*self.as_raw()).aborted != 0 }
    }

    /// No further request is to be read from it.
    pub fn close_after_this(self) {
        // SAFETY: a live record.
        unsafe { (*self.as_raw()).keepalive = ffi::AP_CONN_CLOSE }
    }

    /// A handle that outlives the connection and knows when it has ended.
    pub fn handle(self) -> Arc<ConnectionHandle> {
        Handle::new(self.raw)
    }

    texts! {
        /// The client's address, or the proxy's before the client.
        client_ip;
        /// The client's name, if it was looked up; empty if it has none.
        remote_host;
        /// The user that the client's identd named (RFC 1413).
        remote_logname;
        local_ip;
        /// The server's name, if it was looked up.
        local_host;
    }

    /// The client's address and port.
    pub fn client_addr(self) -> Option<(Vec<u8>, u16)> {
        // SAFETY: NULL, or an address that lives as long as the record.
        unsafe { address((*self.as_raw()).client_addr) }
    }

    /// The server's address and port.
    pub fn local_addr(self) -> Option<(Vec<u8>, u16)> {
        // SAFETY: as above.
        unsafe { address((*self.as_raw()).local_addr) }
    }

    /// Unique among the connections that are open at a time.
    pub fn id(self) -> c_long {
        // SAFETY: a live record.
        unsafe { (*self.as_raw()).id }
    }

    /// AP_CONN_UNKNOWN, AP_CONN_CLOSE or AP_CONN_KEEPALIVE.
    pub fn keepalive(self) -> i64 {
        // SAFETY: a live record.
        i64::from(unsafe { (*self.as_raw()).keepalive })
    }

    /// False if it is none of the three.
    pub fn set_keepalive(self, value: i64) -> bool {
        let known = [ffi::AP_CONN_UNKNOWN, ffi::AP_CONN_CLOSE, ffi::AP_CONN_KEEPALIVE];
        let Some(value) = known.into_iter().find(|known| i64::from(*known) == value) else {
            return false;
        };
        // SAFETY: a live record, and a value of the enumeration.
        unsafe { (*self.as_raw()).keepalive = value }
        true
    }

    /// The answers that left it open for another request.
    pub fn keepalives(self) -> c_int {
        // SAFETY: a live record.
        unsafe { (*self.as_raw()).keepalives }
    }

    /// Whether the client's name was checked against its address: 1 yes, -1 in vain.
    pub fn double_reverse(self) -> c_int {
        // SAFETY: a live record.
        unsafe { (*self.as_raw()).double_reverse() }
    }

    /// What modules tell one another about the connection.
    pub fn notes(self) -> Table<'c> {
        // SAFETY: httpd makes the table with the record.
        unsafe { Table::from_raw((*self.as_raw()).notes) }.expect("httpd makes notes with the connection")
    }

    /// The record, for code in other languages.
    pub fn address(self) -> NonNull<c_void> {
        self.raw.cast()
    }

    /// Whether it is a client's, and not one that mod_http2 makes for a stream.
    pub(super) fn is_clients(self) -> bool {
        // SAFETY: a live record.
        unsafe { (*self.as_raw()).master.is_null() }
    }

    /// Whether this module has left it to others. httpd's event MPM asks again after each
    /// request.
    pub fn is_declined(self) -> bool {
        // SAFETY: our slot of the record is NULL until `set_declined`.
        let mark = unsafe { ffi::ap_get_module_config((*self.as_raw()).conn_config, module::record()) };
        !mark.is_null()
    }

    pub(super) fn set_declined(self) {
        // SAFETY: our slot of the record is ours; the mark is not read through.
        unsafe {
            let mark = self.as_raw().cast::<c_void>();
            ffi::ap_set_module_config((*self.as_raw()).conn_config, module::record(), mark);
        }
    }

    /// It is over: the event MPM is to send what is left and close.
    pub(super) fn linger(self) {
        // SAFETY: NULL, or the MPM's record of the connection.
        unsafe {
            if let Some(state) = (*self.as_raw()).cs.as_mut() {
                state.state = ffi::CONN_STATE_LINGER;
            }
        }
    }

    /// Waits for data, and takes up to `limit` bytes of what there is, at least one; None
    /// at the end.
    pub fn read(self, limit: usize) -> Result<Option<Vec<u8>>, IoError> {
        self.fetch(ffi::AP_MODE_READBYTES, limit)
    }

    /// The same, and leaves it there.
    pub fn peek(self, limit: usize) -> Result<Option<Vec<u8>>, IoError> {
        self.fetch(ffi::AP_MODE_SPECULATIVE, limit)
    }

    fn fetch(self, mode: ffi::ap_input_mode_t, limit: usize) -> Result<Option<Vec<u8>>, IoError> {
        let limit = ffi::apr_off_t::try_from(limit).unwrap_or(ffi::apr_off_t::MAX);
        // An answer without data is the end, or a filter's that has only signs of its own;
        // asked again, httpd says which.
        for _ in 0..2 {
            // SAFETY: a live record with its filters, which fill the brigade; only one thread
            // reads or writes it at a time (`Handle::lend_io`).
            unsafe {
                let connection = self.as_raw();
                let mut received = Transfer::of(connection);
                let filters = (*connection).input_filters;
                match ffi::ap_get_brigade(filters, received.as_raw(), mode, ffi::APR_BLOCK_READ, limit) {
                    0 => {}
                    EOF => return Ok(None),
                    status => return Err(IoError(status)),
                }
                let bytes = received.data().map_err(IoError)?;
                if !bytes.is_empty() {
                    return Ok(Some(bytes));
                }
            }
        }
        Ok(None)
    }

    /// Sends the bytes, and waits until they are on their way.
    pub fn write(self, bytes: &[u8]) -> Result<(), IoError> {
        // SAFETY: a live record; the buckets live in its allocator. A transient bucket may
        // be read until the flush behind it has gone through; a filter that keeps data longer
        // copies it (setaside).
        let status = unsafe {
            let connection = self.as_raw();
            let allocator = (*connection).bucket_alloc;
            let data = ffi::apr_bucket_transient_create(bytes.as_ptr().cast(), bytes.len() as _, allocator);
            let mut sent = Transfer::of(connection);
            brigade::append(sent.as_raw(), data);
            brigade::append(sent.as_raw(), ffi::apr_bucket_flush_create(allocator));
            ffi::ap_pass_brigade((*connection).output_filters, sent.as_raw())
        };
        if status == 0 { Ok(()) } else { Err(IoError(status)) }
    }
}

/// `APR_EOF`.
const EOF: ffi::apr_status_t = ffi::APR_EOF as ffi::apr_status_t;

/// Why data could not be read or written: an APR status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IoError(ffi::apr_status_t);

impl IoError {
    /// What errno calls it, if it has a name there.
    pub fn errno(self) -> Option<i32> {
        const TIME_IS_UP: ffi::apr_status_t = ffi::APR_TIMEUP as ffi::apr_status_t;
        match self.0 {
            TIME_IS_UP => Some(libc::ETIMEDOUT),
            // APR's own codes lie above.
            status => (status < ffi::APR_OS_START_ERROR as ffi::apr_status_t).then_some(status),
        }
    }

    /// What APR says of it.
    pub fn message(self) -> String {
        let mut buffer = [0 as c_char; 256];
        // SAFETY: writes a C string of the buffer's length at the most.
        let text = unsafe {
            ffi::apr_strerror(self.0, buffer.as_mut_ptr(), buffer.len() as _);
            CStr::from_ptr(buffer.as_ptr())
        };
        text.to_string_lossy().into_owned()
    }
}

/// # Safety
/// NULL or a live address.
unsafe fn address(address: *mut ffi::apr_sockaddr_t) -> Option<(Vec<u8>, u16)> {
    let mut buffer = [0 as c_char; 64];
    // SAFETY: writes a C string of the buffer's length at the most.
    unsafe {
        let port = address.as_ref()?.port;
        let status = ffi::apr_sockaddr_ip_getbuf(buffer.as_mut_ptr(), buffer.len() as _, address);
        (status == 0).then(|| (CStr::from_ptr(buffer.as_ptr()).to_bytes().to_vec(), port))
    }
}
