"""The database that DbmSession keeps its records in, and its lock."""

import contextlib
import dbm
import fcntl
import importlib
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from mod_python._session import dbm_module, places, settings, sqlite
from mod_python._session.places import UnsafeStoreError

_T = TypeVar("_T")

Database = sqlite.Database | dbm_module.Database

# What the modules make of one name.
_SUFFIXES = ("", ".db", ".dat", ".dir", ".pag", ".bak", "-journal", "-wal", "-shm")

_LONGEST_KEY = 1024


def location(path: str | Path) -> Path:
    """Where a database of that name is: in a private directory if its own is open to everybody, such as /tmp.

    There another user could make a file that a database module reads beside the database, such as a
    journal. UnsafeStoreError if the directory can be trusted even less.
    """
    path = Path(path)
    if not places.check_base(path.parent):
        return path
    return places.private_directory(path.parent / "mp_sess") / path.name


class Store:
    """A database, opened for one action at a time; actions of all processes follow one another.

    The lock is not that of any session, and is held for the action only.
    module: a dbm module, or ``dbm`` itself, which means: what the file is, SQLite if it is new.
    """

    def __init__(self, path: Path, module: Any) -> None:
        self._path = path
        self._module = module

    def run(self, action: Callable[[Database], _T]) -> _T:
        """What the action returns. A database that is broken is put aside, and the action done with a new one.

        UnsafeStoreError for files that others may have written; OSError and what the module raises if the
        database cannot be used.
        """
        with self.locked():
            self._check()
            module = self._kind()
            try:
                return self._do(module, action)
            except Exception as error:
                if isinstance(error, UnsafeStoreError) or not _is_broken(module, error):
                    raise
                self._put_aside(error)
            return self._do(self._kind(), action)

    def _do(self, module: Any, action: Callable[[Database], _T]) -> _T:
        database: Database
        if module is sqlite:
            os.close(places.open_own(self._path, os.O_RDWR | os.O_CREAT))
            database = sqlite.Database(str(self._path))
        elif module is None:
            raise _UnknownError("it is no database that this Python knows")
        else:
            database = dbm_module.Database(module, str(self._path))
        with database:
            return action(database)

    def _kind(self) -> Any:
        """The module for the files that are there; None if they are of no kind that is known."""
        if self._module is not dbm:
            return self._module
        with contextlib.suppress(FileNotFoundError), self._path.open("rb") as file:
            start = file.read(len(sqlite.HEADER))
            if start in (b"", sqlite.HEADER):
                return sqlite
        name = dbm.whichdb(str(self._path))
        if name is None:
            return sqlite
        return _imported(name) if name else None

    @contextlib.contextmanager
    def locked(self) -> Iterator[int]:
        """The descriptor of the lock file, locked."""
        descriptor = places.open_own(self._file(".lock"), os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            # Also unlocks for a process that a script has just forked.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)

    def position(self) -> bytes:
        """The key behind which the next clean-up begins; it stands in the lock file."""
        with self.locked() as descriptor:
            return os.read(descriptor, _LONGEST_KEY)

    def remember(self, position: bytes) -> None:
        """Sets what position() returns."""
        with self.locked() as descriptor:
            os.ftruncate(descriptor, 0)
            os.write(descriptor, position[:_LONGEST_KEY])

    def _file(self, suffix: str) -> Path:
        return self._path.with_name(self._path.name + suffix)

    def _files(self) -> list[Path]:
        return [file for suffix in _SUFFIXES if os.path.lexists(file := self._file(suffix))]

    def _check(self) -> None:
        for file in self._files():
            with contextlib.suppress(FileNotFoundError):
                places.check_own(file, file.lstat(), stat.S_ISREG)

    def _put_aside(self, error: Exception) -> None:
        for file in self._files():
            file.replace(f"{file}.broken")
        settings.log(
            f"MPY0924: the database of sessions '{self._path}' is broken ({type(error).__name__}: {error}): it is now "
            f"'{self._path}.broken', and sessions begin anew"
        )


class _UnknownError(Exception):
    pass


def _is_broken(module: Any, error: Exception) -> bool:
    if module is None:
        return True
    return sqlite.is_broken(error) if module is sqlite else dbm_module.is_broken(error)


def _imported(name: str) -> Any:
    return sqlite if name == "dbm.sqlite3" else importlib.import_module(name)
