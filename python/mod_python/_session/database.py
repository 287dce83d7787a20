"""DbmSession: all sessions in one database."""

import dbm
import time
from functools import partial
from pathlib import Path
from typing import Any

import _apache

from mod_python._session import settings
from mod_python._session.base import BaseSession, Record, has_expired
from mod_python._session.records import Format, peek
from mod_python._session.settings import Options, constant
from mod_python._session.store import Database, Store, location

_FILE = "mp_sess.dbm"

# So that others get the database between two slices of a clean-up, in seconds.
_PAUSE = 0.001


class DbmSession(BaseSession):
    """A session in a database, for all processes that see its file.

    dbm: the path of the database; None means what the options say. dbmtype: the module that keeps it, with an
    ``open(path, flag, mode)``; Python's ``dbm`` means: what the file is, SQLite if it is new. The
    other arguments are those of BaseSession, in another order.
    """

    def __init__(
        self,
        req: _apache.mp_request,
        dbm: str | None = None,
        sid: str | bytes | int | None = 0,
        secret: str | bytes | None = None,
        dbmtype: Any = dbm,
        timeout: float = 0,
        lock: object = 1,
    ) -> None:
        options = req.get_options()
        self._format = Format(options)
        self._dbmfile = location(dbm or _path(options))
        self._store = Store(self._dbmfile, dbmtype)
        limit = ("mod_python.dbm_session.cleanup_time_limit",)
        self._limit = settings.number(options, limit, constant("DFT_CLEANUP_TIME_LIMIT"))
        super().__init__(req, sid=sid, secret=secret, lock=lock, timeout=timeout)

    def do_load(self) -> Record | None:
        key = self.id().encode("ascii")
        data = self._store.run(lambda database: database.get(key))
        return None if data is None else self._format.unpack(self.id(), data)

    def do_save(self, dict: Record) -> None:
        key, data = self.id().encode("ascii"), self._format.pack(self.id(), dict)
        self._store.run(lambda database: database.set(key, data))

    def do_delete(self) -> None:
        key = self.id().encode("ascii")
        self._store.run(lambda database: database.delete(key))

    def do_cleanup(self) -> None:
        self._req.register_cleanup(dbm_cleanup, (self._store, self._limit))


def _path(options: Options) -> str | Path:
    path = settings.text(options, "mod_python.dbm_session.database_filename", "session_dbm")
    directory = settings.base_directory(options, "mod_python.dbm_session.database_directory")
    return path or directory / _FILE


def dbm_cleanup(data: tuple[Store, float]) -> None:
    """Removes expired sessions from a database, for a limited time, in slices. Run after a request."""
    store, limit = data
    begun = time.monotonic()
    position: bytes | None = store.position()
    total = expired = 0
    while position is not None and not (limit and time.monotonic() - begun > limit):
        position, looked_at, removed = store.run(partial(_clean, position))
        total += looked_at
        expired += removed
        time.sleep(_PAUSE)
    store.remember(position or b"")
    how_far = "all were looked at" if position is None else "the next clean-up goes on from there"
    settings.log(
        f"MPY0921: {expired} of {total} sessions in the database had expired, {time.monotonic() - begun:.3f} seconds; "
        + how_far,
        _apache.APLOG_NOTICE,
    )


def _clean(begin: bytes, database: Database) -> tuple[bytes | None, int, int]:
    """One slice: its last key, or None at the end, how many were looked at, and how many removed."""
    last: bytes | None = None
    looked_at = removed = 0
    for last, data in database.following(begin, database.slice):
        looked_at += 1
        record = peek(data)
        if record is None or has_expired(record):
            database.delete(last)
            removed += 1
    return last if looked_at == database.slice else None, looked_at, removed
