"""Mappings that build what they are asked for, once, and keep it.

``Cache`` is the base: a subclass says how a value is built, and whether one that was is still good. See
docs/cache.md.
"""

import os
import re
import weakref
from collections import deque
from collections.abc import Callable, Hashable
from types import ModuleType
from typing import IO, Any

from mod_python._cache import NOT_INITIALIZED as NOT_INITIALIZED
from mod_python._cache import Cache as Cache
from mod_python._cache import Entry as Entry
from mod_python._http_cache import HTTPCache as HTTPCache
from mod_python._http_cache import HTTPEntity as HTTPEntity


class WeakCache(Cache):
    """A cache that does not keep its values alive: an entry goes when nothing else refers to its value.

    TypeError for a value to which there are no weak references, such as an int.
    """

    def __init__(self, max_size: int = 0) -> None:
        super().__init__(max_size)
        # Filled wherever the collector runs, also in the midst of our own work with the table: so without
        # a lock, and without touching the table.
        self._dead: deque[tuple[Hashable, Entry]] = deque()

    def _sweep(self) -> None:
        while self._dead:
            key, entry = self._dead.popleft()
            # It may have a new value by now, or another one its place.
            if self._entries.get(key) is entry and self._value(entry) is NOT_INITIALIZED:
                del self._entries[key]

    def _value(self, entry: Entry) -> Any:
        if entry.value is NOT_INITIALIZED:
            return NOT_INITIALIZED
        value = entry.value()
        return NOT_INITIALIZED if value is None else value

    def _set(self, key: Hashable, entry: Entry, value: Any) -> None:
        dead = self._dead
        entry.value = weakref.ref(value, lambda _: dead.append((key, entry)))


class FileCache(Cache):
    """The content of files, by path; read again when a file's time or size differs.

    mode: as for open(): bytes for "rb", str for "r" (as UTF-8). OSError for what cannot be read.
    """

    def __init__(self, max_size: int = 0, mode: str = "rb") -> None:
        super().__init__(max_size)
        self.mode = mode

    def check(self, key: Any, name: Any, entry: Entry) -> IO[Any] | None:
        if entry.value is not NOT_INITIALIZED and entry.timestamp == _stamp(os.stat(key)):  # noqa: PTH116
            return None
        return open(key, self.mode, encoding=None if "b" in self.mode else "utf-8")  # noqa: PTH123

    def build(self, key: Any, name: Any, opened: Any, entry: Entry) -> Any:
        stamp = _stamp(os.fstat(opened.fileno()))
        value = self.content(key, opened)
        # Not before: what failed is tried again.
        entry.timestamp = stamp
        return value

    def content(self, key: Any, file: IO[Any]) -> Any:
        """What is kept of a file."""
        return file.read()


class ModuleCache(FileCache):
    """Python files, executed: a module for each that is in no ``sys.modules``.

    Its name is the path with ``_`` for each run of characters that cannot stand in a name. It is executed anew, in
    a new module, when the file changes. Whatever the file raises is raised here.
    """

    def __init__(self, max_size: int = 0) -> None:
        super().__init__(max_size, "rb")

    def content(self, key: Any, file: IO[Any]) -> ModuleType:
        path = os.fspath(key)
        module = ModuleType(re.sub(r"\W+", "_", path))
        module.__file__ = path
        exec(compile(file.read(), path, "exec", dont_inherit=True), module.__dict__)
        return module


class HttpModuleCache(Cache):
    """Was a cache of modules whose code came over the network. Whoever could answer for that address, or
    change the answer on its way, had their code run here. NotImplementedError.
    """

    def __init__(self, max_size: int = 0) -> None:
        raise NotImplementedError(
            "HttpModuleCache is gone: it ran code from the network. Install the code, and import it or use ModuleCache"
        )


class FunctionCache(Cache):
    """A function that is called once for the same arguments; they must be hashable.

    Keyword arguments in another order are other arguments.
    """

    def __init__(self, function: Callable[..., Any], max_size: int = 0) -> None:
        super().__init__(max_size)
        self.function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self[args, tuple(kwargs.items())]

    def build(self, key: Any, name: Any, opened: Any, entry: Entry) -> Any:
        args, kwargs = name
        return self.function(*args, **dict(kwargs))


def _stamp(status: os.stat_result) -> tuple[int, int]:
    return status.st_mtime_ns, status.st_size
