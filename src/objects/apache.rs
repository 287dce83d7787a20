//! The built-in module `_apache`, and what this module knows in each interpreter.

use super::callables::Callables;
use super::child_cleanup::{self, ChildCleanups};
use super::connection::ConnectionObject;
use super::handler_list::HandlerList;
use super::log_entry::{LogEntry, read_server};
use super::request::RequestObject;
use super::server::ServerObject;
use super::table::TableObject;
use super::table_iterator::TableIterator;
#[cfg(feature = "fault-points")]
use crate::httpd::fault;
use crate::httpd::log::{self, Target};
use crate::httpd::status::{CONNECTION_CONSTANTS, CONSTANTS, UNNAMED_STATUSES};
use crate::python::attach::Attached;
use crate::python::class::{ClassObject, Visitor};
use crate::python::error::{Error, Result};
use crate::python::module::{self, Definition, Extension, Function};
use crate::python::object::{Object, Stored};

/// The state of `_apache` in one interpreter.
pub struct Apache {
    pub request: ClassObject<RequestObject>,
    pub handler_list: ClassObject<HandlerList>,
    pub table: ClassObject<TableObject>,
    pub table_iterator: ClassObject<TableIterator>,
    pub server_return: Stored,
    pub callables: Callables,
    pub connection: ClassObject<ConnectionObject>,
    pub server: ClassObject<ServerObject>,
    pub child_cleanups: ChildCleanups,
}

pub static DEFINITION: Definition = Definition::new::<Apache>(
    c"_apache",
    c"What mod_python provides from inside httpd; use it through mod_python.apache.",
    FUNCTIONS,
);

static FUNCTIONS: &[Function<Apache>] = &[
    Function::new(
        c"log_error",
        |py, _, arguments| log_error(py, arguments),
        c"log_error(message[, level=APLOG_ERR[, server=None]])\n\nAn entry in the error log of the main server, or of the one given.",
    ),
    Function::new(
        c"register_cleanup",
        child_cleanup::of_module,
        c"register_cleanup(interpreter, server, callable[, data=None])\n\nCalls callable(data) when the child exits; a failure goes to the server's log. interpreter: the name of the one that this code runs in. ValueError for any other, for what is no server, and if callable is not callable.",
    ),
    #[cfg(feature = "fault-points")]
    Function::new(
        c"_fault",
        |py, _, _| {
            fault::now("_fault");
            Ok(Object::none(py))
        },
        c"Panics; test builds only.",
    ),
    Function::END,
];

impl Extension for Apache {
    fn definition() -> &'static Definition {
        &DEFINITION
    }

    fn exec<'py>(py: Attached<'py>, module: &Object<'py>) -> Result<'py, Self> {
        let server_return = module::new_exception(
            py,
            c"_apache.SERVER_RETURN",
            c"Raised by a handler to end at once: SERVER_RETURN(result[, status]).",
        )?;
        let apache = Apache {
            request: ClassObject::build(py, module)?,
            handler_list: ClassObject::build(py, module)?,
            table: ClassObject::build(py, module)?,
            table_iterator: ClassObject::build(py, module)?,
            server_return: server_return.clone().store(py),
            callables: Callables::default(),
            connection: ClassObject::build(py, module)?,
            server: ClassObject::build(py, module)?,
            child_cleanups: ChildCleanups::default(),
        };
        module.setattr(py, c"SERVER_RETURN", &server_return)?;
        module.setattr(py, c"table", apache.table.as_stored().get(py))?;
        module.setattr(py, c"mp_request", apache.request.as_stored().get(py))?;
        module.setattr(py, c"mp_conn", apache.connection.as_stored().get(py))?;
        module.setattr(py, c"mp_server", apache.server.as_stored().get(py))?;
        for (name, value) in CONSTANTS.iter().chain(UNNAMED_STATUSES).chain(CONNECTION_CONSTANTS) {
            module::add_int(py, module, name, *value)?;
        }
        Ok(apache)
    }

    fn visit(&self, visitor: &mut Visitor) {
        visitor.stored(self.request.as_stored());
        visitor.stored(self.handler_list.as_stored());
        visitor.stored(self.table.as_stored());
        visitor.stored(self.table_iterator.as_stored());
        visitor.stored(&self.server_return);
        self.callables.visit(visitor);
        visitor.stored(self.connection.as_stored());
        visitor.stored(self.server.as_stored());
        self.child_cleanups.visit(visitor);
    }
}

fn log_error<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let (arguments, target) = match arguments {
        [_] | [_, _] => (arguments, None),
        [entry @ .., server] if entry.len() == 2 => (entry, read_server(py, server)?),
        _ => {
            let given = arguments.len();
            return Err(Error::type_error(format!("log_error() takes 1 to 3 arguments ({given} given)")));
        }
    };
    let target = target.unwrap_or(Target::Process);
    if let Some(entry) = LogEntry::read(py, arguments)? {
        py.detach(move || log::script(target, entry.level, entry.message.as_bytes()));
    }
    Ok(Object::none(py))
}

/// The state of `_apache` in the interpreter attached to.
pub fn state(py: Attached<'_>) -> &Apache {
    py.interpreter().extension(py).expect("bootstrap imports _apache before anything else runs")
}
