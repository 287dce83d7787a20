//! The request's body, piece by piece, and why there is no next piece.
//!
//! Not by ap_get_client_block: it loses the reason of a failure, and leaves a brigade in
//! the request's pool for each call.

use super::brigade;
use super::client_error::ClientError;
use super::held;
use super::request::Request;
use crate::ffi::httpd as ffi;
use std::ffi::c_int;

impl Request<'_> {
    /// Prepares reading (ap_setup_client_block); false if there is no body.
    pub fn begin_body(self) -> Result<bool, ClientError> {
        // Bodies with a length keep the policy that scripts see in 3.5 (`read_body` is 1).
        let chunked = self.headers_in().first(b"Transfer-Encoding").is_some();
        let policy = if chunked { ffi::REQUEST_CHUNKED_DECHUNK } else { ffi::REQUEST_CHUNKED_ERROR };
        // SAFETY: a live record.
        let (status, any) = unsafe {
            let raw = self.as_raw();
            let status = ffi::ap_setup_client_block(raw, policy as c_int);
            (status, (*raw).read_chunked != 0 || (*raw).remaining > 0)
        };
        match status {
            0 => Ok(any),
            _ => {
                // The next request does not begin where this body does.
                self.connection().close_after_this();
                const TOO_LARGE: c_int = ffi::HTTP_REQUEST_ENTITY_TOO_LARGE as c_int;
                Err(if status == TOO_LARGE { ClientError::TooLarge } else { ClientError::Refused(status) })
            }
        }
    }

    /// Appends a piece of the body of at most `at_most` bytes, waiting for it; false if
    /// that was the last one. The first call answers `Expect: 100-continue`.
    pub fn read_body(self, into: &mut Vec<u8>, at_most: usize) -> Result<bool, ClientError> {
        let before = into.len();
        let more = self.read_piece(into, at_most);
        // SAFETY: a live record; the fields are those that ap_get_client_block keeps.
        unsafe {
            let raw = self.as_raw();
            (*raw).read_length += (into.len() - before) as ffi::apr_off_t;
            if more == Ok(false) {
                (*raw).remaining = if (*raw).read_chunked != 0 { -1 } else { 0 };
            }
        }
        if more.is_err() {
            self.connection().close_after_this();
        }
        more
    }

    fn read_piece(self, into: &mut Vec<u8>, at_most: usize) -> Result<bool, ClientError> {
        // SAFETY: live records; the brigade is this call's.
        unsafe {
            let raw = self.as_raw();
            brigade::with_temporary((*raw).connection, (*raw).pool, |brigade| {
                let (status, refusal) = held::while_reading(self, || {
                    let (mode, block) = (ffi::AP_MODE_READBYTES, ffi::APR_BLOCK_READ);
                    let wanted = ffi::apr_off_t::try_from(at_most).unwrap_or(ffi::apr_off_t::MAX);
                    ffi::ap_get_brigade((*raw).input_filters, brigade, mode, block, wanted)
                });
                if status != 0 || refusal.is_some() {
                    return Err(ClientError::reading(status, refusal));
                }
                for bucket in brigade::buckets(brigade) {
                    if brigade::is_eos(bucket) {
                        return Ok(false);
                    }
                    brigade::read(bucket, |data| append(into, data))
                        .map_err(|status| ClientError::reading(status, None))??;
                }
                Ok(true)
            })
        }
    }

    /// For an answer without a look at the body: at the request's end, httpd would send a late
    /// `100 Continue`, and wait for a body that it throws away. On a connection that closes
    /// it does not, and this one would close anyway.
    pub fn keep_unasked_body_away(self) {
        if self.expects_continue() {
            self.connection().close_after_this();
        }
    }

    /// Whether the client waits for `100 Continue` before it sends the body.
    pub fn expects_continue(self) -> bool {
        // SAFETY: a live record.
        unsafe { (*self.as_raw()).expecting_100 != 0 }
    }
}

fn append(into: &mut Vec<u8>, data: &[u8]) -> Result<(), ClientError> {
    into.try_reserve(data.len()).map_err(|_| ClientError::OutOfMemory)?;
    into.extend_from_slice(data);
    Ok(())
}
