//! The end of a child: what scripts registered with `register_cleanup` of a server or of
//! `apache`.

use super::failure::{self, Culprit};
use super::outcome::Failure;
use crate::httpd::guard::{self, Entry};
use crate::httpd::log::Target;
use crate::objects::apache::state;
use crate::objects::child_cleanup::ChildCleanup;
use crate::python::attach::Attached;
use crate::python::convert::to_message;

/// Runs those of one interpreter, the one registered last first.
pub fn run(py: Attached<'_>) {
    // One at a time: a clean-up may register another.
    while let Some(cleanup) = state(py).child_cleanups.pop() {
        guard::run(Entry::Cleanup, (), || run_one(py, &cleanup));
    }
}

fn run_one(py: Attached<'_>, cleanup: &ChildCleanup) {
    let function = cleanup.function.get(py);
    if let Err(error) = function.call(py, &[cleanup.data.get(py)]) {
        let shown = function.str(py).and_then(|text| to_message(py, &text)).unwrap_or_default();
        let culprit = Culprit { phase: "register_cleanup", handler: &shown };
        failure::log(py, Target::Server(cleanup.server), culprit, Failure::Raised(error));
    }
}
