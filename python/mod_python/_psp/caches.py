"""So many items, of which the least used give way."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class _Entry(Generic[T]):
    __slots__ = ("hits", "item")

    def __init__(self, item: T) -> None:
        self.hits = 0
        self.item = item


class HitsCache(Generic[T]):
    """At most `size` items; when there are more, those with the fewest hits go until it is three quarters full."""

    def __init__(self, size: int = 512) -> None:
        self.size = size
        self._entries: dict[object, _Entry[T]] = {}
        self._storing = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def store(self, key: object, item: T) -> None:
        with self._storing:
            self._entries[key] = _Entry(item)
            if len(self._entries) > self.size:
                self._make_room(key)

    def get(self, key: object) -> T | None:
        """The item; None if there is none under the key."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        # Threads may lose a hit to one another.
        entry.hits += 1
        return entry.item

    def discard(self, key: object) -> None:
        """Forgets the item, if there is one."""
        with self._storing:
            self._entries.pop(key, None)

    def items(self) -> list[T]:
        """All of them."""
        with self._storing:
            return [entry.item for entry in self._entries.values()]

    def _make_room(self, latest: object) -> None:
        # Sorting is stable: of those that were used as often, the oldest go.
        others = [(entry.hits, key) for key, entry in self._entries.items() if key != latest]
        others.sort(key=lambda other: other[0])
        for _, key in others[: len(self._entries) - self.size * 3 // 4]:
            del self._entries[key]


class FileCache(HitsCache[tuple[float, T]]):
    """Items made of files, good as long as the file has the same time."""

    def store(self, filename: object, mtime: float, item: T) -> None:  # type: ignore[override]
        super().store(filename, (mtime, item))

    def get(self, filename: object, mtime: float) -> T | None:  # type: ignore[override]
        found = super().get(filename)
        return found[1] if found is not None and found[0] == mtime else None
