"""The Python half of mod_python.so: what it calls, and what scripts need not."""

import functools
import html
import importlib
import importlib.machinery
import importlib.util
import os
import sys
import threading  # imported here, by the thread that made the interpreter
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any, NoReturn

import _apache

from mod_python import _output, _programs, apache
from mod_python._importer import loading, names, reloading, statement
from mod_python._importer.modules import FileModule, Site
from mod_python._importer.tracebacks import outside

MAIN_INTERPRETER = "main_interpreter"


# Of PythonInterpreterOptions: path, warnings, switch-interval and optimize.
Options = tuple[list[str], list[str], float | None, int | None]


def prepare(
    interpreter: str,
    index: int,
    main_server: _apache.mp_server,
    options: Options,
    environment: list[tuple[bytes, bytes]],
    notes_files: bool,
) -> None:
    """Sets up a new interpreter.

    environment: the variables of the child, without what scripts of other interpreters have set.
    notes_files: whether the files of its modules may be watched (PythonReload interpreter).
    """
    sys.argv = ["mod_python"]
    _apply(options)
    apache.interpreter = interpreter
    apache.interpreter_index = index
    apache.main_server = main_server
    _output.install()
    _programs.install()
    if interpreter == MAIN_INTERPRETER:
        _output.report_crashes()
        _programs.install_in_forks()
    else:
        _begin_with(environment)
        _refuse_fork()
        if sys.version_info < (3, 13):
            _number_threads()
    if notes_files:
        from mod_python._importer import noting

        noting.install()
    loading.install()
    statement.install()


def _apply(options: Options) -> None:
    path, filters, switch_interval, optimize = options
    sys.path[:0] = path
    if filters:
        sys.warnoptions += filters
        # What ``python3 -W`` goes through.
        warnings._processoptions(filters)  # type: ignore[attr-defined]
    if switch_interval is not None:
        sys.setswitchinterval(switch_interval)
    if optimize is not None:
        _compile_modules_with(optimize)


def _compile_modules_with(level: int) -> None:
    """Modules are compiled, and their ``.pyc`` named, as by ``python3 -O``; ``sys.flags`` is the process's."""
    loader: Any = importlib.machinery.SourceFileLoader
    loader.source_to_code.__kwdefaults__["_optimize"] = level
    cache_from_source: Any = importlib.util.cache_from_source
    cache_from_source.__kwdefaults__["optimization"] = level or ""


def _begin_with(environment: list[tuple[bytes, bytes]]) -> None:
    """Not through ``os.environ`` itself, which would take away variables of the process."""
    environ: Any = os.environ
    environ._data.clear()
    environ._data.update(environment)


def _refuse_fork() -> None:
    """CPython aborts a process that was forked from a sub-interpreter."""

    def fork() -> NoReturn:
        raise RuntimeError(
            "os.fork() is not possible in a sub-interpreter: use subprocess, or 'PythonInterpreter main_interpreter'"
        )

    os.fork = fork
    os.forkpty = fork


def _number_threads() -> None:
    """Threads that scripts start are told apart from those of other interpreters, as httpd's are
    (src/python/numbering.rs)."""
    threads: Any = threading
    start_new_thread = threads._start_new_thread

    def run(function: Callable[..., object], *arguments: object, **named: object) -> None:
        _apache._number_thread()
        function(*arguments, **named)

    def start(function: Callable[..., object], arguments: tuple[object, ...], *named: dict[str, object]) -> int:
        number: int = start_new_thread(run, (function, *arguments), *named)
        return number

    threads._start_new_thread = start


def end_threads() -> None:
    """Waits for the threads that are not daemons, as plain Python does before it finalises."""
    threads: Any = threading
    # Else it waits for the thread that imported ``threading``, which ends with the child.
    threads.main_thread()._ident = threading.get_ident()
    threads._shutdown()
    # CPython calls it once more when it ends the interpreter, which fails on 3.12.
    threads._shutdown = lambda: None


# The module, whether its code was executed just now, the number of changes among modules
# before the files were listed, and the files to watch: file, mtime (seconds and
# nanoseconds) and size of each, in one list; size -1 for a file that is gone.
Loaded = tuple[ModuleType, bool, int, list[str | int]]


def load(
    name: str, directory: str | None, search: bool, autoreload: bool, root: str | None, path: str | None
) -> Loaded:
    """Imports a handler's module, and executes it anew if anything has changed.

    directory: that of the directive, what ``./`` means.
    search: whether names are looked for there too, and it joins ``sys.path``.
    root, path: the handler root, and the option mod_python.importer.path.
    """
    site = Site(root, _import_path(path) if path is not None else ())
    places = [place for entry in site.path if (place := names.directory(entry, directory, site)) is not None]
    if search and directory is not None:
        if directory not in sys.path:
            sys.path.insert(0, directory)
        places.insert(0, directory)
    known = names.find(name, directory, places, site) or names.plain(name)
    if known is None:
        is_new = name not in sys.modules
        return importlib.import_module(name), is_new, _apache._module_changes(0), []
    executions = known.executions
    try:
        module = reloading.current(known, autoreload)
    except BaseException as error:
        beyond_this = error.__traceback__.tb_next if error.__traceback__ is not None else None
        raise error.with_traceback(outside(beyond_this))  # noqa: B904  (it is the same exception)
    # Read before the files: what changes in between must show.
    changes = _apache._module_changes(0)
    return module, known.executions != executions, changes, _watched(known)


def _watched(known: FileModule) -> list[str | int]:
    watched: list[str | int] = []
    for module in known.family():
        stamp = None if module.is_gone else module.seen
        if stamp is None:
            watched += [module.file, 0, 0, -1]
        else:
            watched += [module.file, *divmod(stamp.mtime_ns, 10**9), stamp.size]
    return watched


@functools.cache
def _import_path(expression: str) -> tuple[str, ...]:
    """The option mod_python.importer.path: an expression for a list, as PythonPath is."""
    return tuple(_list_of_str("mod_python.importer.path", expression))


def import_at_start(name: str, function: str | None) -> None:
    """PythonImport: imports the module, then calls the function if one is named."""
    known = names.plain(name)
    target: object = loading.load(known) if known is not None else importlib.import_module(name)
    if function is None:
        return
    for part in function.split("."):
        target = getattr(target, part)
    if not callable(target):
        raise TypeError(f"'{function}' in {name} is not callable")
    target()


_evaluated: set[str] = set()
_evaluating = threading.RLock()


def set_path(expression: str) -> None:
    """PythonPath: evaluates the expression and makes it the content of ``sys.path``, once."""
    with _evaluating:
        if expression not in _evaluated:
            sys.path[:] = _list_of_str("PythonPath", expression)
            _evaluated.add(expression)


def _list_of_str(what: str, expression: str) -> list[str]:
    value = eval(expression, {**vars(apache), "sys": sys, "os": os})
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise TypeError(f"{what} must be an expression for a list of str")
    return list(value)


def error_page(heading: str, parts: list[str]) -> str:
    """What PythonDebug shows: the traceback, escaped."""
    escaped = "\n".join(html.escape(part) + "\n" for part in parts)
    return f'\n<pre>\nmod_python error: "{html.escape(heading)}"\n\n{escaped}</pre>\n'


def debug(handler: Callable[[object], object], argument: object) -> object:
    """PythonEnablePdb: calls the handler under pdb, on the terminal that httpd was started from."""
    import pdb

    # sys.stdout writes to the error log.
    with open(0, closefd=False) as stdin, open(1, "w", closefd=False) as stdout:
        return pdb.Pdb(stdin=stdin, stdout=stdout).runcall(handler, argument)
