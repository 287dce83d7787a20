//! What the status page is to know of calls: how long they take, and which fail. Where nobody can
//! look, nothing is measured.

use crate::httpd::log::Target;
use crate::objects::callables::Callable;
use crate::python::attach::Attached;
use crate::settings::clock::now;
use crate::status::child::{self, Child};
use crate::status::event::Event;
use std::process;
use std::time::{Duration, Instant};

/// What is called.
#[derive(Clone, Copy)]
pub struct Called<'a> {
    pub target: Target<'a>,
    /// The directive; of a filter, its name.
    pub phase: &'a [u8],
    /// As configured.
    pub handler: &'a [u8],
}

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
    pub fn end(self, py: Attached<'_>, callable: &Callable, called: Called<'_>) {
        let took = self.begun.elapsed();
        callable.row(self.child, called.phase, called.handler).count_call(took);
        if self.child.is_slow(took) {
            self.child.note_slow(&event(py, called, took));
        }
    }
}

/// A handler has failed.
pub fn note_failure(py: Attached<'_>, called: Called<'_>, what: &str) {
    let Some(child) = child::own() else { return };
    if let Some(row) = py.interpreter().row() {
        row.count_error();
    }
    child.handler(called.phase, called.handler).count_error();
    let event = event(py, called, Duration::ZERO);
    child.note_failure(&Event { what: what.as_bytes().to_vec(), ..event });
}

fn event(py: Attached<'_>, called: Called<'_>, took: Duration) -> Event {
    Event {
        at: now(),
        process: process::id(),
        took,
        interpreter: py.interpreter().name().to_vec(),
        culprit: [called.phase, b" ", called.handler].concat(),
        request: request(called.target),
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
