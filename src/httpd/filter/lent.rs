//! A call of a filter, as its script uses it.

use super::flow::{AT_ONCE, Flow};
use super::instance::{Added, State};
use super::invocation::Invocation;
use crate::ffi::httpd as ffi;
use crate::httpd::handle::Record;
use crate::httpd::request::Request;
use crate::settings::filters::Direction;
use parking_lot::MutexGuard;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Why a filter could not read or pass on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// The same call is reading or passing on already.
    Busy,
    /// The next filter, or the source of the data, failed.
    Failed,
}

/// A call of a filter, lent to who uses it.
#[derive(Clone, Copy)]
pub struct Filter<'a>(pub(super) &'a Invocation);

impl Record for Invocation {
    type Lent<'a> = Filter<'a>;

    unsafe fn lend<'a>(raw: NonNull<Self>) -> Filter<'a> {
        // SAFETY: by contract, it lives for 'a.
        Filter(unsafe { raw.as_ref() })
    }
}

impl<'a> Filter<'a> {
    pub fn request(self) -> Request<'a> {
        // SAFETY: the filter is one of a request, which lives longer than the call.
        unsafe { Request::from_raw((*self.0.filter.as_ptr()).r) }
    }

    /// As registered; in lower case for filters of the configuration.
    pub fn name(self) -> &'a [u8] {
        &self.0.name
    }

    pub fn direction(self) -> Direction {
        self.0.direction
    }

    /// What a script registered for this request; None for a filter of the configuration.
    pub fn added(self) -> Option<Arc<Added>> {
        self.0.instance().added()
    }

    /// The directory that it was configured for; `find` is asked once for all its calls.
    pub fn directory(self, find: impl FnOnce() -> Option<Vec<u8>>) -> Option<Vec<u8>> {
        self.0.instance().directory(find)
    }

    pub fn is_closed(self) -> bool {
        self.0.is_closed()
    }

    /// Up to `limit` bytes, or a line; empty when there is nothing until the next call,
    /// None at the end of the stream.
    pub fn read(self, limit: usize, line: bool) -> Result<Option<Vec<u8>>, Error> {
        let mut flow = self.flow()?;
        self.0.withdraw_length();
        if self.0.direction == Direction::Input && !flow.fetched {
            self.0.fetch(&mut flow);
            if flow.status != 0 && flow.status != ffi::APR_EAGAIN as ffi::apr_status_t {
                return Err(Error::Failed);
            }
        }
        flow.take(limit, line).map_err(|status| {
            flow.status = status;
            Error::Failed
        })
    }

    /// Appends a copy.
    pub fn write(self, bytes: &[u8]) -> Result<(), Error> {
        let mut flow = self.flow()?;
        self.0.withdraw_length();
        let (_, mut sink) = flow.brigades();
        sink.write(bytes);
        flow.written += bytes.len();
        if self.0.direction == Direction::Output && flow.written > AT_ONCE {
            return self.0.pass(&mut flow);
        }
        Ok(())
    }

    /// Sends on what was written, at once.
    pub fn flush(self) -> Result<(), Error> {
        let mut flow = self.flow()?;
        if self.0.is_closed() {
            return Ok(());
        }
        let (_, mut sink) = flow.brigades();
        sink.append_flush();
        match self.0.direction {
            Direction::Output => self.0.pass(&mut flow),
            Direction::Input => Ok(()),
        }
    }

    /// Ends the stream.
    pub fn close(self) -> Result<(), Error> {
        let mut flow = self.flow()?;
        if self.0.closed.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let (_, mut sink) = flow.brigades();
        sink.append_eos();
        match self.0.direction {
            Direction::Output => self.0.pass(&mut flow),
            Direction::Input => Ok(()),
        }
    }

    /// Lets through what has not been read.
    pub fn pass_on(self) -> Result<(), Error> {
        let mut flow = self.flow()?;
        if self.0.is_closed() {
            return Ok(());
        }
        if self.0.direction == Direction::Input && !flow.fetched {
            self.0.fetch(&mut flow);
            if flow.status != 0 && flow.status != ffi::APR_EAGAIN as ffi::apr_status_t {
                return Err(Error::Failed);
            }
        }
        let (mut source, mut sink) = flow.brigades();
        source.move_all(&mut sink);
        match self.0.direction {
            Direction::Output if !sink.is_empty() => self.0.pass(&mut flow),
            _ => Ok(()),
        }
    }

    /// Everything passes from now on.
    pub fn disable(self) {
        if self.0.instance().state() == State::Active {
            self.0.instance().set_state(State::Transparent);
        }
    }

    fn flow(self) -> Result<MutexGuard<'a, Flow>, Error> {
        self.0.flow.try_lock().ok_or(Error::Busy)
    }
}
