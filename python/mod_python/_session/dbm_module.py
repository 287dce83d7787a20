"""A database of DbmSession that one of Python's dbm modules keeps: an old one, or one that a script names."""

from collections.abc import Iterator
from types import TracebackType
from typing import Any


class Database:
    """An open database; the end of a ``with`` block closes it.

    module: dbm.gnu, dbm.dumb or another with their ``open(path, flag, mode)``.
    """

    # Many, as each slice lists all keys.
    slice = 10_000

    def __init__(self, module: Any, path: str) -> None:
        self._database = module.open(path, "c", 0o600)

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._database.close()

    def get(self, key: bytes) -> bytes | None:
        try:
            value: bytes = self._database[key]
        except KeyError:
            return None
        return value

    def set(self, key: bytes, value: bytes) -> None:
        self._database[key] = value

    def delete(self, key: bytes) -> None:
        if key in self._database:
            del self._database[key]

    def following(self, key: bytes, count: int) -> Iterator[tuple[bytes, bytes]]:
        """At most so many entries behind a key, in the order of keys. Reads all keys: these modules know no order."""
        keys = sorted(known for known in map(bytes, self._database.keys()) if known > key)[:count]
        return ((known, self._database[known]) for known in keys)


def is_broken(error: BaseException) -> bool:
    """Whether an error says that the files are no database; what the system refuses is an OSError."""
    return isinstance(error, Exception) and not isinstance(error, OSError)
