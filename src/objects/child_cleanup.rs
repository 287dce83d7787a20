//! What scripts ask to have called when the child exits. Each interpreter keeps its own:
//! no object crosses to another.

use super::apache::{Apache, state};
use crate::httpd::server::Server;
use crate::python::attach::Attached;
use crate::python::class::{This, Visitor};
use crate::python::convert::{Codec, to_bytes};
use crate::python::error::{Error, Result};
use crate::python::object::{Object, Stored};
use std::cell::RefCell;

/// One callable, what it is called with, and whose log its failure goes to.
pub struct ChildCleanup {
    pub server: Server<'static>,
    pub function: Stored,
    pub data: Stored,
}

/// Those of one interpreter.
#[derive(Default)]
pub struct ChildCleanups(RefCell<Vec<ChildCleanup>>);

impl ChildCleanups {
    /// Takes out the one that was registered last.
    pub fn pop(&self) -> Option<ChildCleanup> {
        self.0.borrow_mut().pop()
    }

    pub fn visit(&self, visitor: &mut Visitor) {
        // The collector may run while one is added; what is missed then is merely not
        // collected this time.
        let Ok(cleanups) = self.0.try_borrow() else { return };
        for cleanup in cleanups.iter() {
            visitor.stored(&cleanup.function);
            visitor.stored(&cleanup.data);
        }
    }
}

fn register<'py>(
    py: Attached<'py>,
    server: Server<'static>,
    function: &Object<'py>,
    data: Option<&Object<'py>>,
) -> Result<'py, Object<'py>> {
    if !function.is_callable() {
        return Err(Error::value_error(format!("a cleanup must be callable, not {}", function.type_name())));
    }
    let data = data.cloned().unwrap_or_else(|| Object::none(py));
    let cleanup = ChildCleanup { server, function: function.clone().store(py), data: data.store(py) };
    state(py).child_cleanups.0.borrow_mut().push(cleanup);
    Ok(Object::none(py))
}

/// `server.register_cleanup(req, callable[, data])`. The request only has to be one, as
/// it always had.
pub fn of_server<'py>(
    this: This<'_, 'py, super::server::ServerObject>,
    arguments: &[Object<'py>],
) -> Result<'py, Object<'py>> {
    let (request, function, data) = match arguments {
        [request, function] => (request, function, None),
        [request, function, data] => (request, function, Some(data)),
        _ => {
            let given = arguments.len();
            return Err(Error::type_error(format!(
                "register_cleanup() takes 2 or 3 arguments ({given} given)"
            )));
        }
    };
    if state(this.py).request.payload(this.py, request).is_none() {
        return Err(Error::value_error(format!(
            "the first argument must be a request, not {}",
            request.type_name()
        )));
    }
    register(this.py, this.server, function, data)
}

/// `_apache.register_cleanup(interpreter, server, callable[, data])`.
pub fn of_module<'py>(
    py: Attached<'py>,
    state: &Apache,
    arguments: &[Object<'py>],
) -> Result<'py, Object<'py>> {
    let (name, server, function, data) = match arguments {
        [name, server, function] => (name, server, function, None),
        [name, server, function, data] => (name, server, function, Some(data)),
        _ => {
            let given = arguments.len();
            return Err(Error::type_error(format!(
                "register_cleanup() takes 3 or 4 arguments ({given} given)"
            )));
        }
    };
    if *to_bytes(py, Codec::Utf8, name)? != *py.interpreter().name() {
        return Err(Error::value_error(
            "a cleanup runs in the interpreter that registers it, so its name must be this one's",
        ));
    }
    let server = state.server.payload(py, server).map(|object| object.server).ok_or_else(|| {
        Error::value_error(format!("the second argument must be a server, not {}", server.type_name()))
    })?;
    register(py, server, function, data)
}
