"""The Python half of mod_python.so: what it calls, and what scripts need not."""

import html
import os
import sys
import threading  # imported here, by the thread that made the interpreter  # noqa: F401
from types import ModuleType
from typing import NoReturn

import _apache

from mod_python import _importer, apache

MAIN_INTERPRETER = "main_interpreter"


def prepare(interpreter: str, main_server: _apache.mp_server) -> None:
    """Sets up a new interpreter."""
    sys.argv = ["mod_python"]
    apache.interpreter = interpreter
    apache.main_server = main_server
    if interpreter != MAIN_INTERPRETER:
        _refuse_fork()


def _refuse_fork() -> None:
    """CPython aborts a process that was forked from a sub-interpreter."""

    def fork() -> NoReturn:
        raise RuntimeError(
            "os.fork() is not possible in a sub-interpreter: use subprocess, or 'PythonInterpreter main_interpreter'"
        )

    os.fork = fork
    os.forkpty = fork


def load(name: str, directory: str | None, autoreload: bool) -> tuple[ModuleType, str | None, int, int, int, bool]:
    """Imports a handler's module.

    Returns the module, its file, the file's mtime (seconds and nanoseconds) and size, and
    whether its code was executed just now.
    """
    if directory is not None and directory not in sys.path:
        sys.path.insert(0, directory)
    loaded = _importer.load(name, autoreload, [directory] if directory is not None else None)
    if loaded.stamp is None:
        return loaded.module, None, 0, 0, 0, loaded.executed
    seconds, nanoseconds = divmod(loaded.stamp.mtime_ns, 10**9)
    return loaded.module, loaded.file, seconds, nanoseconds, loaded.stamp.size, loaded.executed


def import_at_start(name: str, function: str | None) -> None:
    """PythonImport: imports the module, then calls the function if one is named."""
    target: object = _importer.load(name, autoreload=False).module
    if function is None:
        return
    for part in function.split("."):
        target = getattr(target, part)
    if not callable(target):
        raise TypeError(f"'{function}' in {name} is not callable")
    target()


def set_path(expression: str) -> None:
    """PythonPath: evaluates the expression and makes it the content of ``sys.path``."""
    value = eval(expression, {**vars(apache), "sys": sys, "os": os})
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise TypeError("PythonPath must be an expression for a list of str")
    sys.path[:] = value


def error_page(heading: str, parts: list[str]) -> str:
    """What PythonDebug shows: the traceback, escaped."""
    escaped = "\n".join(html.escape(part) + "\n" for part in parts)
    return f'\n<pre>\nmod_python error: "{html.escape(heading)}"\n\n{escaped}</pre>\n'
