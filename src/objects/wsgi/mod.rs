//! WSGI (PEP 3333): an application's environment, the beginning of its answer, and the
//! blocks of it.
//!
//! | file | what |
//! |---|---|
//! | `application` | which application serves a request, found as handlers are |
//! | `base` | the URL that it is mounted at |
//! | `environ`, `keys` | the dict it is called with |
//! | `start`, `response` | `start_response`, `write`, and what was promised by them |
//! | `body`, `file` | what it returns, on its way to the client |
//! | `serve` | the handler `mod_python.wsgi`, which puts these together |

mod application;
mod base;
mod body;
mod environ;
mod file;
mod keys;
pub mod response;
mod serve;
mod start;

pub use environ::build;
pub use serve::handler;
pub use start::start;

use super::ended::ended;
use super::request::Self_;
use crate::httpd::log::{self as httpd_log, Target};
use crate::httpd::request::Request;
use crate::python::attach::Attached;
use crate::python::class::{ClassObject, Visitor};
use crate::python::error::Result;
use crate::python::object::Object;
use crate::settings::messages::Code;
use response::Response;
use std::cell::OnceCell;

/// What one interpreter keeps for WSGI.
pub struct Wsgi {
    pub response: ClassObject<Response>,
    applications: application::Applications,
    /// Made with the first environment: it needs the Python half of this module.
    kept: OnceCell<environ::Kept>,
}

impl Wsgi {
    pub fn build<'py>(py: Attached<'py>, module: &Object<'py>) -> Result<'py, Self> {
        Ok(Wsgi {
            response: ClassObject::build(py, module)?,
            applications: application::Applications::default(),
            kept: OnceCell::new(),
        })
    }

    fn kept<'py>(&'py self, py: Attached<'py>) -> Result<'py, &'py environ::Kept> {
        if let Some(kept) = self.kept.get() {
            return Ok(kept);
        }
        // Python code runs meanwhile, and may come here too: the first one counts.
        let made = environ::Kept::new(py)?;
        Ok(self.kept.get_or_init(|| made))
    }

    pub fn visit(&self, visitor: &mut Visitor) {
        visitor.stored(self.response.as_stored());
        self.kept.get().into_iter().for_each(|kept| kept.visit(visitor));
    }
}

/// Logs detached: a log may be a pipe.
fn log<'py>(request: Self_<'_, 'py>, code: Code, message: &str) -> Result<'py, ()> {
    let handle = request.handle();
    let write = |request: Request<'_>| httpd_log::entry(Target::Request(request), code, message);
    request.py.detach(|| handle.lend(write)).map_err(ended)
}
