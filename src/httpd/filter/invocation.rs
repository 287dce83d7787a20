//! One call of a filter's script, and what becomes of its data.

use super::Outcome;
use super::flow::{AT_ONCE, Flow};
use super::instance::{Instance, State};
use super::lent::{Error, Filter};
use super::run::keep_metadata;
use crate::ffi::httpd as ffi;
use crate::httpd::brigade::{Brigade, Kind};
use crate::httpd::handle::Handle;
use crate::httpd::text::Text;
use crate::settings::filters::Direction;
use parking_lot::Mutex;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// What the reader of an input filter asks for.
#[derive(Clone, Copy)]
pub(super) struct Demand {
    pub mode: ffi::ap_input_mode_t,
    pub block: ffi::apr_read_type_e,
    pub bytes: ffi::apr_off_t,
}

impl Demand {
    const NONE: Demand = Demand { mode: ffi::AP_MODE_READBYTES, block: ffi::APR_BLOCK_READ, bytes: 0 };

    /// Whether it is for data of the body.
    pub(super) fn reads(self) -> bool {
        matches!(self.mode, ffi::AP_MODE_READBYTES | ffi::AP_MODE_GETLINE | ffi::AP_MODE_EXHAUSTIVE)
    }

    pub(super) fn waits(self) -> bool {
        self.block == ffi::APR_BLOCK_READ
    }

    /// Whether more than `bytes` would be lost.
    pub(super) fn is_limited(self) -> bool {
        self.mode == ffi::AP_MODE_READBYTES && self.bytes > 0
    }
}

/// A call of a filter, from httpd's side.
pub struct Invocation {
    pub(super) filter: NonNull<ffi::ap_filter_t>,
    instance: NonNull<Instance>,
    pub(super) name: Vec<u8>,
    pub(super) direction: Direction,
    demand: Demand,
    pub(super) flow: Mutex<Flow>,
    pub(super) closed: AtomicBool,
    handle: OnceLock<Arc<Handle<Invocation>>>,
}

// SAFETY: the pointers are to what lives for the call. What can change is behind `flow`;
// that the thread of the call alone reads and passes on is the request handle's business,
// whose `io` it holds.
unsafe impl Send for Invocation {}
// SAFETY: as above.
unsafe impl Sync for Invocation {}

impl Drop for Invocation {
    fn drop(&mut self) {
        if let Some(handle) = self.handle.get() {
            handle.revoke();
        }
    }
}

impl Invocation {
    /// # Safety
    /// All are live and used by nobody else until the result is dropped.
    pub(super) unsafe fn output(
        filter: *mut ffi::ap_filter_t,
        instance: &Instance,
        name: &[u8],
        source: &Brigade<'_>,
        sink: &Brigade<'_>,
    ) -> Self {
        // SAFETY: by contract.
        unsafe { Self::new(filter, instance, name, source, sink, Direction::Output, Demand::NONE) }
    }

    /// # Safety
    /// As for `output`.
    pub(super) unsafe fn input(
        filter: *mut ffi::ap_filter_t,
        instance: &Instance,
        name: &[u8],
        source: &Brigade<'_>,
        sink: &Brigade<'_>,
        demand: Demand,
    ) -> Self {
        // SAFETY: by contract.
        unsafe { Self::new(filter, instance, name, source, sink, Direction::Input, demand) }
    }

    /// # Safety
    /// As for `output`.
    unsafe fn new(
        filter: *mut ffi::ap_filter_t,
        instance: &Instance,
        name: &[u8],
        source: &Brigade<'_>,
        sink: &Brigade<'_>,
        direction: Direction,
        demand: Demand,
    ) -> Self {
        let brigade = |of: &Brigade<'_>| NonNull::new(of.as_raw()).expect("a brigade is not NULL");
        let flow = Flow {
            source: brigade(source),
            sink: brigade(sink),
            budget: if direction == Direction::Output { AT_ONCE } else { usize::MAX },
            begun: false,
            dry: false,
            patient: direction == Direction::Input,
            written: 0,
            ended: false,
            fetched: false,
            starved: false,
            status: 0,
        };
        Invocation {
            filter: NonNull::new(filter).expect("httpd never calls a NULL filter"),
            instance: NonNull::from(instance),
            name: instance.added().map_or_else(|| name.to_vec(), |added| added.name.clone()),
            direction,
            demand,
            flow: Mutex::new(flow),
            closed: AtomicBool::new(false),
            handle: OnceLock::new(),
        }
    }

    /// For scripts; lends while it is open, and no longer than the call.
    pub fn handle(&self) -> &Arc<Handle<Invocation>> {
        self.handle.get_or_init(|| Handle::new(NonNull::from(self)))
    }

