"""CacheSession: sessions in the shared object cache of httpd that PythonSessionCache names."""

import errno
from typing import Any

import _apache

from mod_python._options import OptionError
from mod_python._session import settings, versions
from mod_python._session.base import BaseSession, Record
from mod_python._session.records import Format
from mod_python._session.settings import Options

_SERIALIZER = "mod_python.session.serializer"
_NAMESPACE = "mod_python.cache_session.namespace"
_TIMEOUT = "mod_python.cache_session.timeout"

# What begins a record: its version, and a mark of the layout behind it.
_MARK = b"MPC1"

# httpd's providers write keys in hexadecimal digits, and take 253 bytes of these.
_LONGEST_NAMESPACE = 64

_DEFAULT_TIMEOUT = 5


class CacheUnavailable(_apache.SERVER_RETURN):
    """The cache does not answer. Uncaught, the answer to the client is 503. The text says more."""

    def __init__(self, reason: str) -> None:
        super().__init__(_apache.HTTP_SERVICE_UNAVAILABLE)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class Conflict(_apache.SERVER_RETURN):
    """The session was saved or removed by another request since it was loaded; nothing was stored.

    Uncaught, the answer to the client is 409. Who catches it can load() the session again, and save() its
    change on top of that.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(_apache.HTTP_CONFLICT)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class CacheSession(BaseSession):
    """A session in a cache that several processes share, and several machines.

    A session that changed is saved only over the very version that was loaded; Conflict otherwise.
    CacheUnavailable if the cache does not answer, by each method that needs it. OSError with EFBIG for a
    session that is too large for the cache. RuntimeError without a PythonSessionCache.
    """

    def __init__(
        self,
        req: _apache.mp_request,
        sid: str | bytes | int | None = 0,
        secret: str | bytes | None = None,
        timeout: float = 0,
        lock: object = 1,
    ) -> None:
        options = req.get_options()
        self._format = _format(options)
        self._cache = _cache(options)
        # What was read or written last: of which session, the version, the record without it.
        self._known: tuple[str, bytes, bytes] | None = None
        super().__init__(req, sid=sid, secret=secret, lock=lock, timeout=timeout)

    def do_load(self) -> Record | None:
        sid = self.id()
        self._known = None
        data = self._cache.retrieve(self._cache.key(sid))
        if data is None:
            return None
        version, data = data[: versions.VERSION_SIZE], data[versions.VERSION_SIZE :]
        if not data.startswith(_MARK):
            settings.log(f"MPY0944: session {sid[:8]}...: what the cache has under its key is no session")
            return None
        self._known = sid, version, data
        return self._format.unpack(sid, data[len(_MARK) :])

    def do_save(self, dict: Record) -> None:
        sid = self.id()
        before = self._known if self._known is not None and self._known[0] == sid else None
        version, data = versions.new(), _MARK + self._format.pack(sid, dict)
        seconds = int(max(dict["_timeout"], 0)) + 1
        if self._cache.replace(self._cache.key(sid), before and before[1], version + data, seconds):
            self._known = sid, version, data
        elif before is None or self._has_changed(dict, before[2]):
            raise Conflict(f"session {sid[:8]}... was saved or removed by another request since it was loaded")

    def _has_changed(self, record: Record, before: bytes) -> bool:
        """Whether anything but the time of the last use would get lost."""
        data = before[len(_MARK) :]
        loaded = self._format.unpack(self.id(), data)
        return loaded is None or self._format.pack(self.id(), {**record, "_accessed": loaded["_accessed"]}) != data

    def do_delete(self) -> None:
        self._known = None
        self._cache.delete(self._cache.key(self.id()))

    def do_cleanup(self) -> None:
        """Nothing: the cache forgets what has expired by itself."""


def _format(options: Options) -> Format:
    """JSON unless the option says otherwise: who can write to a cache must not run code by that."""
    return Format(_Chain(options, {_SERIALIZER: "json"}))


class _Chain:
    def __init__(self, options: Options, defaults: dict[str, str]) -> None:
        self._options = options
        self._defaults = defaults

    def get(self, name: str, default: str | None, /) -> str | None:
        return self._options.get(name, None) or self._defaults.get(name, default)


def _cache(options: Options) -> "_Cache":
    provider = _apache._cache_provider()
    if provider is None:
        raise RuntimeError("CacheSession needs the directive PythonSessionCache, and a cache that could be opened")
    namespace = (options.get(_NAMESPACE, None) or "").encode("utf-8", "surrogateescape")
    if len(namespace) > _LONGEST_NAMESPACE:
        raise OptionError(_NAMESPACE, options.get(_NAMESPACE, None) or "", f"{_LONGEST_NAMESPACE} bytes at most")
    timeout = settings.number(options, (_TIMEOUT,), _DEFAULT_TIMEOUT)
    if timeout == 0:
        raise OptionError(_TIMEOUT, "0", "a number of seconds above 0")
    _, is_local = provider
    return (_LocalCache if is_local else _Cache)(namespace, timeout)


class _Cache:
    """The cache of this server, on other machines: `versions` keeps them apart."""

    def __init__(self, namespace: bytes, timeout: float) -> None:
        self._namespace = namespace
        self._timeout = timeout

    def key(self, sid: str) -> bytes:
        # The random part first: shmcb spreads objects by the first byte.
        return bytes.fromhex(sid) + self._namespace

    def replace(self, key: bytes, version: bytes | None, record: bytes, seconds: int) -> bool:
        return versions.replace(self, key, version, record, seconds)

    def delete(self, key: bytes) -> None:
        versions.remove(self, key)

    def retrieve(self, key: bytes, /) -> bytes | None:
        data: bytes | None = self._ask(_apache._cache_retrieve, key, self._timeout)
        return data

    def store(self, key: bytes, data: bytes, seconds: int, /) -> None:
        self._ask(_apache._cache_store, key, data, seconds, self._timeout)

    def remove(self, key: bytes, /) -> None:
        self._ask(_apache._cache_remove, key, self._timeout)

    @staticmethod
    def _ask(function: Any, *arguments: object) -> Any:
        try:
            return function(*arguments)
        except OSError as error:
            if error.errno == errno.EFBIG:
                raise
            raise CacheUnavailable(error.strerror or str(error)) from None


class _LocalCache(_Cache):
    """The same on this machine, where comparing and storing is one step."""

    def replace(self, key: bytes, version: bytes | None, record: bytes, seconds: int) -> bool:
        return bool(self._ask(_apache._cache_replace, key, version, record, seconds))

    def delete(self, key: bytes) -> None:
        self.remove(key)
