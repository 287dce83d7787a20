//! One phase of one request: find the handlers, enter their interpreter, call them.

use super::failure::{self, Culprit};
use super::outcome::{self, Failure};
use super::table::Phase;
use crate::httpd::fault;
use crate::httpd::guard::{self, Entry};
use crate::httpd::handle::Handle;
use crate::httpd::log::{self, Target};
use crate::httpd::request::{Request, matches_glob, matches_regex};
use crate::httpd::status::Status;
use crate::objects::apache::state;
use crate::objects::bootstrap;
use crate::objects::callables::{LoadError, Loading};
use crate::objects::slots;
use crate::python::attach::{Attached, Error as AttachError, attach};
use crate::python::interpreter::{self, Interpreter};
use crate::python::object::Object;
use crate::settings::handlers::{Handler, Place};
use crate::settings::interpreter::{Facts, choose};
use crate::settings::messages::Code;
use crate::settings::section::{Setting, Values};

/// The names under which SetHandler and AddHandler select this module.
const HANDLER_NAMES: [&[u8]; 2] = [b"mod_python", b"python-program"];

/// Runs the phase; DECLINED, at almost no cost, where nothing is configured.
pub fn run(phase: &Phase, request: Request<'_>) -> Status {
    if phase.only_as_handler && !request.handler().is_some_and(|name| HANDLER_NAMES.contains(&name)) {
        return Status::DECLINED;
    }
    let Some(chain) = slots::chain(request) else {
        return Status::DECLINED;
    };
    let Some(handlers) = chain.handlers(phase.index, request.filename()) else {
        return Status::DECLINED;
    };
    fault::point("hook", request);
    let values = chain.values();
    let Some(interpreter) = enter(request, &values, handlers) else {
        return Status::INTERNAL_SERVER_ERROR;
    };
    let objects = slots::objects(request);
    let _open = Open::new(&objects.handle);
    let ran = attach(interpreter, |py| match objects.object(py, interpreter) {
        Ok(object) => Phased { phase, request, values: &values, object: &object }.run(py, handlers),
        Err(error) => {
            let culprit = Culprit { phase: phase.directive, handler: "mp_request" };
            failure::log(py, Target::Request(request), culprit, Failure::Raised(error));
            Status::INTERNAL_SERVER_ERROR
        }
    });
    ran.unwrap_or_else(|error| {
        let reason = match error {
            AttachError::Exiting => "this child is exiting",
            AttachError::Interrupted => "a signal interrupted Python on this thread",
            AttachError::NoThreadState => "out of memory for a thread state",
        };
        log::entry(
            Target::Request(request),
            Code::InterpreterNotCreated,
            &format!("Python cannot be entered: {reason}"),
        );
        Status::INTERNAL_SERVER_ERROR
    })
}

/// The interpreter for these handlers; None after logging why there is none.
fn enter(request: Request<'_>, values: &Values<'_>, handlers: &[Handler]) -> Option<&'static Interpreter> {
    let per_directive = values.is_on(Setting::InterpPerDirective, false);
    let first = handlers.first().filter(|_| per_directive);
    let name = choose(&Facts {
        forced: values.get(Setting::Interpreter),
        per_directory: values.is_on(Setting::InterpPerDirectory, false),
        per_directive,
        filename: request.filename(),
        is_directory: request.is_directory(),
        handler_directory: first.and_then(|handler| directory(request, &handler.place)),
        server_name: request.server().name(),
    });
    match interpreter::named(&name) {
        Ok((interpreter, created)) => {
            if created {
                announce(Target::Request(request), interpreter);
            }
            Some(interpreter)
        }
        Err(error) => {
            failure::log_not_created(Target::Request(request), &name, error);
            None
        }
    }
}

/// Logs a new interpreter.
pub fn announce(target: Target<'_>, interpreter: &'static Interpreter) {
    let name = String::from_utf8_lossy(interpreter.name());
    log::entry(target, Code::InterpreterCreated, &format!("interpreter '{name}' created"));
    announce_version(target, interpreter);
}

/// Logs if the Python package is of another version.
pub fn announce_version(target: Target<'_>, interpreter: &'static Interpreter) {
    if let Ok(Some(package)) = attach(interpreter, bootstrap::foreign_package) {
        failure::log_version_mismatch(target, &package);
    }
}

/// The directory that the entry was written for, with patterns resolved to the first
/// directory on the way to the file that they match.
fn directory<'a>(request: Request<'a>, place: &'a Place) -> Option<&'a [u8]> {
    let resolve = |matches: &dyn Fn(&[u8]) -> bool| {
        request.filename().and_then(|filename| Place::first_prefix(filename, matches))
    };
    match place {
        Place::DirectoryGlob(pattern) => resolve(&|path| matches_glob(request.pool(), pattern, path)),
        Place::DirectoryRegex(pattern) => resolve(&|path| matches_regex(request.pool(), pattern, path)),
        Place::Server | Place::Location(_) | Place::Directory(_) => None,
    }
    .or_else(|| place.text())
}

/// A handler of the request is on the stack while this lives.
struct Open<'h>(&'h Handle);

impl<'h> Open<'h> {
    fn new(handle: &'h Handle) -> Self {
        handle.open();
        Open(handle)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// A phase that has entered its interpreter.
struct Phased<'a, 'r, 'py> {
    phase: &'a Phase,
    request: Request<'r>,
    values: &'a Values<'r>,
    object: &'a Object<'py>,
}

impl<'py> Phased<'_, '_, 'py> {
    /// Runs the handlers in order, as long as each result lets the next one run.
    fn run(&self, py: Attached<'py>, handlers: &[Handler]) -> Status {
        let mut status = Status::DECLINED;
        for handler in handlers {
            let entry = Entry::Handler(self.phase.directive, &handler.text, Target::Request(self.request));
            status = guard::run(entry, Status::INTERNAL_SERVER_ERROR, || {
                self.call(py, handler).unwrap_or_else(|failure| {
                    let name = String::from_utf8_lossy(&handler.text);
                    let culprit = Culprit { phase: self.phase.directive, handler: &name };
                    let debug = self.values.is_on(Setting::Debug, false);
                    failure::report(py, self.request, culprit, failure, debug)
                })
            });
            if !self.phase.goes_on_after.contains(&status) {
                break;
            }
        }
        status
    }

    fn call(&self, py: Attached<'py>, handler: &Handler) -> Result<Status, Failure<'py>> {
        let is_location = matches!(handler.place, Place::Location(_));
        let loading = Loading {
            path: self.values.get(Setting::Path),
            autoreload: self.values.is_on(Setting::AutoReload, true),
            directory: if is_location { None } else { directory(self.request, &handler.place) },
            request: Some(self.request),
            now: self.request.time(),
        };
        let loaded = state(py).callables.load(py, handler, loading).map_err(|error| match error {
            LoadError::Path(error) => Failure::PathFailed(error),
            LoadError::Import(error) => Failure::NotImportable(error),
            LoadError::Resolve(error) => Failure::NotFound(error),
        })?;
        if loaded.executed && self.values.is_on(Setting::Debug, false) {
            let module = String::from_utf8_lossy(&handler.module);
            let message = format!("module '{module}' loaded");
            failure::entry(py, Target::Request(self.request), Code::ModuleLoaded, &message);
        }
        fault::point("attached", self.request);
        outcome::read(py, self.request, loaded.callable.call(py, self.object))
    }
}
