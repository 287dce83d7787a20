//! The callable behind a handler's text: resolved once for each interpreter, and found
//! again without running Python code.

use super::apache::state;
use crate::python::attach::Attached;
use crate::python::class::Visitor;
use crate::python::convert::{Codec, to_message, to_str};
use crate::python::error::{Error, Kind, Result};
use crate::python::object::{Object, Stored};
use crate::settings::autoreload::{Microseconds, Ration};
use crate::settings::handlers::{Handler, Key};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
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
    watched: Option<Watched>,
}

enum Target {
    /// `module::name`.
    Object(Stored),
    /// `module::a.b.c`: walked at each call, since classes on the way are instantiated.
    Path { module: Stored, names: Vec<Stored> },
}

/// The file of a handler's module.
struct Watched {
    file: PathBuf,
    stamp: Stamp,
    ration: Ration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    mtime: i64,
    nanoseconds: i64,
    size: i64,
}

impl Stamp {
    fn of(file: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(file).ok()?;
        let (mtime, nanoseconds) = (metadata.mtime(), metadata.mtime_nsec());
        Some(Stamp { mtime, nanoseconds, size: i64::try_from(metadata.size()).ok()? })
    }
}

/// How a module is to be loaded.
#[derive(Debug, Clone, Copy)]
pub struct Loading<'a> {
    /// PythonPath in force; the handler's directory joins `sys.path` only without one.
    pub path: Option<&'a [u8]>,
    pub autoreload: bool,
    /// `directory` of the handler, patterns resolved; None for locations.
    pub directory: Option<&'a [u8]>,
    pub now: Microseconds,
}

/// What stood between a handler's text and its call.
pub enum LoadError<'py> {
    /// PythonPath.
    Path(Error<'py>),
    Import(Error<'py>),
    Resolve(Error<'py>),
}

/// A callable, and whether its module was executed just now.
pub struct Loaded {
    pub callable: Rc<Callable>,
    pub executed: bool,
}

impl Callables {
    /// The callable of `handler`; imports or reloads its module if need be.
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
            if !loading.autoreload || !callable.has_changed(py, loading.now) {
                return Ok(Loaded { callable, executed: false });
            }
            self.forget(&callable);
        }
        let (module, watched, executed) = import(py, handler, loading).map_err(LoadError::Import)?;
        let target = resolve(py, handler, module).map_err(LoadError::Resolve)?;
        let (key, resolved) = (handler.key().clone(), resolved.map(<[u8]>::to_vec));
        let callable = Rc::new(Callable { key, resolved, target, watched });
        self.known.borrow_mut().entry(handler.key().hash()).or_default().push(Rc::clone(&callable));
        Ok(Loaded { callable, executed })
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
            }
        }
    }
}

impl Callable {
    fn serves(&self, key: &Key, resolved: Option<&[u8]>) -> bool {
        self.key == *key && self.resolved.as_deref() == resolved
    }

    /// Calls it with the request (or the filter, or the connection).
    pub fn call<'py>(&self, py: Attached<'py>, argument: &Object<'py>) -> Result<'py, Object<'py>> {
        match &self.target {
            Target::Object(object) => object.get(py).call(py, &[argument]),
            Target::Path { .. } => self.object(py, argument)?.call(py, &[argument]),
        }
    }

    /// The object itself; classes on the way to it are instantiated with `argument`.
    pub fn object<'py>(&self, py: Attached<'py>, argument: &Object<'py>) -> Result<'py, Object<'py>> {
        match &self.target {
            Target::Object(object) => Ok(object.get(py).clone()),
            Target::Path { module, names } => walk(py, module.get(py), names, argument),
        }
    }

    fn has_changed(&self, py: Attached<'_>, now: Microseconds) -> bool {
        let Some(watched) = self.watched.as_ref().filter(|watched| watched.ration.take(now)) else {
            return false;
        };
        // A file that is gone is no new version: what is loaded goes on serving.
        let file = watched.file.as_path();
        let stamp = py.detach(|| Stamp::of(file));
        stamp.is_some_and(|stamp| stamp != watched.stamp)
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

fn import<'py>(
    py: Attached<'py>,
    handler: &Handler,
    loading: Loading<'_>,
) -> Result<'py, (Object<'py>, Option<Watched>, bool)> {
    let name = to_str(py, Codec::Utf8, &handler.module)?;
    let directory = match loading.directory.filter(|_| loading.path.is_none()) {
        Some(directory) => to_str(py, Codec::Path, directory)?,
        None => Object::none(py),
    };
    let autoreload = Object::bool(py, loading.autoreload);
    let answer = runtime(py)?.call_method(py, c"load", &[&name, &directory, &autoreload])?;
    let part = |index: i64| answer.get_item(py, &Object::int(py, index)?);
    let (module, file, executed) = (part(0)?, part(1)?, part(5)?.truth(py)?);
    if file.is_none() {
        return Ok((module, None, executed));
    }
    let file = crate::python::convert::to_bytes(py, Codec::Path, &file)?;
    let stamp =
        Stamp { mtime: part(2)?.to_int(py)?, nanoseconds: part(3)?.to_int(py)?, size: part(4)?.to_int(py)? };
    let file = PathBuf::from(std::ffi::OsStr::from_bytes(&file));
    Ok((module, Some(Watched { file, stamp, ration: Ration::default() }), executed))
}

fn resolve<'py>(py: Attached<'py>, handler: &Handler, module: Object<'py>) -> Result<'py, Target> {
    let mut names = Vec::new();
    for name in handler.object.split(|&byte| byte == b'.') {
        names.push(to_str(py, Codec::Utf8, name)?);
    }
    let first = module.getattr(py, c"__dict__")?.dict_get(py, &names[0])?;
    let Some(first) = first else {
        return Err(missing(py, handler, &module));
    };
    if names.len() == 1 {
        return Ok(Target::Object(first.store(py)));
    }
    let names = names.into_iter().map(|name| name.store(py)).collect();
    Ok(Target::Path { module: module.store(py), names })
}

/// "contains no": the words that operators of mod_python look for.
fn missing<'py>(py: Attached<'py>, handler: &Handler, module: &Object<'py>) -> Error<'py> {
    let file = module.find_attr(py, c"__file__").ok().flatten().filter(Object::is_str);
    let file = file.and_then(|file| to_message(py, &file).ok());
    let module = file.unwrap_or_else(|| String::from_utf8_lossy(&handler.module).into_owned());
    let object = String::from_utf8_lossy(&handler.object).into_owned();
    Error::new(Kind::Attribute, format!("{module} contains no '{object}'"))
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
