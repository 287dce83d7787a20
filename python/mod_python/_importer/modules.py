"""What is known of each file that a module was imported from."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import itertools
import os
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, TracebackType

import _apache


@dataclass(frozen=True)
class Stamp:
    """What tells one version of a file from another."""

    mtime_ns: int
    size: int

    @classmethod
    def of(cls, file: str) -> Stamp | None:
        try:
            status = Path(file).stat()
        except (OSError, ValueError):
            return None
        return cls(status.st_mtime_ns, status.st_size)


@dataclass(frozen=True)
class Site:
    """What a handler's configuration says about imports; its modules inherit it."""

    root: str | None = None
    """What ``~`` stands for: the handler root."""
    path: tuple[str, ...] = ()
    """The option ``mod_python.importer.path``."""


class FileModule:
    """A module that was imported from a file; scripts see it as ``__mp_info__``."""

    def __init__(self, file: str, name: str, site: Site, tracked: bool) -> None:
        self.file = file
        self.name = name
        """Its key in ``sys.modules``."""
        self.site = site
        self.tracked = tracked
        """False: plain Python imported it, and what it imports is Python's business."""
        self.is_page = False
        """Each execution has a new module: what is no longer in its file must not be published."""
        self.body: ModuleType | None = None
        """What its code was executed in; set once that has run to the end."""
        self.module: ModuleType | None = None
        """What importers get: the same, or what the code has put into ``sys.modules``."""
        self.children: dict[str, FileModule] = {}
        """By file: what it imported from files."""
        self.former_children: dict[str, FileModule] = {}
        """The same before the execution under way."""
        self.bindings: dict[str, FileModule] = {}
        """What names in its import statements stand for, once looked up."""
        self.elsewhere: set[str] = set()
        """Names in its import statements that are no neighbours."""
        self.seen: Stamp | None = None
        """The version of the file that was noticed last."""
        self.is_gone = False
        self.change = 0
        """The number of the last change of the file; 0 before the first."""
        self.covers = -1
        """The last change, of this file or those that it depends on, that its code knows."""
        self.failure: tuple[BaseException, TracebackType | None] | None = None
        """What its code raised when it was executed anew."""
        self.executions = 0
        self.lock = threading.Lock()
        """Held while its code is executed anew."""

    def __repr__(self) -> str:
        return f"<module info: {self.name} from {self.file}>"

    @property
    def label(self) -> str:
        """The name in ``sys.modules``."""
        return self.name

    @property
    def cache(self) -> FileModule:
        """mod_python 3.3 kept `mtime` and `generation` in an object of its own."""
        return self

    @property
    def mtime(self) -> float:
        """When the file was last changed, as far as noticed: seconds since 1970; 0 if unknown."""
        return self.seen.mtime_ns / 1e9 if self.seen is not None else 0

    @property
    def generation(self) -> int:
        """How often the code was executed."""
        return self.executions

    @property
    def directory(self) -> str:
        return str(Path(self.file).parent)

    @property
    def is_loaded(self) -> bool:
        return self.module is not None and self.name in sys.modules

    def depend_on(self, child: FileModule) -> bool:
        """Remembers an import; False if it was known before the module was last executed."""
        if child is self or child.file in self.children:
            return False
        # A new dict: other threads may be walking the old one.
        self.children = {**self.children, child.file: child}
        _apache._module_changes(1)
        return child.file not in self.former_children

    def family(self) -> list[FileModule]:
        """This module and all that it depends on, each once, children before parents
        as far as cycles allow."""
        found: list[FileModule] = []
        begun: set[str] = set()

        def visit(known: FileModule) -> None:
            if known.file in begun:
                return
            begun.add(known.file)
            for child in known.children.values():
                visit(child)
            found.append(known)

        visit(self)
        return found

    def last_change(self) -> int:
        return max(known.change for known in self.family())

    def notice(self) -> None:
        """Looks whether the file has changed."""
        stamp = Stamp.of(self.file)
        with _noticing:
            if stamp is None:
                vanished, self.is_gone = not self.is_gone, True
            else:
                vanished = self.is_gone = False
                if self.seen is not None and stamp != self.seen:
                    self.change = next(_changes)
                self.seen = stamp
        if vanished:
            _apache._log_file_gone(f"{self.file} is gone; what was loaded of it goes on serving")

    def mark(self, module: ModuleType) -> None:
        """What the module's own code may read, and what import statements know it by."""
        if self.tracked:
            vars(module).update(__mp_info__=self)
            vars(module).setdefault("__mp_path__", [])

    def finish(self, body: ModuleType, covers: int) -> None:
        """Its code has run to the end, and is right up to that change."""
        self.body, self.covers, self.failure = body, covers, None
        if self.seen is not None:
            vars(body).update(__mtime__=self.mtime, __mtime_check__=time.time())
        self.module = sys.modules.get(self.name, body)


_changes = itertools.count(1)
_noticing = threading.Lock()
_files: dict[str, FileModule] = {}
_names: dict[str, FileModule] = {}
_registering = threading.Lock()


def of_file(file: str) -> FileModule | None:
    return _files.get(file)


def named(name: str) -> FileModule | None:
    return _names.get(name)


def everything() -> list[FileModule]:
    return list(_files.values())


def register(file: str, wanted: str, site: Site, tracked: bool) -> FileModule:
    """The entry of a file; a new one takes the name `wanted` in ``sys.modules`` if it may."""
    known = _files.get(file)
    if known is None:
        # What plain Python imports keeps its name, be it dotted.
        is_free = not tracked or _is_free(wanted, file)
        with _registering:
            known = _files.get(file)
            if known is None:
                name = wanted if is_free and wanted not in _names else _own_name(wanted, file)
                known = _files[file] = _names[name] = FileModule(file, name, site, tracked)
                adopt(known)
    if known.site.root is None:
        # Others than handlers may have asked first.
        known.site = site
    if tracked and not known.tracked:
        known.tracked = True
        if known.body is not None:
            known.mark(known.body)
    return known


def _is_free(name: str, file: str) -> bool:
    """Whether ``import name`` in any other module would mean this file, or nothing at all.

    So what Python itself or a library imports is never a handler's module by accident.
    """
    present = sys.modules.get(name)
    if present is not None:
        return getattr(present, "__file__", None) == file
    if "." in name:
        return False
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return False
    return spec is None or spec.origin == file


def _own_name(name: str, file: str) -> str:
    # A dot would make it a module of a package, for pickle and importlib.reload.
    place = os.fspath(Path(file).parent).replace("%", "%25").replace(".", "%2E")
    return f"{name.replace('.', '%2E')}@{place}"


def adopt(known: FileModule) -> None:
    """Takes over what plain Python has imported from the file."""
    present = sys.modules.get(known.name)
    if present is not None and not is_initializing(present):
        known.seen = Stamp.of(known.file)
        known.executions += 1
        known.mark(present)
        known.finish(present, known.change)


def is_initializing(module: ModuleType | None) -> bool:
    """Whether importlib is in the middle of the module's first import."""
    return bool(getattr(getattr(module, "__spec__", None), "_initializing", False))


def source_file(spec: importlib.machinery.ModuleSpec | None) -> str | None:
    """The file that a spec names, if it is Python source."""
    if spec is None or not spec.has_location or not isinstance(spec.loader, importlib.machinery.SourceFileLoader):
        return None
    return spec.origin
