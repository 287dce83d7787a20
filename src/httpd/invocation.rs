//! One call of a filter: what it reads, writes and passes on.

use super::brigade::{Brigade, Kind};
use super::filter::{Added, Instance, Outcome, State, keep_metadata};
use super::handle::{Handle, Record};
use super::request::Request;
use super::text::Text;
use crate::ffi::httpd as ffi;
use crate::settings::filters::Direction;
use parking_lot::Mutex;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// What a call of an output filter is given at once, and what it may write before that
/// goes on: a large file must not be held in memory as a whole.
const AT_ONCE: usize = 1 << 20;

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

/// Why a filter could not read or pass on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// The same call is reading or passing on already.
    Busy,
    /// The next filter, or the source of the data, failed.
    Failed,
}

/// A call of a filter, from httpd's side.
pub struct Invocation {
    filter: NonNull<ffi::ap_filter_t>,
    instance: NonNull<Instance>,
    name: Vec<u8>,
    direction: Direction,
    demand: Demand,
    flow: Mutex<Flow>,
    closed: AtomicBool,
    handle: OnceLock<Arc<Handle<Invocation>>>,
}

// SAFETY: the pointers are to what lives for the call. What can change is behind `flow`;
// that the thread of the call alone reads and passes on is the request handle's business,
// whose `io` it holds.
unsafe impl Send for Invocation {}
// SAFETY: as above.
unsafe impl Sync for Invocation {}

/// The data of a call.
struct Flow {
    /// Output: what came down. Input: what was fetched.
    source: NonNull<ffi::apr_bucket_brigade>,
    /// Output: what is to go down. Input: the reader's.
    sink: NonNull<ffi::apr_bucket_brigade>,
    /// Output: how much of the source this call may still see.
    budget: usize,
    /// Output: whether something was read, and then the source had no more yet.
    begun: bool,
    dry: bool,
    /// Input: whether to wait for what is not there yet.
    patient: bool,
    /// Output: how much was written and has not gone down.
    written: usize,
    /// Whether the end of the source was read.
    ended: bool,
    /// Input: whether the source was fetched, and whether it had nothing.
    fetched: bool,
    starved: bool,
    /// httpd's, from the last read or pass.
    status: ffi::apr_status_t,
}

/// A call of a filter, lent to who uses it.
#[derive(Clone, Copy)]
pub struct Filter<'a>(&'a Invocation);

impl Record for Invocation {
    type Lent<'a> = Filter<'a>;

    unsafe fn lend<'a>(raw: NonNull<Self>) -> Filter<'a> {
        // SAFETY: by contract, it lives for 'a.
        Filter(unsafe { raw.as_ref() })
    }
}

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

    fn instance(&self) -> &Instance {
        // SAFETY: lives as long as the filter.
        unsafe { self.instance.as_ref() }
    }

    fn next(&self) -> *mut ffi::ap_filter_t {
        // SAFETY: a live filter.
        unsafe { (*self.filter.as_ptr()).next }
    }

    fn is_closed(&self) -> bool {
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
        let begun = request.outermost().headers_sent();
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
            return ffi::APR_EGENERAL as ffi::apr_status_t;
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
    fn fetch(&self, flow: &mut Flow) {
        let Demand { mode, block, bytes } = self.demand;
        flow.fetched = true;
        // SAFETY: the next filter, or NULL, which httpd answers for; an empty brigade.
        flow.status = unsafe { ffi::ap_get_brigade(self.next(), flow.source.as_ptr(), mode, block, bytes) };
        flow.starved = flow.brigades().0.is_empty();
    }

    /// Sends down what is due.
    fn pass(&self, flow: &mut Flow) -> Result<(), Error> {
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
    fn withdraw_length(&self) {
        if self.direction == Direction::Output
            && self.instance().length_withdrawn.swap(1, Ordering::Relaxed) == 0
        {
            if let Ok(name) = Text::new(b"Content-Length") {
                self.filter().request().headers_out().unset(name);
            }
        }
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

    fn flow(self) -> Result<parking_lot::MutexGuard<'a, Flow>, Error> {
        self.0.flow.try_lock().ok_or(Error::Busy)
    }
}

impl Flow {
    fn brigades<'f>(&self) -> (Brigade<'f>, Brigade<'f>) {
        // SAFETY: two brigades that live for the call and that nobody else uses; the flow
        // is locked while the results are used.
        unsafe { (Brigade::from_raw(self.source.as_ptr()), Brigade::from_raw(self.sink.as_ptr())) }
    }

    /// Takes data out of the source, up to what is not data. What is neither the end nor a
    /// flush goes to the sink, in its place among what is written.
    fn take(&mut self, limit: usize, line: bool) -> Result<Option<Vec<u8>>, ffi::apr_status_t> {
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
    fn pass_window(&mut self) {
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
    fn drop_window(&mut self) {
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
