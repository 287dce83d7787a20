"""Where compiled pages are kept on disk: beside the page, and in a database.

Whoever can write to these could have httpd execute any code. So neither is used where others
than httpd's user, the page's owner and root may write to it.
"""

from __future__ import annotations

import contextlib
import dbm
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import _apache

from mod_python._psp import files

_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
# What the kinds of dbm append to the name.
_SUFFIXES = ("", ".db", ".dat", ".dir", ".pag", ".bak", "-wal", "-shm", "-journal")

_told: set[str] = set()


def beside(file: str) -> bytes | None:
    """What is in the page's precompiled file, `page.psc` for `page.psp`; None if there is none."""
    path = file[:-1] + "c"
    if path == file:
        return None
    try:
        data, status = files.read(path, follow_link=False)
        owner = Path(file).stat().st_uid
    except (OSError, ValueError):
        return None
    if status.st_uid not in (owner, 0) or status.st_mode & _WRITABLE_BY_OTHERS:
        message = f"{path} is not used: only the owner of {file} and root may own it and write to it"
        _tell_once(path, lambda: _apache._log_psp_file_refused(message))
        return None
    return data


def _tell_once(path: str, tell: Callable[[], None]) -> None:
    if path not in _told:
        _told.add(path)
        tell()


def fetch(server: Any, database: str, file: str, mtime: float) -> bytes | None:
    """What the database has for the page of that time; None also if the database cannot be
    used, which is logged once."""
    with _opened(server, database) as entries:
        entry: bytes = entries.get(os.fsencode(file), b"") if entries is not None else b""
    prefix = _prefix(mtime)
    return entry.removeprefix(prefix) if entry.startswith(prefix) else None


def keep(server: Any, database: str, file: str, mtime: float, data: bytes) -> None:
    """Puts it into the database; a database that cannot be used is logged once."""
    with _opened(server, database) as entries:
        if entries is not None:
            entries[os.fsencode(file)] = _prefix(mtime) + data


def _prefix(mtime: float) -> bytes:
    return b"%d " % int(mtime)


@contextlib.contextmanager
def _opened(server: Any, database: str) -> Iterator[Any]:
    """The database, locked among all processes of the server; None if it cannot be used."""
    path = files.below(_apache.server_root(), database)
    entered = False
    try:
        # Lock 0, which no key chooses: the lock of a session may be held.
        with _locked(server):
            _require_own(path)
            with dbm.open(path, "c", 0o600) as entries:
                entered = True
                yield entries
    except (OSError, ValueError, KeyError, *dbm.error) as error:
        reason = f"{type(error).__name__}: {error}"
        _tell_once(
            path,
            lambda: _apache._log_psp_cache_refused(f"mod_python.psp.cache_database_filename {path}: {reason}"),
        )
        if not entered:
            yield None


@contextlib.contextmanager
def _locked(server: Any) -> Iterator[None]:
    _apache._global_lock(server, None, 0)
    try:
        yield
    finally:
        _apache._global_unlock(server, None, 0)


def _require_own(path: str) -> None:
    """Raises PermissionError if others may write to the database, or put another one in its place."""
    own = os.geteuid()
    directory = Path(path).parent
    status = directory.stat()
    if status.st_uid not in (own, 0) or status.st_mode & _WRITABLE_BY_OTHERS:
        raise PermissionError(f"others than httpd's user may write to {directory}")
    for suffix in _SUFFIXES:
        try:
            status = Path(path + suffix).lstat()
        except FileNotFoundError:
            continue
        if not stat.S_ISREG(status.st_mode) or status.st_uid != own or status.st_mode & _WRITABLE_BY_OTHERS:
            raise PermissionError(f"{path}{suffix} is not a file that only httpd's user may write to")
