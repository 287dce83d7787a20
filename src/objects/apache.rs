//! The built-in module `_apache`, and what this module knows in each interpreter.

use super::arguments::none;
use super::callables::Callables;
use super::child_cleanup::{self, ChildCleanups};
use super::client_errors::ClientErrors;
use super::config_tree::config_tree;
use super::connection::ConnectionObject;
use super::cookies;
use super::file_watch::{self, FileWatch};
use super::filter::FilterObject;
use super::finfo::{FinfoObject, stat};
use super::handler_list::HandlerList;
use super::importer::{self, Importer};
use super::include_filter::IncludeFilter;
use super::locks;
use super::log_entry::{LogEntry, read_server};
use super::multipart::{self, MultipartParser};
use super::object_cache;
use super::output;
use super::psp;
use super::query::{parse_qs, parse_qsl};
use super::request::{RequestObject, import_settings, may_see};
use super::server::ServerObject;
use super::server_facts::{exists_config_define, mpm_query, server_root};
use super::table::TableObject;
use super::table_iterator::TableIterator;
use super::turn;
use super::wsgi::{self, Wsgi};
use crate::httpd::auth_provider::ANSWERS;
use crate::httpd::constants::{NUMBERS, TEXTS, UNNAMED_STATUSES};
#[cfg(feature = "fault-points")]
use crate::httpd::fault;
use crate::httpd::log::{self, Target};
use crate::python::attach::Attached;
use crate::python::class::{ClassObject, Visitor};
use crate::python::convert::{Codec, to_str};
use crate::python::error::{Error, Result};
use crate::python::module::{self, Definition, Extension, Function};
use crate::python::object::{Object, Stored};
use crate::python::recycling;

