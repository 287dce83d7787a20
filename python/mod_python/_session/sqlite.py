"""A database of DbmSession in an SQLite file, as Python 3.13's ``dbm`` makes them (``dbm.sqlite3``).

Written here for the Pythons before, whose ``dbm`` may have nothing but ``dbm.dumb``, which reads the whole
index at each opening and loses it when a process is killed.
"""

import sqlite3
from collections.abc import Iterator
from types import TracebackType

HEADER = b"SQLite format 3\0"

_TABLE = "CREATE TABLE IF NOT EXISTS Dict (key BLOB UNIQUE NOT NULL, value BLOB NOT NULL)"


class Database:
    """An open file. A ``with`` block is one transaction; its end closes the file."""

    slice = 200
    """How many entries a clean-up looks at before others get the database again."""

    def __init__(self, path: str) -> None:
        # Transactions are begun here and not by guesses of the sqlite3 module.
        self._connection = sqlite3.connect(path, isolation_level=None)
        try:
            # A killed process leaves a journal that undoes its half transaction; only a crash of the whole
            # machine can lose what the system had not written yet, and sessions are not worth a wait for that.
            self._connection.execute("PRAGMA synchronous=OFF")
            self._connection.execute("PRAGMA journal_mode=PERSIST")
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute(_TABLE)
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            self._connection.execute("COMMIT" if kind is None else "ROLLBACK")
        finally:
            self._connection.close()

    def get(self, key: bytes) -> bytes | None:
        row = self._connection.execute("SELECT value FROM Dict WHERE key = ?", (key,)).fetchone()
        return None if row is None else _bytes(row[0])

    def set(self, key: bytes, value: bytes) -> None:
        self._connection.execute("REPLACE INTO Dict (key, value) VALUES (?, ?)", (key, value))

    def delete(self, key: bytes) -> None:
        self._connection.execute("DELETE FROM Dict WHERE key = ?", (key,))

    def following(self, key: bytes, count: int) -> Iterator[tuple[bytes, bytes]]:
        """At most so many entries behind a key, in the order of keys."""
        rows = self._connection.execute(
            "SELECT key, value FROM Dict WHERE key > ? ORDER BY key LIMIT ?", (key, count)
        ).fetchall()
        return ((_bytes(key), _bytes(value)) for key, value in rows)


def is_broken(error: BaseException) -> bool:
    """Whether an error says that the file is no database, or a damaged one; not that the disk is full or the like."""
    return type(error) is sqlite3.DatabaseError


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")
