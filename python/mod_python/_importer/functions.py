"""What scripts call, through ``mod_python.apache``."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from types import FrameType, ModuleType

import _apache

from mod_python._importer import graph, modules, names, statement
from mod_python._importer.loading import load
from mod_python._importer.modules import FileModule, Site, Stamp
from mod_python._importer.reloading import current


def import_module(
    module_name: str, autoreload: object = True, log: object = False, path: Sequence[str] | None = None
) -> ModuleType:
    """Imports a module as a handler directive does, and returns it.

    module_name: a name, or a file: ``/x.py``, ``./x``, ``../x`` (from the importing module's
    directory), ``~/x`` (from the handler root).
    autoreload: execute it anew if its file, or one that it imports from a handler's directory,
    has changed since.
    log: write a notice to the error log when its code is executed.
    path: directories to search first for a name; entries may start with ``~``.
    Raises ImportError, or whatever the module raises.
    """
    importer = _importer_of(sys._getframe(1))
    base = importer.directory if importer is not None else None
    site = importer.site if importer is not None else Site()
    places = [place for entry in path or () if (place := names.directory(entry, base, site)) is not None]
    if importer is not None:
        places += names.directories_of(importer)
    known = names.find(module_name, base, places, site) or names.plain(module_name)
    if known is None:
        return importlib.import_module(module_name)
    executions = known.executions
    module = _use(known, importer) if autoreload else load(known)
    if log and known.executions != executions:
        where = f", path {list(path)!r}" if path else ""
        _apache.log_error(f"MPY0307: module '{module_name}' loaded{where}", _apache.APLOG_NOTICE)
    return module


def _use(known: FileModule, importer: FileModule | None) -> ModuleType:
    return statement.use(known, importer, look=True) if known.tracked else current(known)


def module_mtime(module: ModuleType) -> float:
    """When the module's file was last changed, in seconds since 1970; 0 if unknown."""
    file = getattr(module, "__file__", None)
    stamp = Stamp.of(file) if isinstance(file, str) else None
    return stamp.mtime_ns / 1e9 if stamp is not None else 0


def module_info(label: str) -> FileModule:
    """What is known of the module with this name in ``sys.modules`` (or this file).

    The same object as its ``__mp_info__``. Raises KeyError for a module that was not
    imported from a file.
    """
    known = modules.named(label) or modules.of_file(label)
    if known is None:
        raise KeyError(label)
    return known


def request_modules_graph(verbose: object = False) -> str:
    """The modules that the calling module depends on, as DOT text."""
    importer = _importer_of(sys._getframe(1))
    return graph.dot(importer.family() if importer is not None else [], bool(verbose))


def get_handler_root() -> str | None:
    """What ``~`` stands for in the calling module: the outermost directory that handlers are
    configured for, else the document root. None in a module that was not imported from a file.
    """
    importer = _importer_of(sys._getframe(1))
    return importer.site.root if importer is not None else None


def _importer_of(frame: FrameType) -> FileModule | None:
    importer = frame.f_globals.get("__mp_info__")
    return importer if isinstance(importer, FileModule) else None
