"""Importing handler modules, and executing them anew when their file has changed."""

import contextlib
import importlib
import importlib.machinery
import importlib.util
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType


@dataclass(frozen=True)
class Stamp:
    """What tells one version of a file from another."""

    mtime_ns: int
    size: int

    @classmethod
    def of(cls, file: str) -> "Stamp | None":
        try:
            status = Path(file).stat()
        except OSError:
            return None
        return cls(status.st_mtime_ns, status.st_size)


@dataclass
class Loaded:
    """A module that was imported here."""

    module: ModuleType
    file: str | None
    stamp: Stamp | None
    """None after a reload that failed: the next import tries again."""
    executed: bool = False
    """Whether the last call executed the module's code."""


# By the module's file, or by its name where it has none: two directories may each have
# a module of the same name.
_loaded: dict[str, Loaded] = {}
_locks: dict[str, threading.RLock] = {}
_locks_guard = threading.Lock()


def load(name: str, autoreload: bool, path: list[str] | None = None) -> Loaded:
    """Imports the module, or executes it anew if its file has changed.

    path: directories to search first. A module found there is the one in that file, even
    if another directory has one of the same name.

    Threads that ask for the same module wait for one another, so a module is executed
    once for each change. Raises whatever the module raises.
    """
    spec = _find(name, path)
    file = _source_file(spec)
    key = file or name
    with _lock(key):
        known = _loaded.get(key)
        if known is None or sys.modules.get(known.module.__name__) is not known.module:
            known = _loaded[key] = _import(name, spec, file)
            return known
        known.executed = False
        if autoreload and known.file is not None:
            _refresh(known)
        return known


def _lock(key: str) -> threading.RLock:
    with _locks_guard:
        return _locks.setdefault(key, threading.RLock())


def _import(name: str, spec: importlib.machinery.ModuleSpec | None, file: str | None) -> Loaded:
    # The stamp is taken first: an edit during the import must not go unnoticed.
    stamp = Stamp.of(file) if file is not None else None
    present = sys.modules.get(name)
    if present is not None and file is not None and not _is_file_of(present, file):
        # The name is taken by another directory's module.
        module, executed = _execute_apart(name, file), True
    else:
        module, executed = importlib.import_module(name), present is None
    _mark(module, stamp)
    return Loaded(module, file, stamp, executed)


def _is_file_of(module: ModuleType, file: str) -> bool:
    return getattr(module, "__file__", None) == file


def _execute_apart(name: str, file: str) -> ModuleType:
    """Executes the file as a module that does not get in the way of its namesake."""
    name = f"{name}@{file}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None, "a file that ends in .py has a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _find(name: str, path: list[str] | None) -> importlib.machinery.ModuleSpec | None:
    _forget_listings([*(path or []), *sys.path])
    # A submodule is found through its package, wherever that is.
    if path is not None and "." not in name:
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None:
            return spec
    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError):
        # import_module is about to raise the proper error.
        return None


def _forget_listings(path: list[str]) -> None:
    """A file that has just been put into a directory is to be found.

    ``importlib.invalidate_caches`` would do that for all of Python, and raises KeyError
    when two threads call it at once.
    """
    for directory in path:
        finder = sys.path_importer_cache.get(directory)
        if isinstance(finder, importlib.machinery.FileFinder):
            finder.invalidate_caches()


def _source_file(spec: importlib.machinery.ModuleSpec | None) -> str | None:
    if spec is None or not spec.has_location or not isinstance(spec.loader, importlib.machinery.SourceFileLoader):
        return None
    return spec.origin


def _refresh(known: Loaded) -> None:
    assert known.file is not None
    stamp = Stamp.of(known.file)
    # A file that is gone is no new version: what is loaded goes on serving.
    if stamp is None or stamp == known.stamp:
        return
    known.stamp = None
    _execute_again(known.module, known.file)
    known.stamp = stamp
    known.executed = True
    _mark(known.module, stamp)


def _execute_again(module: ModuleType, file: str) -> None:
    """Executes the file in the module that is there, as ``importlib.reload`` does.

    Compiled from the source: a .pyc is matched by whole seconds and size, so it may
    still be that of an edit within the same second.
    """
    loader = importlib.machinery.SourceFileLoader(module.__name__, file)
    code = loader.source_to_code(loader.get_data(file), file)
    with contextlib.suppress(OSError, NotImplementedError):
        Path(importlib.util.cache_from_source(file)).unlink()
    exec(code, module.__dict__)


def _mark(module: ModuleType, stamp: Stamp | None) -> None:
    # Names that scripts of mod_python read.
    if stamp is not None:
        vars(module).update(__mtime__=stamp.mtime_ns / 1e9)


def import_module(
    module_name: str, autoreload: bool = True, log: bool = False, path: list[str] | None = None
) -> ModuleType:
    """Imports a module as a handler directive does, and returns it.

    autoreload: execute it anew if its file has changed since.
    log: write a notice to the error log when its code is executed.
    path: directories to search before ``sys.path``.
    Raises ImportError, or whatever the module raises.
    """
    loaded = load(module_name, bool(autoreload), path)
    if log and loaded.executed:
        import _apache

        _apache.log_error(f"MPY0307: module '{module_name}' loaded", _apache.APLOG_NOTICE)
    return loaded.module


def module_mtime(module: ModuleType) -> float:
    """When the module's file was last changed, in seconds since 1970; 0 if unknown."""
    file = getattr(module, "__file__", None)
    if not isinstance(file, str):
        return 0
    stamp = Stamp.of(file)
    return stamp.mtime_ns / 1e9 if stamp is not None else 0
