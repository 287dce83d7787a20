//! Extension modules that refuse an interpreter: one entry for each module and interpreter of
//! a child, beside the traceback. It names the remedy, which no traceback does.

use crate::httpd::log::{self, Target};
use crate::python::attach::Attached;
use crate::python::convert::to_message;
use crate::python::error::{Error, Result};
use crate::python::interpreter::Interpreter;
use crate::python::object::Object;
use crate::settings::interpreter::MAIN;
use crate::settings::messages::Code;
use parking_lot::Mutex;
use std::collections::BTreeSet;

/// An extension module, and what it said.
pub struct Refusal {
    module: String,
    message: String,
    /// Its words say so. Otherwise the module is empty, which has other causes too.
    is_certain: bool,
}

/// The refusal behind an exception, if there is one.
pub fn find<'py>(py: Attached<'py>, error: &Error<'py>) -> Option<Refusal> {
    let Error::Raised(exception) = error else { return None };
    // Where it cannot be looked for, the traceback has to do.
    read(py, exception).ok().flatten()
}

fn read<'py>(py: Attached<'py>, exception: &Object<'py>) -> Result<'py, Option<Refusal>> {
    let refusals = Object::import(py, c"mod_python._refusals")?;
    let found = refusals.call_method(py, c"find", &[exception])?;
    if found.is_none() {
        return Ok(None);
    }
    let text = |name| to_message(py, &found.getattr(py, name)?);
    let is_certain = found.getattr(py, c"is_certain")?.truth(py)?;
    Ok(Some(Refusal { module: text(c"module")?, message: text(c"message")?, is_certain }))
}

/// Logs what `interpreter` was refused, unless this child has said so before. To be called
/// detached.
pub fn log(target: Target<'_>, interpreter: &Interpreter, refusal: Option<Refusal>) {
    let Some(Refusal { module, message, is_certain }) = refusal else { return };
    if !is_news(interpreter.name(), &module, is_certain) {
        return;
    }
    let message = message.trim_end_matches('.');
    let name = String::from_utf8_lossy(interpreter.name());
    let (kind, remedy) = kind_and_remedy(interpreter);
    let text = format!(
        "the extension module '{module}' refuses interpreter '{name}', {kind}: {message}. Remedy: {remedy} (logged once for each module and interpreter of a child; 'python3 -m mod_python check-imports {module}' tries it)"
    );
    log::entry(target, Code::ExtensionRefuses, &text);
}

/// Whether it is a refusal that was not logged yet. An empty module is none in the main
/// interpreter, unless another was refused it: CPython 3.13 keeps some empty for all.
fn is_news(interpreter: &[u8], module: &str, is_certain: bool) -> bool {
    // Names may be made up by clients (PythonInterpPerDirectory).
    const AT_MOST: usize = 1000;
    type Refused = (Box<str>, Box<[u8]>);
    static LOGGED: Mutex<BTreeSet<Refused>> = Mutex::new(BTreeSet::new());
    let mut logged = LOGGED.lock();
    let is_refused = is_certain || interpreter != MAIN || logged.iter().any(|(known, _)| **known == *module);
    is_refused && logged.len() < AT_MOST && logged.insert((module.into(), interpreter.into()))
}

fn kind_and_remedy(interpreter: &Interpreter) -> (&'static str, &'static str) {
    if interpreter.name() == MAIN {
        return (
            "the main one, since another interpreter of this child was first",
            "'PythonInterpreter main_interpreter' for every application that uses it",
        );
    }
    if interpreter.options().wants_own_gil() {
        return (
            "one with a lock of its own",
            "'PythonInterpreter main_interpreter' for the applications that use it; or no gil=own and no pool, if it loads in legacy interpreters",
        );
    }
    ("a legacy one", "'PythonInterpreter main_interpreter' for the applications that use it")
}
