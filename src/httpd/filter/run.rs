//! From httpd's call of a filter to those of the script, and what is due whatever the
//! script does.

use super::Outcome;
use super::instance::{Instance, State};
use super::invocation::{Demand, Invocation};
use super::names::DISPATCH;
use crate::ffi::httpd as ffi;
use crate::httpd::brigade::{Brigade, Kind};
use crate::httpd::guard::{self, Entry};
use crate::httpd::log::Target;
use crate::httpd::text::borrow;
use std::sync::atomic::Ordering;

/// Calls the script; a panic on the way is a failure of the filter.
fn call(invocation: &Invocation) -> Outcome {
    let Some(dispatch) = DISPATCH.get() else {
        return Outcome::Failed(None);
    };
    let entry = Entry::Hook("a filter", Target::Request(invocation.filter().request()));
    guard::run(entry, Outcome::Failed(None), || dispatch(invocation))
}

/// # Safety
/// A live filter of ours with its record, and a brigade that came down to it.
pub(super) unsafe fn run_output(
    filter: *mut ffi::ap_filter_t,
    record: *mut ffi::ap_filter_rec_t,
    mut source: Brigade<'_>,
) -> ffi::apr_status_t {
    // SAFETY: by contract; the name is a C string of the record's.
    unsafe {
        let instance = Instance::of(filter);
        let name = borrow((*record).name).unwrap_or_default();
        let mut status = 0;
        // A filter sees what comes down in parts: up to where it is to be flushed, and no
        // more than it can hold in memory at once.
        while !source.is_empty() && status == 0 {
            status = match instance.state() {
                State::Transparent => ffi::ap_pass_brigade((*filter).next, source.as_raw()),
                State::Ended => pass_metadata(filter, instance, &mut source),
                State::Failed => ffi::AP_FILTER_ERROR,
                State::Active => {
                    let sink = Brigade::from_raw(instance.take_spare(filter));
                    let invocation = Invocation::output(filter, instance, name, &source, &sink);
                    let outcome = call(&invocation);
                    let status = invocation.finish_output(outcome);
                    drop(invocation);
                    instance.give_back(sink);
                    status
                }
            };
            if instance.state() != State::Active {
                source.clear();
            }
        }
        status
    }
}

/// Hands on what is not data; the end of the stream has passed already.
///
/// # Safety
/// As for `run_output`.
unsafe fn pass_metadata(
    filter: *mut ffi::ap_filter_t,
    instance: &Instance,
    source: &mut Brigade<'_>,
) -> ffi::apr_status_t {
    // SAFETY: by contract.
    unsafe {
        let mut sink = Brigade::from_raw(instance.take_spare(filter));
        keep_metadata(source, &mut sink);
        let status = if sink.is_empty() { 0 } else { ffi::ap_pass_brigade((*filter).next, sink.as_raw()) };
        instance.give_back(sink);
        status
    }
}

/// Moves what is neither data nor an end nor a flush to `sink`, and drops the rest.
pub(super) fn keep_metadata(source: &mut Brigade<'_>, sink: &mut Brigade<'_>) {
    while let Some(kind) = source.first_kind() {
        if kind == Kind::Metadata { source.move_first(sink) } else { source.drop_first() }
    }
}

/// # Safety
/// A live filter of ours, and the empty brigade of who reads from it.
pub(super) unsafe fn run_input(
    filter: *mut ffi::ap_filter_t,
    mut sink: Brigade<'_>,
    demand: Demand,
) -> ffi::apr_status_t {
    // SAFETY: by contract; the name is a C string of the record's.
    unsafe {
        let instance = Instance::of(filter);
        let upstream = |into: &Brigade<'_>| {
            ffi::ap_get_brigade((*filter).next, into.as_raw(), demand.mode, demand.block, demand.bytes)
        };
        // The others look ahead, or read what is no body: not a script's business.
        if !demand.reads() {
            return upstream(&sink);
        }
        if let Some(mut due) = due(instance) {
            due.move_all(&mut sink);
            return hold_back(filter, instance, &sink, demand);
        }
        let name = borrow((*(*filter).frec).name).unwrap_or_default();
        loop {
            match instance.state() {
                State::Transparent => return upstream(&sink),
                State::Failed => return libc::EIO,
                State::Ended => return drain(&mut sink, upstream),
                State::Active => {}
            }
            let source = Brigade::from_raw(instance.take_spare(filter));
            let invocation = Invocation::input(filter, instance, name, &source, &sink, demand);
            let outcome = call(&invocation);
            let status = invocation.finish_input(outcome);
            let starved = invocation.is_starved();
            drop(invocation);
            instance.give_back(source);
            // Who waits for data is not told that there is none because a filter keeps
            // what it has read for later.
            if !sink.is_empty() && (status == 0 || status == ffi::APR_EAGAIN as ffi::apr_status_t) {
                return hold_back(filter, instance, &sink, demand);
            }
            if status != 0 || !demand.waits() || starved {
                return status;
            }
        }
    }
}

/// The filter has ended the stream, perhaps before its own source did. What that still
/// has must be read, or it would be taken for the connection's next request.
fn drain(sink: &mut Brigade<'_>, upstream: impl Fn(&Brigade<'_>) -> ffi::apr_status_t) -> ffi::apr_status_t {
    loop {
        let status = upstream(sink);
        let ended = sink.is_empty() || sink.has(Kind::Eos);
        sink.clear();
        if status != 0 {
            return status;
        }
        if ended {
            sink.append_eos();
            return 0;
        }
    }
}

/// What is due to the reader from earlier.
///
/// # Safety
/// On the request's thread.
unsafe fn due<'b>(instance: &Instance) -> Option<Brigade<'b>> {
    let raw = instance.due.load(Ordering::Relaxed);
    if raw.is_null() {
        return None;
    }
    // SAFETY: a brigade in the request's pool, used by this filter alone.
    let brigade = unsafe { Brigade::from_raw(raw) };
    (!brigade.is_empty()).then_some(brigade)
}

/// Puts aside what the reader did not ask for: it would drop that.
///
/// # Safety
/// As for `run_input`.
unsafe fn hold_back(
    filter: *mut ffi::ap_filter_t,
    instance: &Instance,
    sink: &Brigade<'_>,
    demand: Demand,
) -> ffi::apr_status_t {
    if !demand.is_limited() {
        return 0;
    }
    // SAFETY: live brigades; `rest` and `due` are of the request's pool.
    unsafe {
        let Some(first) = sink.after(demand.bytes) else {
            return 0;
        };
        let mut rest = instance.take_spare(filter);
        ffi::apr_brigade_split_ex(sink.as_raw(), first, rest);
        let mut due = instance.due.load(Ordering::Relaxed);
        let status = ffi::ap_save_brigade(filter, &mut due, &mut rest, (*(*filter).r).pool);
        instance.due.store(due, Ordering::Relaxed);
        instance.give_back(Brigade::from_raw(rest));
        status
    }
}
