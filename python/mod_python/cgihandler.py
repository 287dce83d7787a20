"""A handler that runs scripts which were written for CGI (RFC 3875): ``PythonHandler mod_python.cgihandler``."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import tempfile
from collections.abc import Iterator
from types import ModuleType
from typing import IO, Any

import _apache

from mod_python._cgihandler import imports, scripts, surroundings
from mod_python._cgihandler.scripts import Script

# Of a body, in bytes; the rest is in a temporary file.
_IN_MEMORY = 64 * 1024


def handler(req: Any) -> int:
    """Runs the script that the request names, with the surroundings of a CGI program.

    One script at a time in a process: its working directory, and what it imports, are not its own. 404 if
    there is no such script; what the script raises, unless that is SystemExit with 0 or None, is raised.
    """
    script = scripts.of(req)
    if script is None:
        raise _apache.SERVER_RETURN(_apache.HTTP_NOT_FOUND)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as body:
        # Before the script's turn, so that no client can make other scripts wait for it to send.
        while part := req.read(_IN_MEMORY):
            body.write(part)
        body.seek(0)
        _apache._one_at_a_time(functools.partial(_run, req, script, body))
    return _apache.OK


def _run(req: Any, script: Script, body: IO[bytes]) -> None:
    with (
        surroundings.of(req, body) as stdout,
        _working_directory(script.directory),
        imports.beside(script.directory),
    ):
        _execute(script)
    if stdout.lost:
        _apache._log_output_lost(f"{script.file} printed no empty line after its headers: nothing of it is sent")


def _execute(script: Script) -> None:
    module = ModuleType(script.name)
    module.__file__ = str(script.file)
    # pickle and dataclasses look for it there. A script named like a library must not take its place.
    is_free = script.name not in sys.modules and script.name not in sys.stdlib_module_names
    if is_free:
        sys.modules[script.name] = module
    try:
        exec(script.code, vars(module))
    except SystemExit as exit:
        if exit.code not in (None, 0):
            raise
    finally:
        if is_free:
            sys.modules.pop(script.name, None)


@contextlib.contextmanager
def _working_directory(directory: str) -> Iterator[None]:
    try:
        before = os.getcwd()  # noqa: PTH109  (a Path takes three times as long)
    except OSError:
        # It was removed; a daemon's is the root otherwise.
        before = "/"
    os.chdir(directory)
    try:
        yield
    finally:
        os.chdir(before)
