//! Keeps httpd from answering in the handler's place.
//!
//! When a body exceeds LimitRequestBody or is malformed, httpd's input filter does not
//! only fail: it sends an error response down the output filters. The handler then has an
//! exception and an answer that is not its own, and where it has begun to answer, the
//! client gets a regular end after half of it. So while a body is read, a filter stands
//! before the others that stops such a response, and nothing else.

use super::brigade;
use super::guard::{self, Entry};
use super::log::Target;
use super::request::Request;
use crate::ffi::httpd as ffi;
use std::ffi::{c_int, c_void};
use std::ptr;

#[repr(transparent)]
struct Registration(ffi::ap_filter_rec_t);

// SAFETY: points to a static string and a static function; httpd only reads it.
unsafe impl Sync for Registration {}

static HELD: Registration = Registration(ffi::ap_filter_rec_t {
    name: c"mod_python_held".as_ptr(),
    filter_func: ffi::ap_filter_func { out_func: Some(hold) },
    filter_init_func: None,
    next: ptr::null_mut(),
    providers: ptr::null_mut(),
    ftype: ffi::AP_FTYPE_RESOURCE,
    debug: 0,
    proto_flags: 0,
});

/// What the filter needs, on the stack of [`while_reading`].
struct Hold<'r> {
    request: Request<'r>,
    refusal: Option<c_int>,
}

/// Runs `read`; with its result, the HTTP status that an input filter was about to answer.
pub(super) fn while_reading<T>(request: Request<'_>, read: impl FnOnce() -> T) -> (T, Option<c_int>) {
    let raw = request.as_raw();
    let mut hold = Hold { request, refusal: None };
    // No request is named, so that httpd does not take a response that is stopped here for
    // the request's end (`eos_sent`).
    // SAFETY: a live record; the filter is taken out again before this frame goes.
    let mut filter = unsafe {
        ffi::ap_filter_t {
            frec: (&raw const HELD.0).cast_mut(),
            ctx: (&raw mut hold).cast(),
            next: (*raw).output_filters,
            r: ptr::null_mut(),
            c: (*raw).connection,
        }
    };
    let filter = &raw mut filter;
    // SAFETY: as above.
    let done = unsafe {
        (*raw).output_filters = filter;
        let _out = TakenOut(raw, filter);
        read()
    };
    (done, hold.refusal)
}

/// Takes the filter out of the chain when dropped, also when a panic passes through.
struct TakenOut(*mut ffi::request_rec, *mut ffi::ap_filter_t);

impl Drop for TakenOut {
    fn drop(&mut self) {
        // SAFETY: `while_reading` still has both; a filter that was added meanwhile, by an
        // input filter, stands before ours, and the chain ends with NULL.
        unsafe {
            let mut link = &raw mut (*self.0).output_filters;
            while !(*link).is_null() {
                if *link == self.1 {
                    *link = (*self.1).next;
                    return;
                }
                link = &raw mut (**link).next;
            }
        }
    }
}

unsafe extern "C" fn hold(
    filter: *mut ffi::ap_filter_t,
    brigade: *mut ffi::apr_bucket_brigade,
) -> ffi::apr_status_t {
    // SAFETY: httpd calls the filter of `while_reading`, whose frame is below this one.
    let (ctx, next): (*mut c_void, _) = unsafe { ((*filter).ctx, (*filter).next) };
    let hold = ctx.cast::<Hold<'_>>();
    // SAFETY: as above; nothing else refers to it now.
    let request = unsafe { (*hold).request };
    guard::run(Entry::Hook("reading the body", Target::Request(request)), ffi::AP_FILTER_ERROR, || {
        // SAFETY: httpd passes a live brigade.
        unsafe {
            let refusal = brigade::buckets(brigade).find_map(|bucket| brigade::error_status(bucket));
            if refusal.is_none() {
                // What an input filter writes itself.
                return ffi::ap_pass_brigade(next, brigade);
            }
            (*hold).refusal = refusal;
            ffi::apr_brigade_cleanup(brigade.cast());
            ffi::AP_FILTER_ERROR
        }
    })
}
