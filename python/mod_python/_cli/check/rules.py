"""What `mod_python check` looks for: one row for each finding, all of them in docs/command-line.md."""

from __future__ import annotations

from dataclasses import dataclass

from mod_python._cli.check import finders, options
from mod_python._cli.check.finders import Finder

# It does not work; it is dangerous, or does nothing; it could be better.
ERROR, WARNING, NOTE = "error", "warning", "note"


@dataclass(frozen=True)
class Rule:
    """name: stable, never used for anything else. explanation: what is wrong. remedy: what to do."""

    name: str
    severity: str
    explanation: str
    remedy: str
    find: Finder


RULES = (
    Rule(
        "unknown-directive",
        ERROR,
        "mod_python has no such directive, and httpd does not start",
        "correct the name, or remove the line",
        finders.unknown_directives,
    ),
    Rule(
        "quoted-handler",
        ERROR,
        "quotes are part of a handler's name, so its module will not be found",
        "remove the quotes",
        finders.quoted_handlers,
    ),
    Rule(
        "wsgi-without-application",
        ERROR,
        "mod_python.wsgi is not told which application to run",
        "add PythonOption mod_python.wsgi.application module::object",
        finders.wsgi_without_application,
    ),
    Rule(
        "handler-never-asked",
        WARNING,
        "no request is given to mod_python here, so this handler does not run",
        "add SetHandler mod_python, or AddHandler mod_python with an extension, to the section",
        finders.handlers_never_asked,
    ),
    Rule(
        "unknown-option",
        WARNING,
        "nothing reads an option of this name",
        "correct the name; names of your own must not begin with mod_python.",
        finders.unknown_options,
    ),
    Rule(
        "retired-option",
        WARNING,
        "nothing reads this option any more",
        "replace it, or leave it out",
        finders.retired_options,
    ),
    Rule(
        "misplaced-option",
        WARNING,
        "this option counts in the main server only, and does nothing in a section",
        "write it outside of all sections",
        finders.misplaced_options,
    ),
    Rule(
        "ineffective-interpreter",
        WARNING,
        "PythonInterpreter names the interpreter already, and comes first",
        "keep one of the two",
        finders.interpreters_named_and_derived,
    ),
    Rule(
        "path-without-sys-path",
        WARNING,
        "this PythonPath takes the place of sys.path, Python's own library included",
        "add to it: PythonPath \"['/srv/lib'] + sys.path\"",
        finders.paths_without_sys_path,
    ),
    Rule(
        "debug-on",
        WARNING,
        "PythonDebug On shows tracebacks, with lines of source, to every client",
        "leave it out in production; the error log has all tracebacks",
        finders.switched_on("PythonDebug"),
    ),
    Rule(
        "pdb-on",
        WARNING,
        "PythonEnablePdb On stops each request in a debugger, where httpd has a terminal",
        "use it with httpd -X on a machine of your own, and leave it out elsewhere",
        finders.switched_on("PythonEnablePdb"),
    ),
    Rule(
        "interpreter-per-directory",
        WARNING,
        "PythonInterpPerDirectory makes an interpreter for each directory that clients ask for; each costs memory",
        "name interpreters with PythonInterpreter, or use PythonInterpPerDirective",
        finders.switched_on("PythonInterpPerDirectory"),
    ),
    Rule(
        "open-session-folder",
        WARNING,
        "sessions are kept in a folder where every user of the machine may make files",
        "use a folder of httpd's user alone, such as /var/lib/mod_python/sessions with mode 0700",
        finders.open_folder(options.SESSION_FILES),
    ),
    Rule(
        "open-psp-cache",
        WARNING,
        "compiled pages are kept, as code to run, in a folder where every user of the machine may make files",
        "use a folder of httpd's user alone, with mode 0700",
        finders.open_folder(options.PSP_CACHES),
    ),
    Rule(
        "open-mutex-folder",
        WARNING,
        "lock files are in a folder where every user of the machine may make files, and hold the server up",
        "leave it out: DefaultRuntimeDir is used",
        finders.open_folder(options.LOCK_FILES),
    ),
    Rule(
        "weak-cookies",
        WARNING,
        "mod_python 3.5's signatures of cookies are taken, which are MD5's, with nothing between name and value",
        "switch it off when the cookies of 3.5 have expired",
        finders.weak_cookies,
    ),
    Rule(
        "readable-source",
        WARNING,
        "the publisher answers other extensions here than .py, so the source of its modules is sent to who asks for it",
        "use SetHandler mod_python, or AddHandler mod_python .py",
        finders.unpublished_source,
    ),
    Rule(
        "testhandler",
        WARNING,
        "mod_python.testhandler shows the server's configuration",
        "remove it when you have seen what you wanted",
        finders.handlers_of("mod_python.testhandler"),
    ),
    Rule(
        "two-pythons",
        WARNING,
        "mod_wsgi and mod_python each start a Python in the same process, which ends in crashes",
        "run the application with mod_python.wsgi, or in another httpd",
        finders.wsgi_modules,
    ),
    Rule(
        "published-pyc",
        NOTE,
        "compiled files need no handler: the publisher looks for .py, and this gives each module one more URL",
        "remove the extension",
        finders.published_pyc,
    ),
    Rule(
        "listed-folder",
        NOTE,
        "Options Indexes shows the names of all files in folders without an index, those of modules too",
        "add Options -Indexes",
        finders.listed_folders,
    ),
    Rule(
        "old-option-name",
        NOTE,
        "this is a name from before mod_python 3.3; it still works",
        "write the new name",
        finders.old_options,
    ),
    Rule(
        "auto-reload-on",
        NOTE,
        "PythonAutoReload looks at the modules' files while serving, and runs a half-written one",
        "PythonAutoReload Off in production, and a graceful restart after each change",
        finders.switched_on("PythonAutoReload"),
    ),
)
