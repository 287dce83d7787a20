//! What a script asks this module to run later in the request.

use super::state::Cleanup;
use super::{CONFIGURATION, PATH, RequestObject, Self_};
use crate::httpd::path;
use crate::httpd::request::Request;
use crate::httpd::text::OwnedText;
use crate::objects::handler_list::HandlerList;
use crate::parse::handler;
use crate::python::error::{Error, Kind as ErrorKind, Result};
use crate::python::object::Object;
use crate::settings::handlers::{Handler, Place};
use crate::settings::phases::{Phase, Row};

impl RequestObject {
    /// What this module keeps with the request.
    pub fn with_state<'py, T>(
        &self,
        body: impl FnOnce(Request<'_>, &super::state::RequestState) -> T,
    ) -> Result<'py, T> {
        super::with_state(&self.handle, body)
    }
}

/// `add_handler(phase, handler[, dir])`.
pub fn add_handler<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let (phase, handler, directory) = match arguments {
        [phase, handler] => (phase, handler, None),
        [phase, handler, directory] => (phase, handler, Some(directory).filter(|value| !value.is_none())),
        _ => return Err(Error::type_error(format!("takes 2 or 3 arguments ({} given)", arguments.len()))),
    };
    let row = addable(CONFIGURATION.read(this.py, phase)?.as_text().as_bytes())?;
    let handler = CONFIGURATION.read(this.py, handler)?;
    let directory = directory.map(|directory| PATH.read(this.py, directory)).transpose()?;
    this.with_state(|request, state| {
        let place = place(request, directory.as_ref());
        let default = row.phase().default_object.as_bytes();
        state.add_handler(row, entry(default, handler.as_text().as_bytes(), place));
    })?;
    Ok(Object::none(this.py))
}

fn addable<'py>(directive: &[u8]) -> Result<'py, Row> {
    let phase = Phase::named(directive).filter(|phase| phase.addable);
    phase.map(|phase| phase.row).ok_or_else(|| {
        let directive = String::from_utf8_lossy(directive);
        Error::new(ErrorKind::Index, format!("'{directive}' is no phase that handlers can be added to"))
    })
}

/// The place of a handler that a script adds for a directory, if it names one.
pub(super) fn place(request: Request<'_>, directory: Option<&OwnedText<'_>>) -> Place {
    directory.map_or(Place::Server, |directory| {
        let directory = directory.as_text().as_bytes();
        Place::Directory(path::canonical(request.pool(), directory).unwrap_or_else(|| directory.to_vec()))
    })
}

/// One handler, not split at spaces. A text that names none fails when it is to run.
pub(super) fn entry(default_object: &[u8], text: &[u8], place: Place) -> Handler {
    let (module, object) = match handler::name(text) {
        Ok(name) => (name.module, name.object),
        Err(_) => (text.to_vec(), None),
    };
    let object = object.unwrap_or_else(|| default_object.into());
    Handler::new(text.to_vec(), module, object, place)
}

/// `register_cleanup(callable[, data])`.
pub fn register_cleanup<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let (function, data) = crate::objects::arguments::one_or_two(arguments)?;
    if !function.is_callable() {
        return Err(Error::value_error("the first argument must be callable"));
    }
    let data = data.cloned().unwrap_or_else(|| Object::none(this.py));
    let Some(interpreter) = this.py.lease() else {
        return Err(Error::new(ErrorKind::Runtime, "this interpreter is being ended"));
    };
    let (function, data) = (function.clone().store(this.py), data.store(this.py));
    let cleanup = Cleanup { interpreter, function, data };
    this.with_state(|_, state| state.add_cleanup(cleanup))?;
    Ok(Object::none(this.py))
}

/// `hlist`: the running phase's list; None outside of a phase.
pub fn hlist<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    match this.with_state(|_, state| state.running_serial())? {
        Some(serial) => HandlerList::object(this.py, &this.handle, serial),
        None => Ok(Object::none(this.py)),
    }
}
