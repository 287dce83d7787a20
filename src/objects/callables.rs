//! The callable behind a handler's text: resolved once for each interpreter, and found
//! again without running Python code.

use super::apache::state;
use super::importer::without_first_frame;
use super::slots;
use super::watch::Watched;
use crate::httpd::request::Request;
use crate::python::attach::Attached;
use crate::python::class::Visitor;
use crate::python::convert::{Codec, to_message, to_str, to_str_or_none};
use crate::python::error::{Error, Kind, Result};
use crate::python::object::{Object, Stored};
use crate::settings::clock::Microseconds;
use crate::settings::handlers::{Handler, Key, Place};
use crate::settings::load::Load;
use crate::status::child::Child;
use crate::status::handler_row::HandlerRow;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

/// What one interpreter has loaded.
#[derive(Default)]
pub struct Callables {
    known: RefCell<HashMap<u64, Vec<Rc<Callable>>, BuildHasherDefault<AsIs>>>,
    /// Texts of PythonPath that were evaluated.
    paths: RefCell<HashSet<Vec<u8>>>,
}

/// A resolved handler.
pub struct Callable {
    key: Key,
    /// Where a pattern was resolved to: it serves many directories, each with its own
    /// modules. None for a place that is one directory.
    resolved: Option<Vec<u8>>,
    target: Target,
    watched: Watched,
    /// Where its calls are counted, for each phase that has it: mostly one.
    rows: RefCell<Vec<PhaseRow>>,
}

struct PhaseRow {
    phase: Box<[u8]>,
    row: &'static HandlerRow,
}

enum Target {
    /// `module::name`.
    Object(Stored),
    /// `module::a.b.c`: walked at each call, since classes on the way are instantiated.
    Path { module: Stored, names: Vec<Stored> },
    /// The module has no such object, in these words. Known without running Python code,
    /// since a list of phases may ask for it in each request.
    Missing(String),
}

/// How a module is to be loaded.
#[derive(Clone, Copy)]
pub struct Loading<'a> {
    /// PythonPath in force; the handler's directory joins `sys.path` only without one.
    pub path: Option<&'a [u8]>,
    pub autoreload: bool,
    /// `directory` of the handler, patterns resolved; None for locations.
    pub directory: Option<&'a [u8]>,
    /// Whose options and handler root count; None for connections.
    pub request: Option<Request<'a>>,
    pub now: Microseconds,
}

/// What stood between a handler's text and its call.
pub enum LoadError<'py> {
    /// PythonPath.
    Path(Error<'py>),
    Import(Error<'py>),
    /// The module was imported, but has no such object.
    Resolve(Error<'py>),
}

/// A callable, and whether its module was executed just now.
pub struct Loaded {
    pub callable: Rc<Callable>,
    pub executed: bool,
}

impl Callables {
    /// The callable of `handler`; imports or reloads its module if need be.
    ///
    /// `LoadError::Resolve` is known again without running Python code, so a handler that
    /// need not be there costs no more than one that is.
    pub fn load<'py>(
        &self,
        py: Attached<'py>,
        handler: &Handler,
        loading: Loading<'_>,
    ) -> std::result::Result<Loaded, LoadError<'py>> {
        if let Some(path) = loading.path {
            self.set_path(py, path).map_err(LoadError::Path)?;
        }
        let resolved = if handler.place.is_pattern() { loading.directory } else { None };
        if let Some(callable) = self.find(handler.key(), resolved) {
            if !loading.autoreload || !callable.is_outdated(py, loading.now) {
                return callable.found().map(|callable| Loaded { callable, executed: false });
            }
            self.forget(&callable);
        }
        let load = owned(handler, loading);
        let (callable, executed) = self.bring_in(py, &load, loading.autoreload)?;
        callable.found().map(|callable| Loaded { callable, executed })
    }

    /// Loads what another interpreter has loaded, before requests ask for it. What fails will
    /// fail for them too, and be logged.
    pub fn load_ahead(&self, py: Attached<'_>, load: &Load) {
        let path = load.path.as_deref();
        if path.is_none_or(|path| self.set_path(py, path).is_ok()) {
            let _ = self.bring_in(py, load, false);
        }
    }

    /// Imports the module, and resolves the object in it.
    fn bring_in<'py>(
        &self,
        py: Attached<'py>,
        load: &Load,
        autoreload: bool,
    ) -> std::result::Result<(Rc<Callable>, bool), LoadError<'py>> {
        let interpreter = py.interpreter();
        if interpreter.files().is_watched() {
            // Before it may fail: its file may be mended.
            interpreter.remember_load(load);
        }
        let Load { handler, directory, .. } = load;
        let (module, watched, executed) = import(py, load, autoreload).map_err(LoadError::Import)?;
        let target = resolve(py, handler, &module).map_err(LoadError::Resolve)?;
        let resolved = directory.clone().filter(|_| handler.place.is_pattern());
        let rows = RefCell::default();
        let callable = Rc::new(Callable { key: handler.key().clone(), resolved, target, watched, rows });
        self.remember(Rc::clone(&callable));
        Ok((callable, executed))
    }

    fn find(&self, key: &Key, resolved: Option<&[u8]>) -> Option<Rc<Callable>> {
        let known = self.known.borrow();
        known.get(&key.hash())?.iter().find(|callable| callable.serves(key, resolved)).cloned()
    }

    fn forget(&self, stale: &Rc<Callable>) {
        if let Some(same_hash) = self.known.borrow_mut().get_mut(&stale.key.hash()) {
            same_hash.retain(|callable| !Rc::ptr_eq(callable, stale));
        }
    }

    /// Instead of what another thread may have put there meanwhile.
    fn remember(&self, fresh: Rc<Callable>) {
        let mut known = self.known.borrow_mut();
        let same_hash = known.entry(fresh.key.hash()).or_default();
        let replaced =
            same_hash.iter().position(|callable| callable.serves(&fresh.key, fresh.resolved.as_deref()));
        // Dropped when the map is free again: a script's code may run then.
        let _replaced = replaced.map(|at| same_hash.swap_remove(at));
        same_hash.push(fresh);
        drop(known);
    }

    /// Evaluates a PythonPath, once for each text.
    pub fn set_path<'py>(&self, py: Attached<'py>, text: &[u8]) -> Result<'py, ()> {
        if self.paths.borrow().contains(text) {
            return Ok(());
        }
        let expression = to_str(py, Codec::Utf8, text)?;
        runtime(py)?.call_method(py, c"set_path", &[&expression])?;
        self.paths.borrow_mut().insert(text.to_vec());
        Ok(())
    }

    pub fn visit(&self, visitor: &mut Visitor) {
        // The collector may run while a load holds the map; what is missed then is
        // merely not collected this time.
        let Ok(known) = self.known.try_borrow() else {
            return;
        };
        for callable in known.values().flatten() {
            match &callable.target {
                Target::Object(object) => visitor.stored(object),
                Target::Path { module, names } => {
                    visitor.stored(module);
                    names.iter().for_each(|name| visitor.stored(name));
                }
                Target::Missing(_) => {}
            }
        }
    }
}

