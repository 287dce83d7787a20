//! The connection record.

use super::handle::Record;
use super::server::Server;
use crate::ffi::httpd as ffi;
use std::marker::PhantomData;
use std::ptr::NonNull;

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
}
