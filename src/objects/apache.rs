//! The built-in module `_apache`, and what this module knows in each interpreter.

use super::callables::Callables;
use super::filter::FilterObject;
use super::handler_list::HandlerList;
use super::log_entry::LogEntry;
use super::request::RequestObject;
use super::table::TableObject;
use super::table_iterator::TableIterator;
#[cfg(feature = "fault-points")]
use crate::httpd::fault;
use crate::httpd::log::{self, Target};
use crate::httpd::status::{CONSTANTS, UNNAMED_STATUSES};
use crate::python::attach::Attached;
use crate::python::class::{ClassObject, Visitor};
use crate::python::error::Result;
use crate::python::module::{self, Definition, Extension, Function};
use crate::python::object::{Object, Stored};

/// The state of `_apache` in one interpreter.
pub struct Apache {
    pub request: ClassObject<RequestObject>,
    pub filter: ClassObject<FilterObject>,
    pub handler_list: ClassObject<HandlerList>,
    pub table: ClassObject<TableObject>,
    pub table_iterator: ClassObject<TableIterator>,
    pub server_return: Stored,
    pub callables: Callables,
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
        c"log_error(message[, level=APLOG_ERR])\n\nAn entry in the main server's error log.",
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
            filter: ClassObject::build(py, module)?,
            handler_list: ClassObject::build(py, module)?,
            table: ClassObject::build(py, module)?,
            table_iterator: ClassObject::build(py, module)?,
            server_return: server_return.clone().store(py),
            callables: Callables::default(),
        };
        module.setattr(py, c"SERVER_RETURN", &server_return)?;
        module.setattr(py, c"table", apache.table.as_stored().get(py))?;
        module.setattr(py, c"mp_request", apache.request.as_stored().get(py))?;
        for (name, value) in CONSTANTS.iter().chain(UNNAMED_STATUSES) {
            module::add_int(py, module, name, *value)?;
        }
        Ok(apache)
    }

    fn visit(&self, visitor: &mut Visitor) {
        visitor.stored(self.request.as_stored());
        visitor.stored(self.filter.as_stored());
        visitor.stored(self.handler_list.as_stored());
        visitor.stored(self.table.as_stored());
        visitor.stored(self.table_iterator.as_stored());
        visitor.stored(&self.server_return);
        self.callables.visit(visitor);
    }
}

fn log_error<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    if let Some(entry) = LogEntry::read(py, arguments)? {
        py.detach(|| log::script(Target::Process, entry.level, entry.message.as_bytes()));
    }
    Ok(Object::none(py))
}

/// The state of `_apache` in the interpreter attached to.
pub fn state(py: Attached<'_>) -> &Apache {
    py.interpreter().extension(py).expect("bootstrap imports _apache before anything else runs")
}
