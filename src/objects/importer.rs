//! What the Python half of the importer needs from inside: the function behind `import`
//! statements, and the count of changes by which callables know that they are right.
//!
//! `__import__` is here and not in Python because it runs for every import statement of
//! an interpreter, and should cost the others nothing and show in no traceback.

use super::apache::Apache;
use super::arguments::{none, one};
use crate::httpd::log::{self, Target};
use crate::python::attach::Attached;
use crate::python::class::Visitor;
use crate::python::convert::{Codec, to_bytes, to_message, to_str};
use crate::python::error::{Error, Kind, Result};
use crate::python::module::Function;
use crate::python::object::{Object, Stored};
use crate::settings::messages::Code;
use std::cell::{Cell, OnceCell};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// The importer's state in one interpreter.
pub struct Importer {
    /// `__mp_info__`: what modules that were imported from files have in their globals.
    marker: Stored,
    /// `mod_python._importer.statement.find`.
    find: OnceCell<Stored>,
    changes: Cell<i64>,
    is_frozen: Cell<bool>,
}

impl Importer {
    pub fn new(py: Attached<'_>) -> Result<'_, Self> {
        Ok(Importer {
            marker: to_str(py, Codec::Utf8, b"__mp_info__")?.store(py),
            find: OnceCell::new(),
            changes: Cell::new(0),
            is_frozen: Cell::new(false),
        })
    }

    /// How often a module was executed anew or got a new dependency.
    pub fn changes(&self) -> i64 {
        self.changes.get()
    }

    /// Whether a script has stopped all looking for changes.
    pub fn is_frozen(&self) -> bool {
        self.is_frozen.get()
    }

    pub fn visit(&self, visitor: &mut Visitor) {
        visitor.stored(&self.marker);
        self.find.get().into_iter().for_each(|find| visitor.stored(find));
    }
}

pub const IMPORT: Function<Apache> = Function::with_keywords(
    c"__import__",
    import,
    c"__import__($module, name, globals=None, locals=None, fromlist=(), level=0)\n--\n\nAs Python's own; in a module imported from a file, looks beside that file first.",
);

pub const FIND_NEIGHBOURS_WITH: Function<Apache> = Function::new(
    c"_find_neighbours_with",
    find_neighbours_with,
    c"_find_neighbours_with($module, find, /)\n--\n\nNames the function that finds modules beside their importers.",
);

pub const MODULE_CHANGES: Function<Apache> = Function::new(
    c"_module_changes",
    module_changes,
    c"_module_changes($module, more, /)\n--\n\nAdds to the number of changes among modules, and returns it.",
);

pub const NUMBER_THREAD: Function<Apache> = Function::new(
    c"_number_thread",
    number_thread,
    c"_number_thread($module, /)\n--\n\nGives this thread's state a number that no other has.",
);

pub const FREEZE_MODULES: Function<Apache> = Function::new(
    c"_freeze_modules",
    freeze_modules,
    c"_freeze_modules($module, /)\n--\n\nFrom now on no file is looked at again.",
);

pub const NOTE_FILE: Function<Apache> = Function::new(
    c"_note_file",
    |py, _, arguments| note_file(py, arguments),
    c"_note_file($module, file, /)\n--\n\nA module is about to be imported from the file: a later change of it counts for PythonReload interpreter.",
);

pub const LOG_FILE_GONE: Function<Apache> = Function::new(
    c"_log_file_gone",
    |py, _, arguments| log(py, Code::ModuleFileGone, arguments),
    c"_log_file_gone($module, message, /)\n--\n\nLogs that the file of a module is gone.",
);

pub const LOG_HOOK_FAILED: Function<Apache> = Function::new(
    c"_log_hook_failed",
    |py, _, arguments| log(py, Code::ModuleHookFailed, arguments),
    c"_log_hook_failed($module, message, /)\n--\n\nLogs that a hook of a module raised an exception.",
);

pub fn log<'py>(py: Attached<'py>, code: Code, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let message = to_message(py, one(arguments)?)?;
    py.detach(|| log::entry(Target::Process, code, &message));
    Ok(Object::none(py))
}

fn find_neighbours_with<'py>(
    py: Attached<'py>,
    apache: &Apache,
    arguments: &[Object<'py>],
) -> Result<'py, Object<'py>> {
    let [find] = arguments else { return Err(Error::type_error("one function")) };
    let _ = apache.importer.find.set(find.clone().store(py));
    Ok(Object::none(py))
}