    pub fn filter(&self) -> Filter<'_> {
        Filter(self)
    }

    pub(super) fn instance(&self) -> &Instance {
        // SAFETY: lives as long as the filter.
        unsafe { self.instance.as_ref() }
    }

    fn next(&self) -> *mut ffi::ap_filter_t {
        // SAFETY: a live filter.
        unsafe { (*self.filter.as_ptr()).next }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Lets the rest of the brigade through as the outcome says; the status for httpd.
    pub(super) fn finish_output(&self, outcome: Outcome) -> ffi::apr_status_t {
        let mut flow = self.flow.lock();
        match outcome {
            Outcome::Failed(page) => return self.fail(&mut flow, page),
            Outcome::Dropped => flow.drop_window(),
            Outcome::Done if self.is_closed() => {}
            Outcome::Done if self.instance().state() == State::Transparent => {
                let (mut source, mut sink) = flow.brigades();
                source.move_all(&mut sink);
            }
            Outcome::Done => flow.pass_window(),
        }
        let (mut source, mut sink) = flow.brigades();
        if self.is_closed() || flow.ended {
            keep_metadata(&mut source, &mut sink);
        }
        if flow.ended && !self.is_closed() {
            sink.append_eos();
        }
        if sink.is_empty() {
            return flow.status;
        }
        if sink.last_kind() == Some(Kind::Data) {
            sink.append_flush();
        }
        let _ = self.pass(&mut flow);
        flow.status
    }

    /// Ends an answer that cannot be completed: with 500 or a page where nothing of it has
    /// been sent, and else so that the client sees that it is not whole.
    fn fail(&self, flow: &mut Flow, page: Option<Vec<u8>>) -> ffi::apr_status_t {
        let request = self.filter().request();
        let begun = request.outermost().is_begun();
        let (mut source, mut sink) = flow.brigades();
        sink.retain_metadata();
        keep_metadata(&mut source, &mut sink);
        let shown = page.is_some();
        if let Some(page) = page {
            if !begun {
                self.withdraw_length();
                request.set_status(ffi::HTTP_INTERNAL_SERVER_ERROR as i32);
                if let Ok(html) = Text::header(b"text/html; charset=utf-8") {
                    request.set_content_type(html);
                }
            }
            sink.write(&page);
        }
        if begun {
            request.connection().close_after_this();
            // What makes the filters below leave the answer unfinished.
            sink.append_error(ffi::HTTP_BAD_GATEWAY);
        } else if !shown && !request.is_part() {
            // What includes a part of an answer says in its place that it failed.
            sink.append_error(ffi::HTTP_INTERNAL_SERVER_ERROR);
        }
        sink.append_eos();
        // httpd's error page may come through here while this is passed.
        self.instance().set_state(State::Transparent);
        let _ = self.pass(flow);
        self.instance().set_state(State::Failed);
        ffi::AP_FILTER_ERROR
    }

    /// Hands the reader what is there; the status for httpd.
    pub(super) fn finish_input(&self, outcome: Outcome) -> ffi::apr_status_t {
        let mut flow = self.flow.lock();
        let (mut source, mut sink) = flow.brigades();
        if matches!(outcome, Outcome::Failed(_)) {
            // What was read so far, or could be read yet, is not the body that was meant.
            self.instance().set_state(State::Failed);
            self.filter().request().connection().close_after_this();
            sink.clear();
            return libc::EIO;
        }
        if !flow.fetched && !self.is_closed() && sink.is_empty() {
            self.fetch(&mut flow);
        }
        match outcome {
            Outcome::Dropped => {
                sink.retain_metadata();
                flow.ended |= source.has(Kind::Eos);
                keep_metadata(&mut source, &mut sink);
            }
            _ if self.is_closed() => keep_metadata(&mut source, &mut sink),
            _ => source.move_all(&mut sink),
        }
        if flow.ended && !sink.has(Kind::Eos) {
            sink.append_eos();
        }
        if sink.has(Kind::Eos) {
            self.instance().end();
        }
        flow.status
    }

    /// Whether the source had nothing to read.
    pub(super) fn is_starved(&self) -> bool {
        self.flow.lock().starved
    }

    /// Asks the next filter for data, once in a call.
    pub(super) fn fetch(&self, flow: &mut Flow) {
        let Demand { mode, block, bytes } = self.demand;
        flow.fetched = true;
        // SAFETY: the next filter, or NULL, which httpd answers for; an empty brigade.
        flow.status = unsafe { ffi::ap_get_brigade(self.next(), flow.source.as_ptr(), mode, block, bytes) };
        flow.starved = flow.brigades().0.is_empty();
    }

    /// Sends down what is due.
    pub(super) fn pass(&self, flow: &mut Flow) -> Result<(), Error> {
        let (_, mut sink) = flow.brigades();
        let ends = sink.has(Kind::Eos);
        flow.written = 0;
        // SAFETY: the next filter, or NULL, which httpd answers for.
        flow.status = unsafe { ffi::ap_pass_brigade(self.next(), sink.as_raw()) };
        sink.clear();
        if ends {
            // Not before: an error page in place of this answer comes through here, too.
            self.instance().end();
        }
        if flow.status == 0 { Ok(()) } else { Err(Error::Failed) }
    }

    /// The length that the content had before it was filtered is no longer known to be
    /// right.
    pub(super) fn withdraw_length(&self) {
        if self.direction == Direction::Output
            && self.instance().length_withdrawn.swap(1, Ordering::Relaxed) == 0
        {
            if let Ok(name) = Text::new(b"Content-Length") {
                self.filter().request().headers_out().unset(name);
            }
        }
    }
}
