//! The answer's body, on its way into the output filters.

use super::brigade;
use super::client_error::ClientError;
use super::request::Request;
use crate::ffi::httpd as ffi;
use parking_lot::Mutex;
use std::ffi::c_int;
use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How much is kept back at the most: as much as httpd's own buffer for small writes
/// (APR_BUCKET_BUFF_SIZE).
const KEPT: usize = 8000;

/// What one bucket carries at the most. httpd's own filters count in size_t, but zlib and
/// OpenSSL, below others, in int.
const PART: usize = 1 << 30;

/// What is remembered of a request's answer.
///
/// Small writes that need not go out at once are kept here and not in httpd's buffer: that
/// is a filter, so who writes to it has to detach, and at the end of a handler what is
/// kept goes out together with the answer's end, which lets httpd tell its length.
#[derive(Default)]
pub struct Output {
    kept: Mutex<Vec<u8>>,
    queued: AtomicU64,
    failed: AtomicBool,
}

impl Output {
    /// How many bytes were handed to httpd.
    pub fn bytes_queued(&self) -> u64 {
        self.queued.load(Ordering::Relaxed)
    }

    pub fn count(&self, bytes: u64) {
        self.queued.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Whether writing has failed: there is no use in trying again.
    pub fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// Keeps bytes back, if there is room; false if there is not. Never waits.
    pub fn keep(&self, request: Request<'_>, bytes: &[u8]) -> Result<bool, ClientError> {
        self.keep_all(request, &[bytes])
    }

    /// The same for several pieces, all or none.
    pub fn keep_all(&self, request: Request<'_>, pieces: &[&[u8]]) -> Result<bool, ClientError> {
        let bytes: usize = pieces.iter().map(|piece| piece.len()).sum();
        let mut kept = self.kept.lock();
        if kept.len() + bytes > KEPT {
            return Ok(false);
        }
        self.checked(request.not_gone())?;
        pieces.iter().for_each(|piece| kept.extend_from_slice(piece));
        self.count(bytes as u64);
        Ok(true)
    }

    /// Hands bytes to the output filters, after what was kept back; with `flush`, on to the
    /// client, headers first.
    pub fn write(&self, request: Request<'_>, bytes: &[u8], flush: bool) -> Result<(), ClientError> {
        let last = bytes.len().div_ceil(PART);
        self.hand_on(request, flush && last == 0)?;
        for (part, number) in bytes.chunks(PART).zip(1..) {
            self.checked(request.pass_on(part, flush && number == last))?;
        }
        self.count(bytes.len() as u64);
        Ok(())
    }

    /// Hands on what was kept back, before something else is sent.
    pub fn hand_on(&self, request: Request<'_>, flush: bool) -> Result<(), ClientError> {
        let kept = mem::take(&mut *self.kept.lock());
        if kept.is_empty() && !flush {
            return Ok(());
        }
        self.checked(request.pass_on(&kept, flush))
    }

    /// The handlers of a phase are done, and httpd goes on with the request: its own buffer
    /// takes what was kept back.
    pub fn leave(&self, request: Request<'_>) {
        let kept = mem::take(&mut *self.kept.lock());
        if !kept.is_empty() {
            let _ = self.checked(request.keep_back(&kept));
        }
    }

    /// The answer is complete: what was kept back goes out with its end. If nothing was,
    /// httpd ends the answer itself.
    pub fn end(&self, request: Request<'_>) {
        let kept = mem::take(&mut *self.kept.lock());
        if !kept.is_empty() {
            let _ = self.checked(request.pass(|brigade, allocator| {
                // SAFETY: the filters read the bytes before they return, or copy them.
                unsafe {
                    let (start, length) = (kept.as_ptr().cast(), kept.len());
                    brigade::append(brigade, ffi::apr_bucket_transient_create(start, length, allocator));
                    brigade::append(brigade, ffi::apr_bucket_eos_create(allocator));
                }
            }));
        }
    }

    /// Something else is answered.
    pub fn forget(&self) {
        self.kept.lock().clear();
    }

    pub(super) fn checked(&self, sent: Result<(), ClientError>) -> Result<(), ClientError> {
        if sent.is_err() {
            self.failed.store(true, Ordering::Relaxed);
        }
        sent
    }
}

impl Request<'_> {
    /// Into httpd's buffer for small writes.
    fn keep_back(self, bytes: &[u8]) -> Result<(), ClientError> {
        if self.is_answered() {
            return Ok(());
        }
        // SAFETY: readable for the length given, which fits an int: `KEPT` is less.
        let kept = unsafe { ffi::ap_rwrite(bytes.as_ptr().cast(), bytes.len() as c_int, self.as_raw()) };
        // It is passed on if another module has filled the buffer; APR's status is lost then.
        if kept < 0 { Err(ClientError::writing(libc::EIO, self.connection())) } else { Ok(()) }
    }