impl Callable {
    fn serves(&self, key: &Key, resolved: Option<&[u8]>) -> bool {
        self.key == *key && self.resolved.as_deref() == resolved
    }

    /// Where its calls in that phase are counted; `text` is the handler's.
    pub fn row(&self, child: &Child, phase: &[u8], text: &[u8]) -> &'static HandlerRow {
        let mut rows = self.rows.borrow_mut();
        match rows.iter().find(|known| *known.phase == *phase) {
            Some(known) => known.row,
            None => {
                let row = child.handler(phase, text);
                rows.push(PhaseRow { phase: phase.into(), row });
                row
            }
        }
    }

    /// Calls it with the request (or the filter, or the connection).
    pub fn call<'py>(&self, py: Attached<'py>, argument: &Object<'py>) -> Result<'py, Object<'py>> {
        match &self.target {
            Target::Object(object) => object.get(py).call(py, &[argument]),
            Target::Path { .. } | Target::Missing(_) => self.object(py, argument)?.call(py, &[argument]),
        }
    }

    /// The object itself; classes on the way to it are instantiated with `argument`.
    pub fn object<'py>(&self, py: Attached<'py>, argument: &Object<'py>) -> Result<'py, Object<'py>> {
        match &self.target {
            Target::Object(object) => Ok(object.get(py).clone()),
            Target::Path { module, names } => walk(py, module.get(py), names, argument),
            Target::Missing(message) => Err(Error::new(Kind::Attribute, message.clone())),
        }
    }

    /// Itself, if it stands for an object.
    fn found<'py>(self: Rc<Self>) -> std::result::Result<Rc<Self>, LoadError<'py>> {
        match &self.target {
            Target::Missing(message) => Err(LoadError::Resolve(Error::new(Kind::Attribute, message.clone()))),
            _ => Ok(self),
        }
    }

    fn is_outdated(&self, py: Attached<'_>, now: Microseconds) -> bool {
        let importer = &state(py).importer;
        !importer.is_frozen() && self.watched.is_outdated(py, importer.changes(), now)
    }
}

/// Follows dotted names; a class on the way is instantiated with the argument.
fn walk<'py>(
    py: Attached<'py>,
    module: &Object<'py>,
    names: &[Stored],
    argument: &Object<'py>,
) -> Result<'py, Object<'py>> {
    names.iter().try_fold(module.clone(), |parent, name| {
        let parent = if parent.is_type() { parent.call(py, &[argument])? } else { parent };
        parent.getattr_by(py, name.get(py))
    })
}

