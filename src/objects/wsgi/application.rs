//! Which application serves a request: `PythonOption mod_python.wsgi.application`, found,
//! imported and reloaded as a handler in the place of the running one is.

use super::log;
use crate::httpd::request::Request;
use crate::objects::apache::state;
use crate::objects::callables::{Callable, LoadError, Loading};
use crate::objects::reloading;
use crate::objects::request::Self_;
use crate::objects::request::configuration::option;
use crate::objects::request::state::RequestState;
use crate::objects::{place, slots};
use crate::parse::handler;
use crate::python::error::{Error, Kind, Result};
use crate::python::object::Object;
use crate::settings::handlers::{Handler, Place};
use crate::settings::messages::Code;
use crate::settings::section::Setting;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

const OPTION: &[u8] = b"mod_python.wsgi.application";
const DEFAULT_OBJECT: &[u8] = b"application";

/// Options that were read, by the place of the handler that they serve: as long as neither
/// changes, nothing is parsed and hashed again.
#[derive(Default)]
pub struct Applications {
    known: RefCell<HashMap<u64, Vec<Rc<Handler>>>>,
    count: Cell<usize>,
}

impl Applications {
    /// Scripts may set options to ever new values.
    const AT_MOST: usize = 1000;

    /// The option's text as a handler in that place.
    fn handler(
        &self,
        text: &[u8],
        place: &Place,
        hash: u64,
    ) -> std::result::Result<Rc<Handler>, handler::Error> {
        let mut known = self.known.borrow_mut();
        let found =
            known.get(&hash).and_then(|same| same.iter().find(|it| it.text == text && it.place == *place));
        if let Some(found) = found {
            return Ok(Rc::clone(found));
        }
        let name = handler::name(text)?;
        let object = name.object.unwrap_or_else(|| DEFAULT_OBJECT.to_vec());
        let handler = Rc::new(Handler::new(name.text, name.module, object, place.clone()));
        if self.count.get() == Self::AT_MOST {
            known.clear();
            self.count.set(0);
        }
        self.count.set(self.count.get() + 1);
        known.entry(hash).or_default().push(Rc::clone(&handler));
        Ok(handler)
    }
}

/// The application of this request; None after logging why there is none.
pub fn of<'py>(this: Self_<'_, 'py>) -> Result<'py, Option<Object<'py>>> {
    let py = this.py;
    let applications = &state(py).wsgi.applications;
    let Some(handler) = this.with_state(|request, state| configured(applications, request, state))? else {
        let message = "PythonOption mod_python.wsgi.application is not set";
        log(this, Code::WsgiUnconfigured, message)?;
        return Ok(None);
    };
    let handler = handler
        .map_err(|error| Error::value_error(format!("PythonOption mod_python.wsgi.application {error}")))?;
    let loaded = this.with(|request| load(this, request, &handler))?;
    let reason = match loaded {
        Ok((callable, news)) => {
            if let Some(news) = news {
                log(this, Code::ModuleLoaded, &news)?;
            }
            let application = callable.object(py, this.object)?;
            if application.truth(py)? {
                return Ok(Some(application));
            }
            "it is false".to_owned()
        }
        Err(LoadError::Resolve(error)) if error.is(py, Kind::Attribute) => error.summary(py),
        Err(LoadError::Path(error) | LoadError::Import(error) | LoadError::Resolve(error)) => {
            return Err(error);
        }
    };
    let name = String::from_utf8_lossy(&handler.text);
    log(this, Code::WsgiNoApplication, &format!("no application '{name}': {reason}"))?;
    Ok(None)
}

fn configured(
    applications: &Applications,
    request: Request<'_>,
    state: &RequestState,
) -> Option<std::result::Result<Rc<Handler>, handler::Error>> {
    let text = option(request, OPTION)?;
    let found = state.current(|running| applications.handler(text, &running.place, running.key().hash()));
    Some(found.unwrap_or_else(|| applications.handler(text, &Place::Server, 0)))
}

/// The callable, and what PythonDebug wants to have logged.
fn load<'py>(
    this: Self_<'_, 'py>,
    request: Request<'_>,
    handler: &Handler,
) -> std::result::Result<(Rc<Callable>, Option<String>), LoadError<'py>> {
    let Some(chain) = slots::chain(request) else {
        return Err(LoadError::Import(Error::new(Kind::Runtime, "the request has no configuration")));
    };
    let values = chain.values();
    let is_location = matches!(handler.place, Place::Location(_));
    let loading = Loading {
        path: values.get(Setting::Path),
        autoreload: reloading::is_by_module(this.py, &values),
        directory: if is_location { None } else { place::directory(request, &handler.place) },
        request: Some(request),
        now: request.time(),
    };
    let loaded = state(this.py).callables.load(this.py, handler, loading)?;
    let is_news = loaded.executed && values.is_on(Setting::Debug, false);
    let news = is_news.then(|| format!("module '{}' loaded", String::from_utf8_lossy(&handler.module)));
    Ok((loaded.callable, news))
}