fn module_changes<'py>(
    py: Attached<'py>,
    apache: &Apache,
    arguments: &[Object<'py>],
) -> Result<'py, Object<'py>> {
    let more = one(arguments)?.to_int(py)?;
    let changes = &apache.importer.changes;
    changes.set(changes.get().wrapping_add(more));
    Object::int(py, changes.get())
}

fn number_thread<'py>(py: Attached<'py>, _: &Apache, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    py.number_thread();
    Ok(Object::none(py))
}

fn freeze_modules<'py>(
    py: Attached<'py>,
    apache: &Apache,
    arguments: &[Object<'py>],
) -> Result<'py, Object<'py>> {
    none(arguments)?;
    apache.importer.is_frozen.set(true);
    py.interpreter().files().forsake();
    Ok(Object::none(py))
}

fn note_file<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let file = PathBuf::from(OsString::from_vec(to_bytes(py, Codec::Path, one(arguments)?)?.into()));
    let files = py.interpreter().files();
    py.detach(|| files.note(&file));
    Ok(Object::none(py))
}

const PARAMETERS: [&[u8]; 5] = [b"name", b"globals", b"locals", b"fromlist", b"level"];

fn import<'py>(
    py: Attached<'py>,
    apache: &Apache,
    positional: &[Object<'py>],
    named: &[Object<'py>],
    keywords: Option<&Object<'py>>,
) -> Result<'py, Object<'py>> {
    let mut given: [Option<&Object<'py>>; 5] = [None; 5];
    if positional.len() > given.len() {
        return Err(Error::type_error("__import__() takes at most 5 arguments"));
    }
    for (place, argument) in given.iter_mut().zip(positional) {
        *place = Some(argument);
    }
    for (index, argument) in named.iter().enumerate() {
        let keywords = keywords.expect("values by keyword come with their keywords");
        let keyword = keywords.get_item(py, &Object::int(py, index as i64)?)?;
        let keyword = to_bytes(py, Codec::Utf8, &keyword)?;
        let place = PARAMETERS.iter().position(|parameter| *parameter == &keyword[..]);
        let place = place.and_then(|at| given.get_mut(at)).filter(|place| place.is_none());
        let Some(place) = place else {
            let keyword = String::from_utf8_lossy(&keyword).into_owned();
            return Err(Error::type_error(format!("__import__() got a wrong argument '{keyword}'")));
        };
        *place = Some(argument);
    }
    let [Some(name), globals, _, names, level] = given else {
        return Err(Error::type_error("__import__() needs a name"));
    };
    let level = level.map_or(Ok(0), |level| level.to_int(py))?;
    let globals = globals.filter(|globals| !globals.is_none());
    if level == 0 && name.is_str() {
        if let Some(module) = neighbour(py, &apache.importer, name, globals)? {
            return Ok(module);
        }
    }
    let level = level.try_into().map_err(|_| Error::new(Kind::Overflow, "level does not fit an int"))?;
    Object::import_level(py, name, globals, names, level)
}

/// The module beside the importing one.
fn neighbour<'py>(
    py: Attached<'py>,
    importer: &Importer,
    name: &Object<'py>,
    globals: Option<&Object<'py>>,
) -> Result<'py, Option<Object<'py>>> {
    let Some(globals) = globals.filter(|globals| globals.is_dict()) else {
        return Ok(None);
    };
    let Some(importing) = globals.dict_get(py, importer.marker.get(py))? else {
        return Ok(None);
    };
    let Some(find) = importer.find.get() else {
        return Ok(None);
    };
    let module =
        find.get(py).call(py, &[name, &importing]).map_err(|error| without_first_frame(py, error))?;
    Ok((!module.is_none()).then_some(module))
}

/// The traceback of a module's author need not show that of the importer.
pub fn without_first_frame<'py>(py: Attached<'py>, error: Error<'py>) -> Error<'py> {
    if let Error::Raised(exception) = &error {
        let rest = exception.getattr(py, c"__traceback__").and_then(|all| all.getattr(py, c"tb_next"));
        if let Some(rest) = rest.ok().filter(|rest| !rest.is_none()) {
            // Where that fails the traceback stays as long as it was.
            let _ = exception.setattr(py, c"__traceback__", &rest);
        }
    }
    error
}
