"""From a request to a script."""

from __future__ import annotations

import importlib.machinery
import os
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

_SUFFIXES = (*importlib.machinery.SOURCE_SUFFIXES, *importlib.machinery.BYTECODE_SUFFIXES)


@dataclass(frozen=True)
class Script:
    """A script as it was read.

    name: that of its module, and of its file without the extension. changed: when, in nanoseconds since 1970.
    """

    file: Path
    directory: str
    name: str
    changed: int
    size: int
    code: CodeType

    def is_current(self) -> bool:
        try:
            stat = self.file.stat()
        except OSError:
            return False
        return (stat.st_mtime_ns, stat.st_size) == (self.changed, self.size)


# By file without extension: clients choose extensions.
_scripts: dict[str, Script] = {}


def of(req: Any) -> Script | None:
    """The script that SCRIPT_FILENAME names, if a directive has set it, or else the request's file.

    The name's extension does not count, as for ``imp.find_module()``: ``hello.cgi`` and ``hello`` are
    ``hello.py``, or ``hello.pyc`` if that is all there is. None if there is neither; no other file is ever
    executed. Compiled once for each change: OSError, SyntaxError, or ImportError for a malformed .pyc.
    """
    wanted = _wanted(req)
    directory, _, base = wanted.rpartition("/")
    name = base.rpartition(".")[0] or base
    if not name:
        return None
    stem = f"{directory}/{name}"
    script = _scripts.get(stem)
    if script is None or not script.is_current():
        script = _read(directory, name)
        if script is None:
            _scripts.pop(stem, None)
        else:
            _scripts[stem] = script
    return script


def _wanted(req: Any) -> str:
    named = req.subprocess_env.get("script_filename")
    file = os.fsdecode(named.encode("latin-1")) if named else None
    # A sub-request inherits the variable from the request around it, where it may be that one's own file.
    if file is None or (req.main is not None and file == req.main.filename):
        file = req.filename
    return file or ""


def _read(directory: str, name: str) -> Script | None:
    for suffix in _SUFFIXES:
        file = Path(f"{directory}/{name}{suffix}")
        if file.is_file():
            stat = file.stat()
            return Script(file, directory, name, stat.st_mtime_ns, stat.st_size, _code(name, str(file)))
    return None


def _code(name: str, file: str) -> CodeType:
    if file.endswith(tuple(importlib.machinery.SOURCE_SUFFIXES)):
        # Not get_code(): a .pyc in the cache is matched by whole seconds.
        loader = importlib.machinery.SourceFileLoader(name, file)
        return loader.source_to_code(loader.get_data(file), file)
    code = importlib.machinery.SourcelessFileLoader(name, file).get_code(name)
    assert code is not None, "an ImportError otherwise"
    return code
