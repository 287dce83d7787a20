//! PythonImport: modules that a child imports before its first request.

use super::{enter, refusals};
use crate::httpd::log::{self, Target};
use crate::httpd::server::Server;
use crate::objects::apache::state;
use crate::objects::callables::runtime;
use crate::objects::serving::Serving;
use crate::objects::slots;
use crate::python::attach::{Attached, attach};
use crate::python::convert::{Codec, to_str};
use crate::python::error::Result;
use crate::python::interpreter::Lease;
use crate::python::object::Object;
use crate::settings::load::Loads;
use crate::settings::messages::{Code, Level};
use crate::settings::section::Setting;
use crate::settings::server::Import;

/// Runs the imports of every server, in configuration order.
pub fn run(main: Server<'_>) {
    for (server, path, import) in all(main) {
        let target = Target::Server(server);
        if let Ok(interpreter) = enter::named(target, &import.interpreter) {
            run_one(target, &interpreter, path, import);
        }
    }
}

/// Runs those of an interpreter that comes later.
pub fn warm_up(interpreter: &Lease) {
    let Some(main) = Server::main() else { return };
    for (server, path, import) in all(main) {
        if import.interpreter == interpreter.name() {
            run_one(Target::Server(server), interpreter, path, import);
        }
    }
}

/// Loads handlers, as requests for them would.
pub fn load_ahead(interpreter: &Lease, loads: &Loads) {
    for load in loads.iter() {
        let _serving = Serving::nobody();
        // Where the process ends, nothing is to be loaded.
        let _ = attach(interpreter, |py| state(py).callables.load_ahead(py, load));
    }
}

/// In configuration order, each with its server and the PythonPath there.
fn all(main: Server<'_>) -> Vec<(Server<'_>, Option<&[u8]>, &Import)> {
    let mut imports = Vec::new();
    for server in main.and_following() {
        let Some(settings) = slots::server(server) else { continue };
        let path = settings.section.get(Setting::Path);
        imports.extend(settings.imports.iter().map(|import| (server, path, import)));
    }
    imports.sort_by_key(|(_, _, import)| import.position);
    imports
}

fn run_one(target: Target<'_>, interpreter: &Lease, path: Option<&[u8]>, import: &Import) {
    let serving = Serving::nobody();
    let failed = attach(interpreter, |py| {
        let error = execute(py, path, import).err()?;
        Some((error.summary(py), refusals::find(py, &error), error.traceback(py)))
    });
    drop(serving);
    let Ok(Some((summary, refusal, traceback))) = failed else { return };
    let (import, name) = (import.to_string(), String::from_utf8_lossy(&import.interpreter));
    let message = format!("PythonImport {import} failed in interpreter '{name}': {summary}");
    log::entry(target, Code::ImportFailed, &message);
    for part in traceback {
        log::detail(target, Level::Error, &format!("PythonImport {import}: {part}"));
    }
    refusals::log(target, interpreter, refusal);
}

fn execute<'py>(py: Attached<'py>, path: Option<&[u8]>, import: &Import) -> Result<'py, ()> {
    let text = |bytes: &[u8]| to_str(py, Codec::Utf8, bytes);
    let runtime = runtime(py)?;
    if let Some(path) = path {
        state(py).callables.set_path(py, path)?;
    }
    let function = import.function.as_deref().map_or_else(|| Ok(Object::none(py)), text)?;
    runtime.call_method(py, c"import_at_start", &[&text(&import.module)?, &function])?;
    Ok(())
}
