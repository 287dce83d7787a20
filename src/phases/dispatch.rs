//! One phase of one request: find the handlers, enter their interpreter, call them.

use super::call::Call;
use super::failure::{self, Culprit};
use super::outcome::{self, Failure};
use super::timeout::{Since, limited};
use super::{authen, builtin, cleanup, enter, leaving, location};
use crate::httpd::fault;
use crate::httpd::guard::{self, Entry as Place};
use crate::httpd::log::Target;
use crate::httpd::request::Request;
use crate::httpd::status::Status;
use crate::objects::request::state::RequestState;
use crate::objects::{place, slots};
use crate::python::attach::Attached;
use crate::python::interpreter::Lease;
use crate::python::object::Object;
use crate::settings::handlers::Handler;
use crate::settings::phases::{GoesOnAfter, Phase, Row};
use crate::settings::section::{PhaseSet, Setting, Values};
use crate::settings::timeout;
use std::ops::Deref;
use std::sync::Arc;

/// Whether the phase's hook has anything to do for the request.
pub fn concerns(request: Request<'_>, phase: &Phase) -> bool {
    let asks = || request.handler().is_some_and(|name| slots::HANDLER_NAMES.contains(&name));
    ((has_handlers(request, phase.concerns()) || counts(phase)) && (!phase.only_as_handler || asks()))
        || builtin::of(phase, request).is_some()
}

fn counts(phase: &Phase) -> bool {
    phase.counts_requests && timeout::is_used()
}

/// Whether any of the phases has handlers for the request.
pub fn has_handlers(request: Request<'_>, phases: PhaseSet) -> bool {
    let configured = slots::chain(request).map_or(0, |chain| chain.phases());
    let added = || slots::request_state(request).map_or(0, RequestState::added_phases);
    configured & phases != 0 || added() & phases != 0
}

/// Runs the phase, and before it the one that it opens with.
pub fn run(phase: &'static Phase, request: Request<'_>) -> Status {
    if counts(phase) {
        leaving::count(request);
    }
    if phase.arms_cleanup {
        cleanup::arm(request);
    }
    if phase.notes_location {
        location::note(request);
    }
    if let Some(first) = phase.opens_with {
        let status = run_once(first, request);
        if !matches!(status, Status::OK | Status::DECLINED) {
            return status;
        }
    }
    match builtin::of(phase, request) {
        Some(answer) => answer(request),
        None => run_handlers(phase, request),
    }
}

/// PythonInitHandler: in the first hook that has handlers for it.
fn run_once(row: Row, request: Request<'_>) -> Status {
    if !has_handlers(request, row.bit()) || cleanup::state_of(request).take_init() {
        return Status::DECLINED;
    }
    request.note(b"python_init_ran", b"1");
    run_handlers(row.phase(), request)
}

pub(super) fn run_handlers(phase: &'static Phase, request: Request<'_>) -> Status {
    let Some(chain) = slots::chain(request) else {
        return Status::DECLINED;
    };
    let configured = chain.handlers(phase.index(), request.filename()).cloned();
    let added = slots::request_state(request).map_or(0, RequestState::added_phases);
    if configured.is_none() && added & phase.row.bit() == 0 {
        return Status::DECLINED;
    }
    fault::point("hook", request);
    let state = cleanup::state_of(request);
    let list = List { row: phase.row, configured: configured.as_deref().unwrap_or_default(), state };
    let _running = state.begin(phase, configured.clone());
    let values = &chain.values();
    let ran = enter::run(
        request,
        values,
        || list.at(0),
        move |interpreter| {
            let _service = state.serve();
            let status = in_interpreter(interpreter, phase, request, list, values);
            match status {
                Status::DONE => end(request, state),
                Status::OK if phase.only_as_handler => end(request, state),
                Status::OK | Status::DECLINED => state.output.leave(request),
                // httpd answers instead.
                _ => state.output.forget(),
            }
            status
        },
    );
    let status = match ran {
        Ok(status) => status,
        Err(instead) => return instead,
    };
    match phase.row {
        Row::Authen => authen::checked(request, status),
        Row::Trans if status == Status::OK => {
            location::has_file(request);
            status
        }
        _ => status,
    }
}

