//! Requests that come of one another: internal redirects and sub-requests.

use super::Request;
use crate::ffi::httpd as ffi;
use crate::httpd::handle::Handle;
use crate::httpd::text::Text;
use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::Arc;

impl<'r> Request<'r> {
    /// The request that this sub-request was made for.
    pub fn main(self) -> Option<Request<'r>> {
        // SAFETY: a sub-request's pool is a child of its main request's, which so lives
        // longer.
        unsafe { Self::linked((*self.as_raw()).main) }
    }

    /// The request that was redirected to this one.
    pub fn prev(self) -> Option<Request<'r>> {
        // SAFETY: both lie in the same pool.
        unsafe { Self::linked((*self.as_raw()).prev) }
    }

    /// The request that this one was redirected to.
    pub fn next(self) -> Option<Request<'r>> {
        // SAFETY: both lie in the same pool.
        unsafe { Self::linked((*self.as_raw()).next) }
    }

    /// The request that this one came of.
    pub fn origin(self) -> Option<Request<'r>> {
        self.prev().or_else(|| self.main())
    }

    /// # Safety
    /// `raw` is NULL or a request that lives for `'r`.
    unsafe fn linked(raw: *mut ffi::request_rec) -> Option<Request<'r>> {
        NonNull::new(raw).map(|raw| Request { raw, lifetime: PhantomData })
    }

    /// A handle that can be used while a handler of any request of the family runs.
    pub fn nested_handle(self, origin: &Arc<Handle>) -> Arc<Handle> {
        Handle::nested(self.raw, origin)
    }

    /// Where the record lies, for C modules.
    pub fn address(self) -> NonNull<c_void> {
        self.raw.cast()
    }

    /// Runs all phases of a new request for another URL, which takes over the connection to
    /// the client.
    pub fn internal_redirect(self, uri: Text<'_>) {
        // SAFETY: the copy lives in the request's pool, which the new request shares.
        unsafe { ffi::ap_internal_redirect(self.pool().copy(uri), self.as_raw()) }
    }
}