/// All that counts, whether or not there is a request.
fn owned(handler: &Handler, loading: Loading<'_>) -> Load {
    let chain = loading.request.and_then(slots::chain);
    let root = chain.and_then(|chain| chain.handler_root());
    let root = root.or_else(|| loading.request.and_then(Request::document_root));
    let import_path = chain.and_then(|chain| chain.option(b"mod_python.importer.path"));
    let owned = |bytes: Option<&[u8]>| bytes.map(<[u8]>::to_vec);
    Load {
        handler: handler.clone(),
        path: owned(loading.path),
        directory: owned(loading.directory),
        root: owned(root),
        import_path: owned(import_path),
    }
}

fn import<'py>(
    py: Attached<'py>,
    load: &Load,
    autoreload: bool,
) -> Result<'py, (Object<'py>, Watched, bool)> {
    let Load { handler, .. } = load;
    let path = |bytes: Option<&[u8]>| to_str_or_none(py, Codec::Path, bytes);
    let directory = load.directory.as_deref().filter(|directory| is_directory(&handler.place, directory));
    let arguments = [
        &to_str(py, Codec::Utf8, &handler.module)?,
        &path(directory)?,
        &Object::bool(py, load.path.is_none()),
        &Object::bool(py, autoreload),
        &path(load.root.as_deref())?,
        &to_str_or_none(py, Codec::Utf8, load.import_path.as_deref())?,
    ];
    let answer = runtime(py)?.call_method(py, c"load", &arguments);
    let answer = answer.map_err(|error| without_first_frame(py, error))?;
    let part = |index: i64| answer.get_item(py, &Object::int(py, index)?);
    let watched = Watched::read(py, part(2)?.to_int(py)?, &part(3)?)?;
    Ok((part(0)?, watched, part(1)?.truth(py)?))
}

/// Whether it is one: the text of a location is none, nor is a pattern that nothing matched.
fn is_directory(place: &Place, text: &[u8]) -> bool {
    match place {
        Place::Location(_) => false,
        Place::DirectoryGlob(pattern) | Place::DirectoryRegex(pattern) => pattern != text,
        Place::Server | Place::Directory(_) => true,
    }
}

fn resolve<'py>(py: Attached<'py>, handler: &Handler, module: &Object<'py>) -> Result<'py, Target> {
    let mut names = Vec::new();
    for name in handler.object.split(|&byte| byte == b'.') {
        names.push(to_str(py, Codec::Utf8, name)?);
    }
    let own = module.getattr(py, c"__dict__")?.dict_get(py, &names[0])?;
    match own {
        Some(object) if names.len() == 1 => Ok(Target::Object(object.store(py))),
        None if names.len() == 1 || !has_attr(py, module, &names[0])? => {
            Ok(Target::Missing(missing(py, handler, module)))
        }
        _ => {
            let names = names.into_iter().map(|name| name.store(py)).collect();
            Ok(Target::Path { module: module.clone().store(py), names })
        }
    }
}

fn has_attr<'py>(py: Attached<'py>, object: &Object<'py>, name: &Object<'py>) -> Result<'py, bool> {
    match object.getattr_by(py, name) {
        Ok(_) => Ok(true),
        Err(error) if error.is(py, Kind::Attribute) => Ok(false),
        Err(error) => Err(error),
    }
}

/// "contains no": the words that operators of mod_python look for.
fn missing<'py>(py: Attached<'py>, handler: &Handler, module: &Object<'py>) -> String {
    let file = module.find_attr(py, c"__file__").ok().flatten().filter(Object::is_str);
    let file = file.and_then(|file| to_message(py, &file).ok());
    let module = file.unwrap_or_else(|| String::from_utf8_lossy(&handler.module).into_owned());
    let object = String::from_utf8_lossy(&handler.object).into_owned();
    format!("{module} contains no '{object}'")
}

/// The Python half of this module.
pub fn runtime(py: Attached<'_>) -> Result<'_, Object<'_>> {
    Object::import(py, c"mod_python._runtime")
}

/// `mod_python.apache.SERVER_RETURN` of this interpreter.
pub fn is_server_return<'py>(py: Attached<'py>, error: &Error<'py>) -> Option<Object<'py>> {
    let Error::Raised(exception) = error else {
        return None;
    };
    let class = state(py).server_return.get(py);
    exception.is_instance(py, class).unwrap_or(false).then(|| exception.clone())
}

/// Whether it is `mod_python.apache.RequestTimeout` of this interpreter.
pub fn is_request_timeout<'py>(py: Attached<'py>, error: &Error<'py>) -> bool {
    let Error::Raised(exception) = error else { return false };
    exception.is_instance(py, state(py).request_timeout.get(py)).unwrap_or(false)
}

/// Handlers carry a hash already.
#[derive(Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
