//! The directives, a row for each. `docs/directives.md` has a section for each.

use super::{handlers, options, startup, values};
use crate::httpd::directive::{Arguments, Commands, Contexts, Directive, Rows};
use crate::objects::slots::Slots;
use crate::phases::table::Row;
use crate::settings::section::Setting;

use Arguments::{Flag, One, OneOrTwo, Raw, Two};
use Contexts::{All, MainServer, Server};

static DIRECTIVES: &[Directive<Slots>] = &[
    Directive {
        name: c"PythonHandler",
        arguments: Raw,
        contexts: All,
        help: c"module[::object] ... [ | .ext ...]: Python handlers that answer requests (default: none)",
        set: |command, words| handlers::add(command, Row::Handler, words),
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
        name: c"PythonAutoReload",
        arguments: Flag,
        contexts: All,
        help: c"Off: do not look whether handler files have changed (default: On)",
        set: |command, words| values::set(command, Setting::AutoReload, words),
    },
    Directive {
        name: c"PythonOption",
        arguments: OneOrTwo,
        contexts: All,
        help: c"key [value]: a value for handlers; without a value, removes the key (default: none)",
        set: options::set,
    },
    Directive {
        name: c"PythonImport",
        arguments: Two,
        contexts: Server,
        help: c"module[::function] interpreter: import when a child starts (default: none)",
        set: startup::import,
    },
    Directive {
        name: c"PythonHome",
        arguments: One,
        contexts: MainServer,
        help: c"a virtual environment or prefix of the Python built for (default: that Python's own)",
        set: startup::home,
    },
];

static ROWS: Rows<11> = Rows::new(DIRECTIVES);

/// For the module record.
pub static COMMANDS: Commands = ROWS.commands();