    fn pass_on(self, bytes: &[u8], flush: bool) -> Result<(), ClientError> {
        self.pass(|brigade, allocator| {
            // SAFETY: the filters read the bytes before they return, or copy them: what a
            // transient bucket means.
            unsafe {
                if !bytes.is_empty() {
                    let bucket =
                        ffi::apr_bucket_transient_create(bytes.as_ptr().cast(), bytes.len(), allocator);
                    brigade::append(brigade, bucket);
                }
                if flush {
                    brigade::append(brigade, ffi::apr_bucket_flush_create(allocator));
                }
            }
        })
    }

    /// Passes what `fill` puts into a brigade to the output filters. After the answer's
    /// end, which another module may have brought about, nothing goes out any more.
    pub(super) fn pass(
        self,
        fill: impl FnOnce(*mut ffi::apr_bucket_brigade, *mut ffi::apr_bucket_alloc_t),
    ) -> Result<(), ClientError> {
        self.not_gone()?;
        if self.is_answered() {
            return Ok(());
        }
        // SAFETY: live records; the brigade is this call's, and emptied after it.
        let status = unsafe {
            let raw = self.as_raw();
            brigade::with_temporary((*raw).connection, (*raw).pool, |brigade| {
                fill(brigade, (*brigade).bucket_alloc);
                ffi::ap_pass_brigade((*raw).output_filters, brigade)
            })
        };
        if status != 0 {
            return Err(ClientError::writing(status, self.connection()));
        }
        self.not_gone()
    }

    fn not_gone(self) -> Result<(), ClientError> {
        if self.connection().is_aborted() {
            return Err(ClientError::Disconnected(libc::ECONNABORTED));
        }
        Ok(())
    }

    /// Whether the end of the answer went out.
    pub fn is_answered(self) -> bool {
        // SAFETY: a live record.
        unsafe { (*self.as_raw()).eos_sent != 0 }
    }

    /// Whether the answer's headers are on their way to the client; also those of a request
    /// that was redirected to this one.
    pub fn is_begun(self) -> bool {
        // SAFETY: live records; httpd's header filter sets the field when it has run. A
        // request outlives those that it was redirected to.
        unsafe {
            let mut record = self.as_raw();
            while !record.is_null() {
                if (*record).sent_bodyct != 0 {
                    return true;
                }
                record = (*record).prev;
            }
            false
        }
    }

    /// Ends an answer that was begun, so that the client sees that it is not whole: no
    /// last chunk, no further request on the connection, and a reset stream in HTTP/2.
    /// This is how mod_proxy ends the answer of a backend that broke off.
    pub fn break_off(self) {
        self.connection().close_after_this();
        // What it returns is of no use: the client is gone, or learns it by the close.
        let _ = self.pass(|brigade, allocator| {
            // SAFETY: a live record; both buckets live in the connection's allocator.
            unsafe {
                let pool = (*(*self.as_raw()).connection).pool;
                let status = ffi::HTTP_BAD_GATEWAY as c_int;
                brigade::append(brigade, ffi::ap_bucket_error_create(status, ptr::null(), pool, allocator));
                brigade::append(brigade, ffi::apr_bucket_eos_create(allocator));
            }
        });
    }

    /// Sends nothing more: the client is gone, or has left before the end of its request.
    pub fn forsake(self) {
        let connection = self.connection();
        connection.close_after_this();
        // SAFETY: a live record; httpd's output filter drops what it gets from now on.
        unsafe { (*connection.as_raw()).aborted = 1 };
    }
}
