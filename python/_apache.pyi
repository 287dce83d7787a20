"""The module that mod_python.so builds into each interpreter.

Handlers use it through :mod:`mod_python.apache`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, TypeVar, final, overload

_T = TypeVar("_T")

class SERVER_RETURN(Exception):
    """Raised by a handler to end at once: SERVER_RETURN(result[, status])."""

class table:
    """An ordered table of str to str with keys that ignore case (apr_table_t)."""

    __hash__: ClassVar[None]  # type: ignore[assignment]
    def __init__(self, items: object = ...) -> None: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[str]: ...
    def __contains__(self, key: str | bytes, /) -> bool: ...
    def __getitem__(self, key: str | bytes, /) -> Any: ...
    def __setitem__(self, key: str | bytes, value: str | bytes, /) -> None: ...
    def __delitem__(self, key: str | bytes, /) -> None: ...
    def keys(self) -> list[str]: ...
    def values(self) -> list[str | None]: ...
    def items(self) -> list[tuple[str, str | None]]: ...
    def iterkeys(self) -> Iterator[str]: ...
    def itervalues(self) -> Iterator[str | None]: ...
    def iteritems(self) -> Iterator[tuple[str, str | None]]: ...
    @overload
    def get(self, key: str | bytes, /) -> str | None: ...
    @overload
    def get(self, key: str | bytes, default: _T, /) -> str | _T: ...
    def has_key(self, key: str | bytes, /) -> int: ...
    def setdefault(self, key: str | bytes, default: str | bytes = "", /) -> str: ...
    def popitem(self) -> tuple[str, str | None]: ...
    def update(self, mapping: Mapping[Any, object] | table, /) -> None: ...
    def clear(self) -> None: ...
    def copy(self) -> table: ...
    def add(self, key: str | bytes, value: str | bytes, /) -> None: ...

@final
class mp_request:
    """A request, as httpd knows it (request_rec)."""

    content_type: str | None
    status: int
    uri: str
    filename: str | None
    path_info: str | None
    args: str | None
    handler: str | None
    user: str | None
    @property
    def headers_in(self) -> table: ...
    @property
    def headers_out(self) -> table: ...
    @property
    def unparsed_uri(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def the_request(self) -> str: ...
    @property
    def interpreter(self) -> str: ...
    def write(self, data: str | bytes | bytearray | memoryview, flush: object = 1, /) -> None: ...
    def flush(self) -> None: ...
    def read(self, len: int = -1, /) -> bytes: ...
    def log_error(self, message: str | None, level: int = ..., /) -> None: ...
    def get_config(self) -> table: ...
    def get_options(self) -> table: ...
    def add_input_filter(self, name: str | bytes, /) -> None: ...
    def add_output_filter(self, name: str | bytes, /) -> None: ...
    def register_input_filter(
        self, name: str | bytes, handler: str | bytes, dir: str | bytes | None = None, /
    ) -> None: ...
    def register_output_filter(
        self, name: str | bytes, handler: str | bytes, dir: str | bytes | None = None, /
    ) -> None: ...
    # Scripts set attributes of their own.
    def __getattr__(self, name: str, /) -> Any: ...
    def __setattr__(self, name: str, value: Any, /) -> None: ...

@final
class mp_filter:
    """One call of a filter (ap_filter_t and the bucket brigade it was called with)."""

    softspace: int
    @property
    def name(self) -> str: ...
    @property
    def req(self) -> mp_request: ...
    @property
    def is_input(self) -> int: ...
    @property
    def handler(self) -> str: ...
    @property
    def dir(self) -> str | None: ...
    @property
    def closed(self) -> int: ...
    def read(self, len: int = -1, /) -> bytes | None: ...
    def readline(self, len: int = -1, /) -> bytes | None: ...
    def write(self, data: str | bytes | bytearray | memoryview, /) -> None: ...
    def flush(self) -> None: ...
    def close(self) -> None: ...
    def pass_on(self) -> None: ...
    def disable(self) -> None: ...

def log_error(message: str | None, level: int = ..., /) -> None: ...

OK: int
DECLINED: int
DONE: int
HTTP_CONTINUE: int
HTTP_SWITCHING_PROTOCOLS: int
HTTP_PROCESSING: int
HTTP_OK: int
HTTP_CREATED: int
HTTP_ACCEPTED: int
HTTP_NON_AUTHORITATIVE: int
HTTP_NO_CONTENT: int
HTTP_RESET_CONTENT: int
HTTP_PARTIAL_CONTENT: int
HTTP_MULTI_STATUS: int
HTTP_MULTIPLE_CHOICES: int
HTTP_MOVED_PERMANENTLY: int
HTTP_MOVED_TEMPORARILY: int
HTTP_SEE_OTHER: int
HTTP_NOT_MODIFIED: int
HTTP_USE_PROXY: int
HTTP_TEMPORARY_REDIRECT: int
HTTP_PERMANENT_REDIRECT: int
HTTP_BAD_REQUEST: int
HTTP_UNAUTHORIZED: int
HTTP_PAYMENT_REQUIRED: int
HTTP_FORBIDDEN: int
HTTP_NOT_FOUND: int
HTTP_METHOD_NOT_ALLOWED: int
HTTP_NOT_ACCEPTABLE: int
HTTP_PROXY_AUTHENTICATION_REQUIRED: int
HTTP_REQUEST_TIME_OUT: int
HTTP_CONFLICT: int
HTTP_GONE: int
HTTP_LENGTH_REQUIRED: int
HTTP_PRECONDITION_FAILED: int
HTTP_REQUEST_ENTITY_TOO_LARGE: int
HTTP_REQUEST_URI_TOO_LARGE: int
HTTP_UNSUPPORTED_MEDIA_TYPE: int
HTTP_RANGE_NOT_SATISFIABLE: int
HTTP_EXPECTATION_FAILED: int
HTTP_MISDIRECTED_REQUEST: int
HTTP_UNPROCESSABLE_ENTITY: int
HTTP_LOCKED: int
HTTP_FAILED_DEPENDENCY: int
HTTP_UPGRADE_REQUIRED: int
HTTP_PRECONDITION_REQUIRED: int
HTTP_TOO_MANY_REQUESTS: int
HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE: int
HTTP_UNAVAILABLE_FOR_LEGAL_REASONS: int
HTTP_INTERNAL_SERVER_ERROR: int
HTTP_NOT_IMPLEMENTED: int
HTTP_BAD_GATEWAY: int
HTTP_SERVICE_UNAVAILABLE: int
HTTP_GATEWAY_TIME_OUT: int
HTTP_VERSION_NOT_SUPPORTED: int
HTTP_VARIANT_ALSO_VARIES: int
HTTP_INSUFFICIENT_STORAGE: int
HTTP_LOOP_DETECTED: int
HTTP_NOT_EXTENDED: int
HTTP_NETWORK_AUTHENTICATION_REQUIRED: int
APLOG_EMERG: int
APLOG_ALERT: int
APLOG_CRIT: int
APLOG_ERR: int
APLOG_WARNING: int
APLOG_NOTICE: int
APLOG_INFO: int
APLOG_DEBUG: int
HTTP_IM_A_TEAPOT: int
HTTP_TOO_EARLY: int
