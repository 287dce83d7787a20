//! One handler: find its callable and call it.

use super::counting::{self, Called};
use super::failure;
use super::outcome::Failure;
use crate::httpd::log::Target;
use crate::httpd::mpm;
use crate::httpd::request::Request;
use crate::objects::apache::state;
use crate::objects::callables::{Callable, LoadError, Loading, runtime};
use crate::objects::reloading;
use crate::python::attach::Attached;
use crate::python::error::Result;
use crate::python::object::Object;
use crate::settings::clock::Microseconds;
use crate::settings::handlers::{Handler, Place};
use crate::settings::messages::Code;
use crate::settings::section::{Setting, Values};
use std::rc::Rc;

/// What a call needs to know besides the handler.
pub struct Call<'a> {
    /// The directive; of a filter, its name.
    pub phase: &'a [u8],
    /// Whose log notices go to.
    pub target: Target<'a>,
    pub values: &'a Values<'a>,
    /// Where the handler was configured, patterns resolved.
    pub directory: Option<&'a [u8]>,
    pub now: Microseconds,
    /// The request, if it is for one.
    pub request: Option<Request<'a>>,
}

/// PythonEnablePdb: the same call, under Python's debugger.
fn debug<'py>(py: Attached<'py>, callable: &Callable, argument: &Object<'py>) -> Result<'py, Object<'py>> {
    let object = callable.object(py, argument)?;
    runtime(py)?.call_method(py, c"debug", &[&object, argument])
}

impl Call<'_> {
    /// Calls the handler with `argument`: the request, the filter or the connection. The
    /// outer result says whether there was something to call.
    pub fn make<'py>(
        &self,
        py: Attached<'py>,
        handler: &Handler,
        argument: &Object<'py>,
    ) -> std::result::Result<Result<'py, Object<'py>>, Failure<'py>> {
        let timed = counting::begin();
        let callable = self.load(py, handler)?;
        let result = self.run(py, &callable, argument);
        if let Some(timed) = timed {
            timed.end(
                py,
                &callable,
                Called { target: self.target, phase: self.phase, handler: &handler.text },
            );
        }
        Ok(result)
    }

    fn run<'py>(
        &self,
        py: Attached<'py>,
        callable: &Callable,
        argument: &Object<'py>,
    ) -> Result<'py, Object<'py>> {
        if self.values.is_on(Setting::EnablePdb, false) && mpm::is_one_process() {
            return debug(py, callable, argument);
        }
        callable.call(py, argument)
    }

    /// What the handler names.
    pub fn load<'py>(
        &self,
        py: Attached<'py>,
        handler: &Handler,
    ) -> std::result::Result<Rc<Callable>, Failure<'py>> {
        let is_location = matches!(handler.place, Place::Location(_));
        let loading = Loading {
            path: self.values.get(Setting::Path),
            autoreload: reloading::is_by_module(py, self.values),
            directory: if is_location { None } else { self.directory },
            request: self.request,
            now: self.now,
        };
        let loaded = state(py).callables.load(py, handler, loading).map_err(|error| match error {
            LoadError::Path(error) => Failure::PathFailed(error),
            LoadError::Import(error) => Failure::NotImportable(error),
            LoadError::Resolve(error) => Failure::NotFound(error),
        })?;
        if loaded.executed && self.values.is_on(Setting::Debug, false) {
            let module = String::from_utf8_lossy(&handler.module);
            let message = format!("module '{module}' loaded");
            failure::entry(py, self.target, Code::ModuleLoaded, &message);
        }
        Ok(loaded.callable)
    }
}
