//! The data of a call of a filter.

use crate::ffi::httpd as ffi;
use crate::httpd::brigade::{Brigade, Kind};
use std::ptr::NonNull;

/// What a call of an output filter is given at once, and what it may write before that
/// goes on: a large file must not be held in memory as a whole.
pub(super) const AT_ONCE: usize = 1 << 20;

/// The data of a call.
pub(super) struct Flow {
    /// Output: what came down. Input: what was fetched.
    pub(super) source: NonNull<ffi::apr_bucket_brigade>,
    /// Output: what is to go down. Input: the reader's.
    pub(super) sink: NonNull<ffi::apr_bucket_brigade>,
    /// Output: how much of the source this call may still see.
    pub(super) budget: usize,
    /// Output: whether something was read, and then the source had no more yet.
    pub(super) begun: bool,
    pub(super) dry: bool,
    /// Input: whether to wait for what is not there yet.
    pub(super) patient: bool,
    /// Output: how much was written and has not gone down.
    pub(super) written: usize,
    /// Whether the end of the source was read.
    pub(super) ended: bool,
    /// Input: whether the source was fetched, and whether it had nothing.
    pub(super) fetched: bool,
    pub(super) starved: bool,
    /// httpd's, from the last read or pass.
    pub(super) status: ffi::apr_status_t,
}

impl Flow {
    pub(super) fn brigades<'f>(&self) -> (Brigade<'f>, Brigade<'f>) {
        // SAFETY: two brigades that live for the call and that nobody else uses; the flow
        // is locked while the results are used.
        unsafe { (Brigade::from_raw(self.source.as_ptr()), Brigade::from_raw(self.sink.as_ptr())) }
    }

    /// Takes data out of the source, up to what is not data. What is neither the end nor a
    /// flush goes to the sink, in its place among what is written.
    pub(super) fn take(&mut self, limit: usize, line: bool) -> Result<Option<Vec<u8>>, ffi::apr_status_t> {
        let (mut source, mut sink) = self.brigades();
        let mut data = Vec::new();
        while let Some(kind) = source.first_kind() {
            if kind != Kind::Data {
                if !data.is_empty() || kind == Kind::Flush {
                    break;
                }
                if kind == Kind::Eos {
                    source.drop_first();
                    self.ended = true;
                    break;
                }
                source.move_first(&mut sink);
                continue;
            }
            let room = (limit - data.len()).min(self.budget);
            if room == 0 || self.dry {
                break;
            }
            // A slow source, such as a CGI script's: what it has said so far goes on first.
            let wait = !self.begun || self.patient;
            let bytes = match source.read_first(wait) {
                Err(status) if !wait && status == ffi::APR_EAGAIN as ffi::apr_status_t => {
                    self.dry = true;
                    break;
                }
                read => read?,
            };
            let bytes = &bytes[..bytes.len().min(room)];
            let end = if line { bytes.iter().position(|byte| *byte == b'\n') } else { None };
            let count = end.map_or(bytes.len(), |at| at + 1);
            data.extend_from_slice(&bytes[..count]);
            source.skip(count)?;
            self.budget -= count;
            self.begun |= count > 0;
            if end.is_some() {
                break;
            }
        }
        Ok(if data.is_empty() && self.ended { None } else { Some(data) })
    }

    /// Lets through what was not read, with the flush or the end behind it.
    pub(super) fn pass_window(&mut self) {
        let (mut source, mut sink) = self.brigades();
        if (self.budget == 0 || self.dry) && source.first_kind() == Some(Kind::Data) {
            return;
        }
        while let Some(kind) = source.first_kind() {
            source.move_first(&mut sink);
            if kind == Kind::Flush {
                break;
            }
        }
    }

    /// Drops what was written and what was not read, but for what is not data.
    pub(super) fn drop_window(&mut self) {
        let (mut source, mut sink) = self.brigades();
        sink.retain_metadata();
        while let Some(kind) = source.first_kind() {
            if kind == Kind::Data {
                source.drop_first()
            } else {
                source.move_first(&mut sink)
            }
            if kind == Kind::Flush {
                break;
            }
        }
    }
}
