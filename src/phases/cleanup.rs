//! The end of a request: what scripts registered, then PythonCleanupHandler.

use super::dispatch;
use super::failure::{self, Culprit};
use super::outcome::Failure;
use super::timeout::{Since, limited};
use crate::httpd::log::Target;
use crate::httpd::request::Request;
use crate::objects::request::state::{Cleanup, RequestState};
use crate::objects::slots;
use crate::python::attach::attach;
use crate::python::convert::to_message;
use crate::settings::phases::Row;
use crate::settings::timeout;

/// What this module keeps with the request; made on first use.
pub fn state_of(request: Request<'_>) -> &RequestState {
    slots::make_request_state(request, run)
}

/// Sees to it that PythonCleanupHandler runs, also where nothing else of Python does.
pub fn arm(request: Request<'_>) {
    if dispatch::has_handlers(request, Row::Cleanup.bit()) {
        state_of(request);
    }
}

/// The request's pool is being destroyed.
fn run(request: Request<'_>, state: &RequestState) {
    let is_armed = dispatch::has_handlers(request, Row::Cleanup.bit());
    if !is_armed && !state.has_cleanups() {
        return;
    }
    let _service = state.serve();
    // One at a time: a clean-up may register another.
    while let Some(cleanup) = state.pop_cleanup() {
        run_one(request, cleanup);
    }
    if is_armed {
        dispatch::run_handlers(Row::Cleanup.phase(), request);
    }
}

fn run_one(request: Request<'_>, Cleanup { interpreter, function, data }: Cleanup) {
    // Where Python cannot be entered any more, the child is ending.
    let _ = attach(&interpreter, |py| {
        let values = if timeout::is_used() { slots::chain(request) } else { None };
        let values = values.map(|chain| chain.values()).unwrap_or_default();
        let name = || "register_cleanup".to_owned();
        let call = || function.get(py).call(py, &[data.get(py)]);
        if let Err(error) = limited(py, request, &values, Since::Now, name, call) {
            let shown = function.get(py).str(py).and_then(|text| to_message(py, &text)).unwrap_or_default();
            let culprit = Culprit { phase: "register_cleanup", handler: &shown };
            failure::log(py, Target::Request(request), culprit, Failure::Raised(error));
        }
        drop((function, data));
    });
}
