//! Filters: find what handles one, enter its interpreter, call it.

use super::call::Call;
use super::failure::{self, Culprit};
use super::outcome::{self, Failure};
use super::timeout::{Since, limited};
use super::{cleanup, enter};
use crate::httpd::fault;
use crate::httpd::filter::{Filter, Invocation, Outcome};
use crate::httpd::hook::Hooks;
use crate::httpd::log::{self, Target};
use crate::httpd::request::Request;
use crate::objects::filter::FilterObject;
use crate::objects::serving::Serving;
use crate::objects::{place, slots};
use crate::python::attach::Attached;
use crate::settings::filters::Direction;
use crate::settings::handlers::Handler;
use crate::settings::messages::Code;
use crate::settings::section::{Setting, Values};
use std::sync::Arc;

pub fn register(hooks: &mut Hooks) {
    hooks.filters(run);
}

fn run(invocation: &Invocation) -> Outcome {
    let filter = invocation.filter();
    let request = filter.request();
    let target = Target::Request(request);
    let values = slots::chain(request).map(|chain| chain.values()).unwrap_or_default();
    let Some(handler) = handler(request, filter) else {
        let name = String::from_utf8_lossy(filter.name());
        let message =
            format!("the filter '{name}' has no handler here: no directive names it for this section");
        log::entry(target, Code::FilterWithoutHandler, &message);
        return Outcome::Failed(None);
    };
    let Ok(interpreter) = enter::interpreter(request, &values, || Some(&*handler)) else {
        return Outcome::Failed(None);
    };
    let state = cleanup::state_of(request);
    // What called the filter is in the middle of reading or writing.
    let _request = state.handle.occupied();
    let _serving = Serving::request(&state.handle);
    let _filter = invocation.handle().opened();
    let ran = enter::attached(target, &interpreter, |py| {
        fault::point("filter", request);
        Filtering { request, filter, invocation, values: &values, handler: &handler }.run(py)
    });
    ran.unwrap_or(Outcome::Failed(None))
}

/// What a script registered for this request, or what the section in force names.
fn handler(request: Request<'_>, filter: Filter<'_>) -> Option<Arc<Handler>> {
    if let Some(added) = filter.added() {
        return Some(Arc::clone(&added.handler));
    }
    slots::chain(request)?.filter(filter.direction(), filter.name()).cloned()
}

/// A call that has entered its interpreter.
struct Filtering<'a, 'r> {
    request: Request<'r>,
    filter: Filter<'a>,
    invocation: &'a Invocation,
    values: &'a Values<'r>,
    handler: &'a Arc<Handler>,
}

impl Filtering<'_, '_> {
    fn run(&self, py: Attached<'_>) -> Outcome {
        match self.call(py) {
            Ok(outcome) => outcome,
            Err(failure) => self.report(py, failure),
        }
    }

    fn call<'py>(&self, py: Attached<'py>) -> Result<Outcome, Failure<'py>> {
        let find = || place::directory(self.request, &self.handler.place).map(<[u8]>::to_vec);
        let directory = self.filter.directory(find);
        let request = Arc::clone(&cleanup::state_of(self.request).handle);
        let (lent, handler) = (Arc::clone(self.invocation.handle()), Arc::clone(self.handler));
        let object = FilterObject::object(py, lent, request, handler, directory.clone());
        let object = object.map_err(Failure::Raised)?;
        let call = Call {
            phase: self.filter.name(),
            target: Target::Request(self.request),
            values: self.values,
            directory: directory.as_deref(),
            now: self.request.time(),
            request: Some(self.request),
        };
        let name = || self.culprit(&self.names()).to_string();
        let make = || call.make(py, self.handler, &object);
        match limited(py, self.request, self.values, Since::FirstHandler, name, make)? {
            // What it returns means nothing.
            Ok(_) => Ok(Outcome::Done),
            Err(error) => match outcome::read(py, self.request, Err(error)) {
                Ok(_) => Ok(Outcome::Dropped),
                Err(failure @ Failure::Malformed(_)) => {
                    failure::log(py, Target::Request(self.request), self.culprit(&self.names()), failure);
                    Ok(Outcome::Dropped)
                }
                Err(failure) => Err(failure),
            },
        }
    }

    fn report<'py>(&self, py: Attached<'py>, failure: Failure<'py>) -> Outcome {
        let names = self.names();
        let culprit = self.culprit(&names);
        let Some(traceback) = failure::log_unless_clients(py, self.request, culprit, failure) else {
            return Outcome::Failed(None);
        };
        let shows = self.filter.direction() == Direction::Output && self.values.is_on(Setting::Debug, false);
        let page = shows.then(|| failure::page_text(py, culprit, &traceback).ok()).flatten();
        Outcome::Failed(page)
    }

    fn names(&self) -> (String, String) {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        (text(self.filter.name()), text(&self.handler.text))
    }

    fn culprit<'n>(&self, (name, handler): &'n (String, String)) -> Culprit<'n> {
        Culprit { phase: name, handler }
    }
}
