"""The first import of a module from its file.

importlib does it, under the module's name: it knows how threads wait for one another
without a deadlock, and what modules see that import each other.
"""

from __future__ import annotations

import builtins
import contextlib
import importlib.machinery
import importlib.util
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType

from mod_python._importer import modules
from mod_python._importer.modules import FileModule, Stamp, is_initializing

_plain_import = builtins.__import__


class _Executing(threading.local):
    depth = 0


_executing = _Executing()


def is_executing() -> bool:
    """Whether this thread is executing a module from its file."""
    return _executing.depth > 0


class Loader(importlib.machinery.SourceFileLoader):
    """Executes a module, and takes down what it imports meanwhile."""

    known: FileModule

    @classmethod
    def of(cls, known: FileModule) -> Loader:
        loader = cls(known.name, known.file)
        loader.known = known
        return loader

    def get_code(self, fullname: str) -> CodeType | None:
        if self.known.executions == 0:
            return super().get_code(fullname)
        # A .pyc is matched by whole seconds and size, so it may still be that of an edit
        # within the same second.
        with contextlib.suppress(OSError, NotImplementedError):
            Path(importlib.util.cache_from_source(self.path)).unlink()
        return self.source_to_code(self.get_data(self.path), self.path)

    def exec_module(self, module: ModuleType) -> None:
        known = self.known
        # Noticed first: an edit during the execution must not go unnoticed.
        known.notice()
        covers = known.last_change()
        known.mark(module)
        known.former_children, known.children = known.children, {}
        known.bindings, known.elsewhere = {}, set()
        _executing.depth += 1
        try:
            super().exec_module(module)
        except BaseException:
            known.children = {**known.former_children, **known.children}
            raise
        finally:
            known.former_children = {}
            known.executions += 1
            _executing.depth -= 1
        known.finish(module, covers)


class _Finder:
    """Finds the modules that are known here by their name in ``sys.modules``."""

    @classmethod
    def find_spec(
        cls, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        known = modules.named(name)
        if known is None or not known.tracked:
            return None
        return importlib.util.spec_from_file_location(name, known.file, loader=Loader.of(known))


def install() -> None:
    sys.meta_path.insert(0, _Finder)


def load(known: FileModule) -> ModuleType:
    """The module; its code is executed if that has not happened yet.

    While another thread executes it for the first time, waits; while this thread does,
    returns it half done, as Python does with modules that import each other.
    """
    present = sys.modules.get(known.name)
    if known.module is not None and present is not None:
        # While it is executed anew, a half done successor may stand there.
        return known.module if known.lock.locked() else present
    if known.tracked:
        # The function, since it takes importlib's frames out of tracebacks.
        _plain_import(known.name)
        if known.module is None:
            # Plain Python was about to import it when it became known here.
            modules.adopt(known)
    else:
        seen = Stamp.of(known.file)
        importlib.import_module(known.name)
        with _finishing:
            if known.module is not sys.modules[known.name]:
                known.seen = seen
                known.executions += 1
                known.finish(sys.modules[known.name], known.change)
    return sys.modules[known.name]


_finishing = threading.Lock()


def settle(known: FileModule) -> None:
    """Waits until no other thread is in the middle of the first import of any dependency.

    Modules that import each other are handed out half done by importlib, rather than that
    two threads wait for one another. A handler is not to see them so.
    """
    for module in known.family():
        if module.tracked and is_initializing(sys.modules.get(module.name)):
            # What it raises concerns those that need it.
            with contextlib.suppress(Exception):
                _plain_import(module.name)
