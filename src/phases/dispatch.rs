//! One phase of one request: find the handlers, enter their interpreter, call them.

use super::call::Call;
use super::failure::{self, Culprit};
use super::outcome::{self, Failure};
use super::{authen, cleanup, enter};
use crate::httpd::fault;
use crate::httpd::guard::{self, Entry};
use crate::httpd::log::Target;
use crate::httpd::request::Request;
use crate::httpd::status::Status;
use crate::objects::request::state::RequestState;
use crate::objects::{place, slots};
use crate::python::attach::Attached;
use crate::python::object::Object;
use crate::settings::handlers::Handler;
use crate::settings::phases::{GoesOn, Phase, Row};
use crate::settings::section::{PhaseSet, Setting, Values};

/// Whether any of the phases has handlers for the request: the one question that a
/// request without Python pays for, at each hook.
#[inline]
pub fn concerns(request: Request<'_>, phases: PhaseSet, only_as_handler: bool) -> bool {
    let configured = slots::chain(request).map_or(0, |chain| chain.phases());
    let added = || slots::request_state(request).map_or(0, RequestState::added_phases);
    (configured & phases != 0 || added() & phases != 0)
        && (!only_as_handler || request.handler().is_some_and(|name| slots::HANDLER_NAMES.contains(&name)))
}

/// Runs the phase, and before it the one that it opens with.
pub fn run(phase: &'static Phase, request: Request<'_>) -> Status {
    if phase.arms_cleanup {
        cleanup::arm(request);
    }
    if let Some(first) = phase.opens_with {
        let status = run_once(first, request);
        if !matches!(status, Status::OK | Status::DECLINED) {
            return status;
        }
    }
    run_handlers(phase, request)
}

/// PythonInitHandler: in the first hook that has handlers for it.
fn run_once(row: Row, request: Request<'_>) -> Status {
    if !concerns(request, row.bit(), false) || cleanup::state_of(request).take_init() {
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
    let _running = state.begin(phase, configured);
    let values = chain.values();
    let first = state.current();
    let Some(interpreter) = enter::interpreter(request, &values, first.as_deref()) else {
        return Status::INTERNAL_SERVER_ERROR;
    };
    let _open = state.handle.opened();
    let target = Target::Request(request);
    let ran = enter::attached(target, interpreter, |py| match state.object(py, interpreter) {
        Ok(object) => Phased { phase, request, state, values: &values, object: &object }.run(py),
        Err(error) => {
            let culprit = Culprit { phase: phase.directive, handler: "mp_request" };
            failure::log(py, target, culprit, Failure::Raised(error));
            Status::INTERNAL_SERVER_ERROR
        }
    });
    let status = ran.unwrap_or(Status::INTERNAL_SERVER_ERROR);
    if phase.needs_user { authen::checked(request, status) } else { status }
}

/// A phase that has entered its interpreter.
struct Phased<'a, 'r, 'py> {
    phase: &'static Phase,
    request: Request<'r>,
    state: &'a RequestState,
    values: &'a Values<'r>,
    object: &'a Object<'py>,
}

impl<'py> Phased<'_, '_, 'py> {
    /// Runs the handlers in order, as long as each result lets the next one run. The list
    /// is read anew each time: a handler may add to it, or skip the next one.
    fn run(&self, py: Attached<'py>) -> Status {
        let mut status = Status::DECLINED;
        while let Some(handler) = self.state.current() {
            let entry = Entry::Handler(self.phase.directive, &handler.text, Target::Request(self.request));
            let result =
                guard::run(entry, Some(Status::INTERNAL_SERVER_ERROR), || self.run_one(py, &handler));
            if let Some(result) = result {
                status = result;
                if !goes_on(self.phase.goes_on, status) {
                    break;
                }
            }
            self.state.advance();
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
            target: Target::Request(self.request),
            values: self.values,
            directory: place::directory(self.request, &handler.place),
            now: self.request.time(),
        };
        fault::point("attached", self.request);
        let result = call.make(py, handler, self.object)?;
        outcome::read(py, self.request, result)
    }
}

fn goes_on(rule: GoesOn, status: Status) -> bool {
    match rule {
        GoesOn::AfterOk => status == Status::OK,
        GoesOn::AfterDeclined => status == Status::DECLINED,
        GoesOn::AfterBoth => matches!(status, Status::OK | Status::DECLINED),
    }
}
