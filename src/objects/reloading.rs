//! PythonReload, where a handler is about to be loaded.

use crate::httpd::log::{self, Target};
use crate::python::attach::Attached;
use crate::settings::interpreter::MAIN;
use crate::settings::messages::Code;
use crate::settings::reload::Reload;
use crate::settings::section::Values;

/// Whether modules are to be executed anew when their files have changed. Where the whole
/// interpreter is to be replaced instead, has its files watched.
pub fn is_by_module(py: Attached<'_>, values: &Values<'_>) -> bool {
    match values.reload() {
        Reload::Nothing => false,
        Reload::Modules => true,
        Reload::Interpreter => !has_interpreter_watched(py),
    }
}

/// False in the main interpreter, which cannot be replaced.
fn has_interpreter_watched(py: Attached<'_>) -> bool {
    let interpreter = py.interpreter();
    let is_main = interpreter.name() == MAIN;
    if interpreter.files().watch() && is_main {
        let message = "PythonReload interpreter has no effect in main_interpreter, which lives as long as its child: \
                       modules are reloaded there, as by PythonReload module";
        py.detach(|| log::entry(Target::Process, Code::MainNotReloaded, message));
    }
    !is_main
}