/// The state of `_apache` in one interpreter.
pub struct Apache {
    pub request: ClassObject<RequestObject>,
    pub filter: ClassObject<FilterObject>,
    pub handler_list: ClassObject<HandlerList>,
    pub finfo: ClassObject<FinfoObject>,
    pub include_filter: ClassObject<IncludeFilter>,
    pub table: ClassObject<TableObject>,
    pub table_iterator: ClassObject<TableIterator>,
    pub server_return: Stored,
    pub request_timeout: Stored,
    pub client_errors: ClientErrors,
    pub callables: Callables,
    pub importer: Importer,
    pub connection: ClassObject<ConnectionObject>,
    pub server: ClassObject<ServerObject>,
    pub child_cleanups: ChildCleanups,
    pub file_watch: ClassObject<FileWatch>,
    pub multipart_parser: ClassObject<MultipartParser>,
    pub wsgi: Wsgi,
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
        c"log_error($module, message, level=3, server=None, /)\n--\n\nAn entry in the error log of the main server, or of the one given. message: str, or None for no entry; level: one of APLOG_*, of which 3 is APLOG_ERR.",
    ),
    Function::new(
        c"register_cleanup",
        child_cleanup::of_module,
        c"register_cleanup($module, interpreter, server, callable, data=None, /)\n--\n\nCalls callable(data) when the child exits; a failure goes to the server's log. interpreter: the name of the one that this code runs in. ValueError for any other, for what is no server, and if callable is not callable.",
    ),
    Function::new(
        c"recycle",
        |py, _, arguments| {
            none(arguments)?;
            Ok(Object::bool(py, recycling::replace(py.interpreter())))
        },
        c"recycle($module, /)\n--\n\nHas this interpreter replaced by a fresh one, which is made in the background; this one serves until then, and ends when its last request is done. False if that is under way already, and in main_interpreter, which lives as long as the child.",
    ),
    Function::new(
        c"_is_in_pool",
        |py, _, arguments| {
            none(arguments)?;
            Ok(Object::bool(py, py.interpreter().options().is_pool()))
        },
        c"_is_in_pool($module, /)\n--\n\nWhether this interpreter shares its name, and what is asked of it, with others of this process.",
    ),
    output::PRINT,
    output::FLUSH,
    output::LOG,
    output::LOG_LEVEL,
    cookies::PARSE,
    cookies::SEPARATE,
    cookies::DUMPS,
    cookies::LOADS,
    cookies::LOG_FORGED,
    turn::ONE_AT_A_TIME,
    turn::LOG_OUTPUT_LOST,
    importer::IMPORT,
    importer::FIND_NEIGHBOURS_WITH,
    importer::MODULE_CHANGES,
    importer::NUMBER_THREAD,
    importer::FREEZE_MODULES,
    importer::NOTE_FILE,
    importer::LOG_FILE_GONE,
    importer::LOG_HOOK_FAILED,
    file_watch::WATCH,
    psp::TRANSLATE,
    psp::HANDLER_ROOT,
    psp::LOG_CACHE_REFUSED,
    psp::LOG_FILE_REFUSED,
    import_settings::IMPORT_SETTINGS,
    may_see::MAY_SEE,
    multipart::PARSE_HEADER,
    multipart::LOG_FORM_REFUSED,
    Function::new(c"config_tree", |py, _, arguments| config_tree(py, arguments), c"config_tree($module, /)\n--\n\nhttpd's configuration (ap_conftree), copied: a list with a (directive, arguments) tuple for each directive, in file order. The tuple of a container, whose name begins with '<' and whose arguments end with '>', is followed by a list of what it contains, if anything. Directives that httpd executes while it reads, such as LoadModule, and .htaccess files are not in it."),
    Function::new(c"server_root", |py, _, arguments| server_root(py, arguments), c"server_root($module, /)\n--\n\nThe directory that ServerRoot names, as str."),
    Function::new(c"mpm_query", |py, _, arguments| mpm_query(py, arguments), c"mpm_query($module, code, /)\n--\n\nWhat the MPM says to one of AP_MPMQ_* (ap_mpm_query), as int; 0 to a code that it does not know. TypeError if code is no int."),
    Function::new(c"exists_config_define", |py, _, arguments| exists_config_define(py, arguments), c"exists_config_define($module, name, /)\n--\n\nWhether httpd was started with -D name, or Define defines it."),
    Function::new(c"stat", |py, _, arguments| stat(py, arguments), c"stat($module, fname, wanted, /)\n--\n\nWhat APR knows about a file, as mp_finfo; wanted is a mask of APR_FINFO_*, and APR_FINFO_LINK asks about a link itself. The filetype is APR_NOFILE if there is no such file; OSError if it cannot be known."),
    Function::new(c"parse_qs", |py, _, arguments| parse_qs(py, arguments), c"parse_qs($module, query, keep_blank_values=0, strict_parsing=0, /)\n--\n\nThe fields of a query string or form body, as a dict of lists. Of str, str: decoded as UTF-8, with surrogates for bytes that are not (PEP 383). Of bytes, bytes. Both & and ; separate. strict_parsing says nothing. TypeError for a str beyond ISO-8859-1."),
    Function::new(c"parse_qsl", |py, _, arguments| parse_qsl(py, arguments), c"parse_qsl($module, query, keep_blank_values=0, strict_parsing=0, /)\n--\n\nAs parse_qs(), but a list of (name, value) tuples in order."),
    Function::new(c"_global_lock", |py, _, arguments| locks::lock(py, arguments), c"_global_lock($module, server, key, index=-1, /)\n--\n\nTakes a lock that holds among all processes of the server; waits for it. The key chooses the lock, and several keys may share one; an index of 0 or more chooses it instead of the key. Not recursive. ValueError if there is no such lock."),
    Function::new(c"_global_trylock", |py, _, arguments| locks::try_lock(py, arguments), c"_global_trylock($module, server, key, index=-1, /)\n--\n\nAs _global_lock(), but does not wait: True if the lock was taken, False if it is held."),
    Function::new(c"_global_unlock", |py, _, arguments| locks::unlock(py, arguments), c"_global_unlock($module, server, key, index=-1, /)\n--\n\nReleases a lock that this process has taken, on whichever thread. ValueError if it holds no such lock."),
    object_cache::PROVIDER,
    object_cache::RETRIEVE,
    object_cache::STORE,
    object_cache::REMOVE,
    object_cache::REPLACE,
    Function::new(c"_lock_file", |py, _, arguments| locks::file(py, arguments), c"_lock_file($module, server, /)\n--\n\nThe name of a file that belongs to the server: each of its processes may open it, others may not, and it stays as long as the server does. Byte ranges of it can be locked (fcntl F_OFD_SETLKW); it must not be changed. ValueError without locks."),
    Function::new(c"_wsgi_handler", |py, _, arguments| wsgi::handler(py, arguments), c"_wsgi_handler($module, req, /)\n--\n\nServes a request by the WSGI application (PEP 3333) that PythonOption mod_python.wsgi.application names: the handler of mod_python.wsgi. DECLINED, and a warning in the log, if there is none."),
    #[cfg(feature = "fault-points")]
    Function::new(
        c"_fault",
        |py, _, _| {
            fault::now("_fault");
            Ok(Object::none(py))
        },
        c"_fault($module, /)\n--\n\nPanics; test builds only.",
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
        let request_timeout = module::new_base_exception(
            py,
            c"mod_python.apache.RequestTimeout",
            c"Raised in a handler whose request takes longer than PythonRequestTimeout allows.\n\nA BaseException, so that ``except Exception`` lets it pass. Uncaught, the answer is 504.",
        )?;
        let apache = Apache {
            request: ClassObject::build(py, module)?,
            filter: ClassObject::build(py, module)?,
            handler_list: ClassObject::build(py, module)?,
            finfo: ClassObject::build(py, module)?,
            include_filter: ClassObject::build(py, module)?,
            table: ClassObject::build(py, module)?,
            table_iterator: ClassObject::build(py, module)?,
            server_return: server_return.clone().store(py),
            request_timeout: request_timeout.clone().store(py),
            client_errors: ClientErrors::build(py, module)?,
            callables: Callables::default(),
            importer: Importer::new(py)?,
            connection: ClassObject::build(py, module)?,
            server: ClassObject::build(py, module)?,
            child_cleanups: ChildCleanups::default(),
            file_watch: ClassObject::build(py, module)?,
            multipart_parser: ClassObject::build(py, module)?,
            wsgi: Wsgi::build(py, module)?,
        };
        module.setattr(py, c"SERVER_RETURN", &server_return)?;
        module.setattr(py, c"RequestTimeout", &request_timeout)?;
        module.setattr(py, c"table", apache.table.as_stored().get(py))?;
        module.setattr(py, c"mp_finfo", apache.finfo.as_stored().get(py))?;
        module.setattr(py, c"mp_request", apache.request.as_stored().get(py))?;
        module.setattr(py, c"mp_hlist", apache.handler_list.as_stored().get(py))?;
        module.setattr(py, c"mp_conn", apache.connection.as_stored().get(py))?;
        module.setattr(py, c"mp_server", apache.server.as_stored().get(py))?;
        module.setattr(py, c"mp_filter", apache.filter.as_stored().get(py))?;
        module.setattr(py, c"multipart_parser", apache.multipart_parser.as_stored().get(py))?;
        for (name, value) in NUMBERS.iter().chain(UNNAMED_STATUSES).chain(ANSWERS) {
            module::add(py, module, name, &Object::int(py, *value)?)?;
        }
        for (name, value) in TEXTS {
            module::add(py, module, name, &to_str(py, Codec::Utf8, value)?)?;
        }
        Ok(apache)
    }

    fn visit(&self, visitor: &mut Visitor) {
        visitor.stored(self.request.as_stored());
        visitor.stored(self.filter.as_stored());
        visitor.stored(self.handler_list.as_stored());
        visitor.stored(self.finfo.as_stored());
        visitor.stored(self.include_filter.as_stored());
        visitor.stored(self.table.as_stored());
        visitor.stored(self.table_iterator.as_stored());
        visitor.stored(&self.server_return);
        visitor.stored(&self.request_timeout);
        self.client_errors.visit(visitor);
        self.callables.visit(visitor);
        self.importer.visit(visitor);
        visitor.stored(self.connection.as_stored());
        visitor.stored(self.server.as_stored());
        self.child_cleanups.visit(visitor);
        visitor.stored(self.file_watch.as_stored());
        visitor.stored(self.multipart_parser.as_stored());
        self.wsgi.visit(visitor);
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
