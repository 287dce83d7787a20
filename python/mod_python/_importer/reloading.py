"""Executing anew what has changed, once, before the next request.

Changes are numbered, and each module knows up to which number its code is right, for
its own file and all that it depends on. So a change is worked off once however many
threads find it, modules that import each other come to rest, and what failed is tried
again.

Nobody waits for a module's lock while executing a module, or inside an import, but takes
the module as it is if another thread is at it. So who holds such a lock waits for none but
importlib's, which know how to avoid a deadlock.
"""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from collections.abc import Iterator
from types import ModuleType

import _apache

from mod_python._importer.loading import Loader, is_executing, load, settle
from mod_python._importer.modules import FileModule
from mod_python._importer.tracebacks import outside

# An execution may bring new dependencies, which may have changed too.
_ROUNDS = 8

_frozen = False


def freeze_modules() -> None:
    """Stops looking for changes, in this interpreter and for good."""
    global _frozen
    _frozen = True
    _apache._freeze_modules()


def current(known: FileModule, look: bool = True) -> ModuleType:
    """The module, imported if need be; with `look`, with all changes worked off."""
    if look and not known.is_loaded:
        # What an attempt that failed has brought in may have changed since.
        refresh(known)
    load(known)
    if not is_executing():
        settle(known)
    if look:
        refresh(known)
    return load(known)


def refresh(root: FileModule) -> None:
    """Executes anew what has changed of the module and of what it depends on.

    Raises what the module's own code raises. What a dependency raises is raised by the
    import statement that asks for it.
    """
    for _ in range(0 if _frozen else _ROUNDS):
        if not _refresh_once(root):
            break
    if root.failure is not None:
        error, traceback = root.failure
        raise error.with_traceback(traceback)


def _refresh_once(root: FileModule) -> bool:
    """Whether any code was executed to its end, so that there may be more to do."""
    family = root.family()
    for known in family:
        known.notice()
    # Before any is executed: a change that is noticed later is not covered.
    newest = max(known.change for known in family)
    behind = [(known, known.last_change()) for known in family if known.is_loaded and known.covers < newest]
    worked = [_bring_to(known, level) for known, level in behind if known.covers < level]
    return any(worked)


def _bring_to(known: FileModule, level: int) -> bool:
    with _turn(known) as granted:
        if not granted or known.covers >= level:
            return False
        try:
            _execute_again(known)
        except BaseException as error:
            known.failure = error, outside(error.__traceback__)
        else:
            known.covers = max(known.covers, level)
        _apache._module_changes(1)
        return known.failure is None


@contextlib.contextmanager
def _turn(known: FileModule) -> Iterator[bool]:
    """Takes the module's lock; False if that would mean to wait where nobody may."""
    granted = known.lock.acquire(blocking=False)
    if not granted and not is_executing() and not _is_importing():
        granted = known.lock.acquire()
    try:
        yield granted
    finally:
        if granted:
            known.lock.release()


def _is_importing() -> bool:
    frame = sys._getframe()
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back  # type: ignore[assignment]
    return frame is not None


def _execute_again(known: FileModule) -> None:
    """In the module that is there, as ``importlib.reload`` does; or in a new one, where the
    module has hooks that see to its state."""
    old = known.body
    assert old is not None, "only what is loaded is refreshed"
    module = _successor(known, old)
    if module is None:
        Loader.of(known).exec_module(old)
        return
    sys.modules[known.name] = module
    try:
        Loader.of(known).exec_module(module)
    except BaseException:
        sys.modules[known.name] = old
        raise


def _successor(known: FileModule, old: ModuleType) -> ModuleType | None:
    clone, purge = vars(old).get("__mp_clone__"), vars(old).get("__mp_purge__")
    if not known.tracked or (clone is None and purge is None and not known.is_page):
        return None
    if clone is not None:
        module = _new_module(known)
        try:
            clone(module)
        except Exception as error:
            _report(known, "__mp_clone__", error)
        else:
            return module
    if purge is not None:
        try:
            purge()
        except Exception as error:
            _report(known, "__mp_purge__", error)
    return _new_module(known)


def _new_module(known: FileModule) -> ModuleType:
    spec = importlib.util.spec_from_file_location(known.name, known.file, loader=Loader.of(known))
    assert spec is not None, "a loader was given"
    module = importlib.util.module_from_spec(spec)
    known.mark(module)
    return module


def _report(known: FileModule, hook: str, error: Exception) -> None:
    _apache._log_hook_failed(f"{hook} of {known.file} raised {type(error).__name__}: {error}; a fresh module is made")