fn in_interpreter(
    interpreter: &Lease,
    phase: &'static Phase,
    request: Request<'_>,
    list: List<'_>,
    values: &Values<'_>,
) -> Status {
    let target = Target::Request(request);
    let ran = enter::attached(target, interpreter, |py| match list.state.object(py) {
        Ok(object) => Phased { phase, request, list, values, object: &object }.run(py),
        Err(error) => {
            let culprit = Culprit { phase: phase.directive, handler: "mp_request" };
            failure::log(py, target, culprit, Failure::Raised(error));
            Status::INTERNAL_SERVER_ERROR
        }
    });
    ran.unwrap_or(Status::INTERNAL_SERVER_ERROR)
}

/// The answer is complete.
fn end(request: Request<'_>, state: &RequestState) {
    request.keep_unasked_body_away();
    let handle = &state.handle;
    // After a thread of the script's that may be writing still. The request has not ended:
    // its phase is running.
    let _ = handle.lend_io_in_turn(|request| state.output.end(request));
}

/// The handlers of a phase: those of the configuration, then those that scripts added.
#[derive(Clone, Copy)]
struct List<'a> {
    row: Row,
    configured: &'a [Handler],
    state: &'a RequestState,
}

impl<'a> List<'a> {
    fn at(self, position: usize) -> Option<Entry<'a>> {
        match self.configured.get(position) {
            Some(handler) => Some(Entry::Configured(handler)),
            None => self.state.added_at(self.row, position - self.configured.len()).map(Entry::Added),
        }
    }
}

/// A handler of a list.
enum Entry<'a> {
    Configured(&'a Handler),
    Added(Arc<Handler>),
}

impl Deref for Entry<'_> {
    type Target = Handler;

    fn deref(&self) -> &Handler {
        match self {
            Entry::Configured(handler) => handler,
            Entry::Added(handler) => handler,
        }
    }
}

/// A phase that has entered its interpreter.
struct Phased<'a, 'r, 'py> {
    phase: &'static Phase,
    request: Request<'r>,
    list: List<'a>,
    values: &'a Values<'r>,
    object: &'a Object<'py>,
}

impl<'py> Phased<'_, '_, 'py> {
    /// Runs the handlers in order, as long as each result lets the next one run. The list
    /// is read anew each time: a handler may add to it, or skip the next one.
    fn run(&self, py: Attached<'py>) -> Status {
        let mut status = Status::DECLINED;
        while let Some(handler) = self.list.at(self.list.state.position()) {
            let place = Place::Handler(self.phase.directive, &handler.text, Target::Request(self.request));
            let result =
                guard::run(place, Some(Status::INTERNAL_SERVER_ERROR), || self.run_one(py, &handler));
            if let Some(result) = result {
                status = result;
                if !goes_on(self.phase.goes_on_after, status) {
                    break;
                }
            }
            self.list.state.advance();
        }
        status
    }

    /// The handler's result; None if it was passed over.
    fn run_one(&self, py: Attached<'py>, handler: &Handler) -> Option<Status> {
        match self.call(py, handler) {
            Ok(status) => Some(status),
            Err(Failure::NotFound(_)) if handler.silent => None,
            Err(failure) => {
                let name = String::from_utf8_lossy(&handler.text);
                let culprit = Culprit { phase: self.phase.directive, handler: &name };
                let debug = self.phase.may_answer && self.values.is_on(Setting::Debug, false);
                Some(failure::report(py, self.request, culprit, failure, debug))
            }
        }
    }

    fn call(&self, py: Attached<'py>, handler: &Handler) -> Result<Status, Failure<'py>> {
        let call = Call {
            phase: self.phase.directive.as_bytes(),
            target: Target::Request(self.request),
            values: self.values,
            directory: place::directory(self.request, &handler.place),
            now: self.request.time(),
            request: Some(self.request),
        };
        fault::point("attached", self.request);
        let since = if self.phase.may_answer { Since::FirstHandler } else { Since::Now };
        let name = || format!("{} {}", self.phase.directive, String::from_utf8_lossy(&handler.text));
        let make = || call.make(py, handler, self.object);
        let result = limited(py, self.request, self.values, since, name, make)?;
        outcome::read(py, self.request, result)
    }
}

fn goes_on(rule: GoesOnAfter, status: Status) -> bool {
    match rule {
        GoesOnAfter::Ok => status == Status::OK,
        GoesOnAfter::Declined => status == Status::DECLINED,
        GoesOnAfter::OkAndDeclined => matches!(status, Status::OK | Status::DECLINED),
    }
}
