//! `<!--#python eval="..." -->` and `<!--#python exec="..." -->` in the pages of mod_include.
//!
//! Whatever fails is logged, and leaves the page's error text in the element's place.

use super::failure::{self, Culprit};
use super::outcome::Failure;
use super::timeout::{Since, limited};
use super::{cleanup, enter};
use crate::httpd::fault;
use crate::httpd::include::{self, Element, IncludeElement};
use crate::httpd::log::{self, Target};
use crate::httpd::request::Request;
use crate::objects::apache::state;
use crate::objects::include_filter::{IncludeFilter, Output};
use crate::objects::slots;
use crate::python::attach::Attached;
use crate::python::convert::{Codec, to_str};
use crate::python::object::Object;
use crate::settings::handlers::Handler;
use crate::settings::messages::Code;
use crate::settings::section::{Setting, Values};
use std::borrow::Cow;

/// To be called in post_config.
pub fn register() {
    include::register::<Python>();
}

struct Python;

impl IncludeElement for Python {
    const NAME: &'static std::ffi::CStr = c"python";

    fn run(element: &Element<'_>) {
        if !element.is_printing() {
            return;
        }
        let (output, succeeded) = match Script::of(element) {
            Ok(script) => script.run().unwrap_or_default(),
            Err((code, message)) => {
                let request = element.request();
                let page = String::from_utf8_lossy(request.filename().unwrap_or_default());
                log::entry(Target::Request(request), code, &format!("{page}: {message}"));
                Default::default()
            }
        };
        for part in output {
            match part {
                Output::Data(bytes) => element.write(&bytes),
                Output::Flush => element.flush(),
            }
        }
        if !succeeded {
            element.fail();
        }
    }
}

struct Script<'e> {
    request: Request<'e>,
    /// `eval` or `exec`.
    kind: &'e [u8],
    code: &'e [u8],
}

impl<'e> Script<'e> {
    /// The one attribute that an element has; Err for the log.
    fn of(element: &Element<'e>) -> Result<Self, (Code, &'static str)> {
        if !element.may_execute() {
            return Err((Code::IncludeNoExec, "<!--#python --> is not allowed by 'Options IncludesNOEXEC'"));
        }
        match element.take_attributes()[..] {
            [(kind @ (b"eval" | b"exec"), Some(code))] if !code.trim_ascii().is_empty() => {
                Ok(Script { request: element.request(), kind, code })
            }
            _ => Err((
                Code::IncludeMalformed,
                "<!--#python --> needs one attribute, eval=\"expression\" or exec=\"code\"",
            )),
        }
    }

    /// What the code has written, and whether it ended well; None after logging why it could
    /// not run at all.
    fn run(&self) -> Option<(Vec<Output>, bool)> {
        fault::point("include", self.request);
        let values = slots::chain(self.request)?.values();
        let interpreter = enter::interpreter(self.request, &values, || None::<&Handler>).ok()?;
        let state = cleanup::state_of(self.request);
        let _service = state.serve();
        enter::attached(Target::Request(self.request), &interpreter, |py| {
            let ran = state.object(py).map_err(Failure::Raised).and_then(|object| {
                let filter = IncludeFilter::object(py, &object).map_err(Failure::Raised)?;
                let name = || culprit(&self.page()).to_string();
                let execute = || self.execute(py, &values, &object, &filter);
                let ended = limited(py, self.request, &values, Since::FirstHandler, name, execute);
                Ok((IncludeFilter::finish(py, &filter), ended))
            });
            let (mut output, ended) = ran.unwrap_or_else(|failure| (Vec::new(), Err(failure)));
            let succeeded = ended.map_err(|failure| output.extend(self.report(py, &values, failure))).is_ok();
            (output, succeeded)
        })
    }

    fn execute<'py>(
        &self,
        py: Attached<'py>,
        values: &Values<'_>,
        request: &Object<'py>,
        filter: &Object<'py>,
    ) -> Result<(), Failure<'py>> {
        if let Some(path) = values.get(Setting::Path) {
            state(py).callables.set_path(py, path).map_err(Failure::PathFailed)?;
        }
        let ran = (|| {
            let (kind, code) = (to_str(py, Codec::Utf8, self.kind)?, to_str(py, Codec::Utf8, self.code)?);
            Object::import(py, c"mod_python._ssi")?.call_method(
                py,
                c"run",
                &[&kind, &code, request, filter],
            )?;
            Ok(())
        })();
        ran.map_err(Failure::Raised)
    }

    fn page(&self) -> Cow<'e, str> {
        String::from_utf8_lossy(self.request.filename().unwrap_or_default())
    }

    /// Logs; what PythonDebug shows of it.
    fn report<'py>(&self, py: Attached<'py>, values: &Values<'_>, failure: Failure<'py>) -> Option<Output> {
        let page = self.page();
        let culprit = culprit(&page);
        let traceback = failure::log(py, Target::Request(self.request), culprit, failure);
        if !values.is_on(Setting::Debug, false) {
            return None;
        }
        failure::page_text(py, culprit, &traceback).ok().map(Output::Data)
    }
}

fn culprit(page: &str) -> Culprit<'_> {
    Culprit { phase: "includes", handler: page }
}
