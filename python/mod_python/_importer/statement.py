"""``import x`` and ``from x import y`` in a module that was imported from a file.

`_apache.__import__` asks here, for such modules only; for all others it does what
Python's own function does.
"""

from __future__ import annotations

import builtins
import sys
from types import ModuleType

import _apache

from mod_python._importer import modules, names
from mod_python._importer.loading import is_executing, load
from mod_python._importer.modules import FileModule
from mod_python._importer.reloading import current
from mod_python._importer.tracebacks import outside


def install() -> None:
    _apache._find_neighbours_with(find)
    builtins.__import__ = _apache.__import__


def find(name: str, importer: FileModule) -> ModuleType | None:
    """The module in the neighbour's file; None: plain Python's business."""
    known = importer.bindings.get(name)
    if known is None:
        if name in importer.elsewhere:
            return None
        known = _look_up(name, importer)
        if known is None:
            # Not before it was imported once: a file may still be put there.
            if name.partition(".")[0] in sys.modules:
                importer.elsewhere.add(name)
            return None
        importer.bindings[name] = known
    try:
        return use(known, importer)
    except BaseException as error:
        # `_apache.__import__` takes away this frame.
        raise error.with_traceback(outside(error.__traceback__))  # noqa: B904  (it is the same exception)


def use(known: FileModule, importer: FileModule | None, look: bool = False) -> ModuleType:
    """The module, for an importer that depends on it from now on.

    look: whether its file has changed, also where the importer is known to depend on it, and
    it was looked at when the request began.
    """
    is_new = importer is None or importer.depend_on(known)
    if is_executing():
        # What the importer depended on before it was executed anew is worked off already.
        if known.failure is not None:
            error, traceback = known.failure
            raise error.with_traceback(traceback)
        return current(known) if is_new else load(known)
    return current(known) if is_new or look or known.failure is not None else load(known)


def _look_up(name: str, importer: FileModule) -> FileModule | None:
    # A handler's directory never hid what Python had already loaded of its own library.
    if name in sys.stdlib_module_names and name in sys.modules and modules.named(name) is None:
        return None
    # A module that imports its own name means another.
    file = names.search(name, names.directories_of(importer), besides=importer.file)
    return modules.register(file, name, importer.site, tracked=True) if file is not None else None
