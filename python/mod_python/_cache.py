"""The base of the classes in ``mod_python.cache``."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, Final


class _NotInitialized:
    def __repr__(self) -> str:
        return "NOT_INITIALIZED"


NOT_INITIALIZED: Final = _NotInitialized()
"""What an Entry has before its first value."""


class Entry:
    """What a cache keeps for one key.

    value: what was built last, or NOT_INITIALIZED. timestamp: for subclasses: what tells whether the value is
    still good. lock: held while the value is checked and built.
    """

    __slots__ = ("lock", "timestamp", "value")

    def __init__(self) -> None:
        self.value: Any = NOT_INITIALIZED
        self.timestamp: Any = None
        # Re-entrant: a build that asks for its own value is a recursion, and no deadlock.
        self.lock = threading.RLock()


class Cache:
    """A mapping whose values are built when they are first asked for. Threads may share it.

    max_size: how many values are kept at most, those that were used last; 0 for all. Of the threads
    that ask for one value the first builds it, and the others wait. A build that raises leaves what was
    there, and is tried again next time.
    """

    def __init__(self, max_size: int = 0) -> None:
        self.max_size = max_size
        self._entries: OrderedDict[Hashable, Entry] = OrderedDict()
        # Re-entrant: what is forgotten may have a __del__ that comes back here.
        self._lock = threading.RLock()

    # --- for subclasses ---

    def key(self, name: Any) -> Hashable:
        """The key of what is asked for by this name; the name itself."""
        key: Hashable = name
        return key

    def check(self, key: Any, name: Any, entry: Entry) -> Any:
        """None if the entry's value, if it has one, is still good; else what build() is to use."""
        return None

    def build(self, key: Any, name: Any, opened: Any, entry: Entry) -> Any:
        """The value. opened: what check() returned; if it has a ``close()`` that is called afterwards."""
        raise NotImplementedError(f"{type(self).__name__} has no build()")

    def commit(self) -> None:
        """Called after each value that was stored."""

    # --- the mapping ---

    def __getitem__(self, name: Any) -> Any:
        key = self.key(name)
        entry = self._entry(key)
        with entry.lock:
            opened = self.check(key, name, entry)
            value = self._value(entry)
            if opened is None and value is not NOT_INITIALIZED:
                return value
            try:
                value = self.build(key, name, opened, entry)
            except BaseException:
                self._forget_unless_built(key, entry)
                raise
            finally:
                if hasattr(opened, "close"):
                    opened.close()
            self._set(key, entry, value)
        self.commit()
        return value

    def __setitem__(self, name: Any, value: Any) -> None:
        key = self.key(name)
        entry = self._entry(key)
        with entry.lock:
            self._set(key, entry, value)
        self.commit()

    def __delitem__(self, name: Any) -> None:
        with self._lock:
            self._sweep()
            del self._entries[self.key(name)]

    def clear(self) -> None:
        """Forgets all values."""
        with self._lock:
            self._entries.clear()

    def mru(self) -> Hashable | None:
        """The key that was used last; None for a cache without limit, or without values."""
        return self._end(last=True)

    def lru(self) -> Hashable | None:
        """The key that is forgotten next; None for a cache without limit, or without values."""
        return self._end(last=False)

    # --- the table ---

    def _entry(self, key: Hashable) -> Entry:
        with self._lock:
            self._sweep()
            entry = self._entries.get(key)
            if entry is None:
                entry = self._entries[key] = Entry()
            else:
                self._entries.move_to_end(key)
            while self.max_size and len(self._entries) > self.max_size:
                self._entries.popitem(last=False)
            return entry

    def _end(self, last: bool) -> Hashable | None:
        with self._lock:
            self._sweep()
            if not self.max_size or not self._entries:
                return None
            return next(reversed(self._entries) if last else iter(self._entries))

    def _forget_unless_built(self, key: Hashable, entry: Entry) -> None:
        with self._lock:
            if self._value(entry) is NOT_INITIALIZED and self._entries.get(key) is entry:
                del self._entries[key]

    def _sweep(self) -> None:
        """Called with the lock held, before anything is looked up."""

    def _value(self, entry: Entry) -> Any:
        return entry.value

    def _set(self, key: Hashable, entry: Entry, value: Any) -> None:
        entry.value = value
