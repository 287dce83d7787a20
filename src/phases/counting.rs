//! What the status page is to know of calls: how long they take, and which fail. Where nobody can
//! look, nothing is measured.

use super::call::Call;
use super::failure::Culprit;
use crate::httpd::log::Target;
use crate::objects::callables::Callable;
use crate::python::attach::Attached;
use crate::settings::clock::now;
use crate::settings::handlers::Handler;
use crate::status::child::{self, Child};
use crate::status::event::Event;
use std::process;
use std::time::{Duration, Instant};

/// A call under way, from before its module is loaded.
pub struct Timed {
    child: &'static Child,
    begun: Instant,
}

#[inline]
pub fn begin() -> Option<Timed> {
    child::own().map(|child| Timed { child, begun: Instant::now() })
}

impl Timed {
    #[cold]
    pub fn end(self, py: Attached<'_>, callable: &Callable, call: &Call<'_>, handler: &Handler) {
        let took = self.begun.elapsed();
        callable.row(self.child, call.phase, &handler.text).count_call(took);
        if self.child.is_slow(took) {
            self.child.note_slow(&event(py, call.target, call.phase, &handler.text, took));
        }
    }
}

/// A handler has failed.
pub fn note_failure(py: Attached<'_>, target: Target<'_>, culprit: Culprit<'_>, what: &str) {
    let Some(child) = child::own() else { return };
    if let Some(row) = py.interpreter().row() {
        row.count_error();
    }
    let (phase, handler) = (culprit.phase.as_bytes(), culprit.handler.as_bytes());
    child.handler(phase, handler).count_error();
    let event = event(py, target, phase, handler, Duration::ZERO);
    child.note_failure(&Event { what: what.as_bytes().to_vec(), ..event });
}

fn event(py: Attached<'_>, target: Target<'_>, phase: &[u8], handler: &[u8], took: Duration) -> Event {
    Event {
        at: now(),
        process: process::id(),
        took,
        interpreter: py.interpreter().name().to_vec(),
        culprit: [phase, b" ", handler].concat(),
        request: request(target),
        what: Vec::new(),
    }
}

/// Method and path; without what follows a question mark, which may be a secret.
fn request(target: Target<'_>) -> Vec<u8> {
    match target {
        Target::Request(request) => {
            let [method, uri] = [request.method(), request.uri()].map(Option::unwrap_or_default);
            [method, b" ", uri].concat()
        }
        _ => Vec::new(),
    }
}
