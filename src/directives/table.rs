//! The directives, a row for each; those of the phases come from `settings::phases`.
//! `docs/directives.md` has a section for each.

use super::{filters, handlers, interpreters, options, providers, startup, values};
use crate::httpd::directive::{Arguments, Commands, Contexts, Directive, Rows};
use crate::objects::slots::Slots;
use crate::settings::filters::Direction;
use crate::settings::phases::{Row, Stands, with_phases};
use crate::settings::section::Setting;
use std::ffi::CStr;

use Arguments::{Flag, Many, One, OneOrTwo, Raw, Two};
use Contexts::{All, MainServer, Sections, Server};

macro_rules! handler_directives {
    ($($name:ident {
        directive: $directive:literal, object: $object:literal, does: $does:literal,
        stands: $stands:ident, $($rest:tt)*
    })*) => {
        static HANDLER_DIRECTIVES: &[Directive<Slots>] = &[$(Directive {
            name: c_string(concat!($directive, "\0")),
            arguments: Raw,
            contexts: match Stands::$stands {
                Stands::Server => Server,
                Stands::Everywhere => All,
            },
            help: c_string(concat!("module[::object] ... [ | .ext ...]: ", $does, " (default: none)\0")),
            set: |command, words| handlers::add(command, Row::$name.phase(), words),
        }),*];
    };
}

with_phases!(handler_directives);

const fn c_string(text: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(text.as_bytes()) {
        Ok(text) => text,
        Err(_) => c"",
    }
}

static DIRECTIVES: &[Directive<Slots>] = &[
    Directive {
        name: c"PythonHandlerModule",
        arguments: Raw,
        contexts: All,
        help: c"module ... [ | .ext ...]: modules whose functions serve every phase that they have one for (default: none)",
        set: handlers::add_module,
    },
    Directive {
        name: c"PythonConnectionHandler",
        arguments: Raw,
        contexts: Server,
        help: c"module[::object] ...: a handler that serves whole connections (default: none)",
        set: handlers::add_connection,
    },
    Directive {
        name: c"PythonInputFilter",
        arguments: OneOrTwo,
        contexts: Sections,
        help: c"module[::object] [name]: a filter for request bodies, to be placed by SetInputFilter and its like (default: none)",
        set: |command, words| filters::add(command, Direction::Input, words),
    },
    Directive {
        name: c"PythonOutputFilter",
        arguments: OneOrTwo,
        contexts: Sections,
        help: c"module[::object] [name]: a filter for answers, to be placed by SetOutputFilter and its like (default: none)",
        set: |command, words| filters::add(command, Direction::Output, words),
    },
    Directive {
        name: c"PythonInterpreter",
        arguments: One,
        contexts: All,
        help: c"the name of the interpreter that handlers run in (default: the ServerName)",
        set: |command, words| values::set(command, Setting::Interpreter, words),
    },
    Directive {
        name: c"PythonInterpPerDirectory",
        arguments: Flag,
        contexts: All,
        help: c"On: an interpreter for each directory of files (default: Off)",
        set: |command, words| values::set(command, Setting::InterpPerDirectory, words),
    },
    Directive {
        name: c"PythonInterpPerDirective",
        arguments: Flag,
        contexts: All,
        help: c"On: an interpreter for each directory that a handler is configured in (default: Off)",
        set: |command, words| values::set(command, Setting::InterpPerDirective, words),
    },
    Directive {
        name: c"PythonInterpreterOptions",
        arguments: Many,
        contexts: Server,
        help: c"name|* key=value ...: how interpreters are made and how long they live (default: as long as the child)",
        set: interpreters::options,
    },
    Directive {
        name: c"PythonMaxInterpreters",
        arguments: One,
        contexts: MainServer,
        help: c"how many interpreters a child may have (default: 256)",
        set: interpreters::max,
    },
    Directive {
        name: c"PythonShutdownTimeout",
        arguments: One,
        contexts: MainServer,
        help: c"seconds that clean-ups, threads and atexit callbacks have when a child exits (default: 5)",
        set: startup::shutdown_timeout,
    },
    Directive {
        name: c"PythonRequestTimeout",
        arguments: One,
        contexts: All,
        help: c"seconds that the handlers of a request have; then apache.RequestTimeout is raised in them (default: 0, no limit)",
        set: values::set_timeout,
    },
    Directive {
        name: c"PythonInterruptTimeout",
        arguments: One,
        contexts: MainServer,
        help: c"seconds after which a child is replaced in which a handler does not end after its timeout (default: 15)",
        set: startup::interrupt_timeout,
    },
    Directive {
        name: c"PythonPath",
        arguments: One,
        contexts: All,
        help: c"a Python expression that becomes sys.path (default: sys.path as it is)",
        set: |command, words| values::set(command, Setting::Path, words),
    },
    Directive {
        name: c"PythonDebug",
        arguments: Flag,
        contexts: All,
        help: c"On: show tracebacks to the client (default: Off)",
        set: |command, words| values::set(command, Setting::Debug, words),
    },
    Directive {
        name: c"PythonEnablePdb",
        arguments: Flag,
        contexts: All,
        help: c"On: run handlers under pdb, if httpd was started with -X (default: Off)",
        set: |command, words| values::set(command, Setting::EnablePdb, words),
    },
    Directive {
        name: c"PythonAutoReload",
        arguments: Flag,
        contexts: All,
        help: c"Off: do not look whether handler files have changed (default: On)",
        set: |command, words| values::set(command, Setting::AutoReload, words),
    },
    Directive {
        name: c"PythonReload",
        arguments: One,
        contexts: Sections,
        help: c"module|interpreter: what a changed file has replaced (default: module)",
        set: values::reload,
    },
    Directive {
        name: c"PythonOption",
        arguments: OneOrTwo,
        contexts: All,
        help: c"key [value]: a value for handlers; without a value, removes the key (default: none)",
        set: options::set,
    },
    Directive {
        name: c"PythonAuthnProvider",
        arguments: One,
        contexts: All,
        help: c"module::object: what 'AuthBasicProvider python' and 'AuthDigestProvider python' ask (default: none)",
        set: providers::authn,
    },
    Directive {
        name: c"PythonAuthzProvider",
        arguments: Two,
        contexts: Server,
        help: c"name module::object: what 'Require python-name' asks further down (default: none)",
        set: providers::authz,
    },
    Directive {
        name: c"PythonImport",
        arguments: Two,
        contexts: Server,
        help: c"module[::function] interpreter: import when a child starts (default: none)",
        set: startup::import,
    },
    Directive {
        name: c"PythonOptimize",
        arguments: Flag,
        contexts: Server,
        help: c"On: compile as python3 -OO does (default: Off)",
        set: startup::optimize,
    },
    Directive {
        name: c"PythonHome",
        arguments: One,
        contexts: MainServer,
        help: c"a virtual environment or prefix of the Python built for (default: that Python's own)",
        set: startup::home,
    },
    Directive {
        name: c"PythonSessionCache",
        arguments: One,
        contexts: MainServer,
        help: c"provider[:arguments]: the shared object cache that CacheSession keeps sessions in, as in SSLSessionCache (default: none)",
        set: startup::session_cache,
    },
];

const GROUPS: [&[Directive<Slots>]; 2] = [HANDLER_DIRECTIVES, DIRECTIVES];

static ROWS: Rows<{ Rows::<0>::count(GROUPS) }> = Rows::new(GROUPS);

/// For the module record.
pub static COMMANDS: Commands = ROWS.commands();
