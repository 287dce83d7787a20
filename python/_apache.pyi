"""The module that mod_python.so builds into each interpreter.

Handlers use it through :mod:`mod_python.apache`.
"""

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from mmap import mmap
from os import PathLike
from types import ModuleType
from typing import Any, ClassVar, TypeVar, final, overload

_T = TypeVar("_T")

# Any contiguous buffer; collections.abc.Buffer came with Python 3.12 only.
_Buffer = bytes | bytearray | memoryview | mmap | array[Any]

class SERVER_RETURN(Exception):
    """Raised by a handler to end at once: SERVER_RETURN(result[, status])."""

class ClientDisconnected(ConnectionError):
    """The client is gone, or has closed its side before the end of the body."""

class ClientTimeout(TimeoutError):
    """The client neither sent nor took anything for as long as httpd's Timeout allows."""

class BodyTooLarge(OSError):
    """The body of the request is larger than LimitRequestBody; errno is EFBIG."""

class BodyMalformed(OSError):
    """The body of the request is not what its framing says (RFC 9112, 7.1); errno is EBADMSG."""

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
    @overload
    def pop(self, key: str | bytes, /) -> Any: ...
    @overload
    def pop(self, key: str | bytes, default: _T, /) -> Any | _T: ...
    def popitem(self) -> tuple[str, str | None]: ...
    def update(self, mapping: Mapping[Any, object] | table, /) -> None: ...
    def clear(self) -> None: ...
    def copy(self) -> table: ...
    def add(self, key: str | bytes, value: str | bytes, /) -> None: ...

@final
class mp_finfo:
    """What is known about a file (apr_finfo_t), as attributes and, by the indices FINFO_*, as a sequence.

    None stands for what is not known. Times are whole seconds since 1970.
    """

    @property
    def protection(self) -> int | None:
        """Permissions with a hexadecimal digit for each of user, group and world: 0o644 is 0x644."""
    @property
    def inode(self) -> int | None: ...
    @property
    def device(self) -> int | None: ...
    @property
    def nlink(self) -> int | None: ...
    @property
    def user(self) -> int | None: ...
    @property
    def group(self) -> int | None: ...
    @property
    def size(self) -> int | None: ...
    @property
    def atime(self) -> int | None: ...
    @property
    def mtime(self) -> int | None: ...
    @property
    def ctime(self) -> int | None: ...
    @property
    def fname(self) -> str | None: ...
    @property
    def name(self) -> str | None: ...
    @property
    def filetype(self) -> int | None:
        """One of APR_NOFILE, APR_REG, APR_DIR and so on."""
    @property
    def valid(self) -> int:
        """A mask of APR_FINFO_*, of what is known."""
    def __getitem__(self, index: int, /) -> int | str | None: ...
    def __iter__(self) -> Iterator[int | str | None]: ...

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
    def write(self, data: str | _Buffer, flush: object = 1, /) -> None: ...
    def flush(self) -> None: ...
    def sendfile(
        self, path: str | bytes | PathLike[str] | PathLike[bytes], offset: int = 0, len: int = -1, /
    ) -> int: ...
    def read(self, len: int = -1, /) -> bytes: ...
    def readline(self, len: int = -1, /) -> bytes: ...
    def readlines(self, sizehint: int = -1, /) -> list[bytes]: ...
    def discard_request_body(self) -> int: ...
    def __iter__(self) -> Iterator[bytes]: ...
    def __next__(self) -> bytes: ...
    def log_error(self, message: str | None, level: int = ..., /) -> None: ...
    def get_config(self) -> table: ...
    def get_options(self) -> table: ...
    # Scripts set attributes of their own.
    def __getattr__(self, name: str, /) -> Any: ...
    def __setattr__(self, name: str, value: Any, /) -> None: ...

def log_error(message: str | None, level: int = ..., server: object | None = None, /) -> None: ...
def _print(stream: int, text: str | bytes, /) -> None: ...
def _flush(stream: int, /) -> None: ...
def _log(level: int, text: str, file: str, line: int, server: object | None, /) -> None: ...
def _log_level(server: object | None, /) -> int: ...
def __import__(  # noqa: N807
    name: str,
    globals: Mapping[str, object] | None = None,
    locals: Mapping[str, object] | None = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> ModuleType: ...
def _find_neighbours_with(find: Callable[[str, Any], ModuleType | None], /) -> None: ...
def _module_changes(more: int, /) -> int: ...
def _freeze_modules() -> None: ...
def _log_file_gone(message: str, /) -> None: ...
def _log_hook_failed(message: str, /) -> None: ...
def config_tree() -> list[Any]:
    """httpd's configuration (ap_conftree), copied.

    A (directive, arguments) tuple for each directive, in file order; that of a container
    is followed by a list of what it contains, if anything.
    """

def server_root() -> str:
    """The directory that ServerRoot names."""

def mpm_query(code: int, /) -> int:
    """What the MPM says to one of AP_MPMQ_*; 0 to a code that it does not know."""

def exists_config_define(name: str | bytes, /) -> bool:
    """Whether httpd was started with -D name, or Define defines it."""

def stat(fname: str | bytes, wanted: int, /) -> mp_finfo:
    """What APR knows about a file; wanted is a mask of APR_FINFO_*.

    The filetype is APR_NOFILE if there is no such file; OSError if it cannot be known.
    """

@overload
def parse_qs(query: str, keep_blank_values: object = 0, strict_parsing: object = 0, /) -> dict[str, list[str]]:
    """The fields of a query string or form body, decoded as UTF-8 with surrogateescape."""

@overload
def parse_qs(query: bytes, keep_blank_values: object = 0, strict_parsing: object = 0, /) -> dict[bytes, list[bytes]]:
    """The same, with all parts as bytes."""

@overload
def parse_qsl(query: str, keep_blank_values: object = 0, strict_parsing: object = 0, /) -> list[tuple[str, str]]:
    """The fields of a query string or form body in order, decoded as UTF-8 with surrogateescape."""

@overload
def parse_qsl(query: bytes, keep_blank_values: object = 0, strict_parsing: object = 0, /) -> list[tuple[bytes, bytes]]:
    """The same, with all parts as bytes."""

def _global_lock(server: object, key: object, index: int = -1, /) -> None:
    """Takes a lock that holds among all processes of the server; waits for it. Not recursive.

    The key chooses the lock, and several keys may share one; an index of 0 or more
    chooses it instead. ValueError if there is no such lock.
    """

def _global_trylock(server: object, key: object, index: int = -1, /) -> bool:
    """As _global_lock(), but does not wait: True if the lock was taken, False if it is held."""

def _global_unlock(server: object, key: object, index: int = -1, /) -> None:
    """Releases a lock that this process has taken, on whichever thread. ValueError if it holds no such lock."""

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
HTTP_ALREADY_REPORTED: int
HTTP_IM_USED: int
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
REMOTE_HOST: int
REMOTE_NAME: int
REMOTE_NOLOOKUP: int
REMOTE_DOUBLE_REV: int
PROXYREQ_NONE: int
PROXYREQ_PROXY: int
PROXYREQ_REVERSE: int
PROXYREQ_RESPONSE: int
M_GET: int
M_PUT: int
M_POST: int
M_DELETE: int
M_CONNECT: int
M_OPTIONS: int
M_TRACE: int
M_PATCH: int
M_PROPFIND: int
M_PROPPATCH: int
M_MKCOL: int
M_COPY: int
M_MOVE: int
M_LOCK: int
M_UNLOCK: int
M_VERSION_CONTROL: int
M_CHECKOUT: int
M_UNCHECKOUT: int
M_CHECKIN: int
M_UPDATE: int
M_LABEL: int
M_REPORT: int
M_MKWORKSPACE: int
M_MKACTIVITY: int
M_BASELINE_CONTROL: int
M_MERGE: int
M_INVALID: int
AP_REQ_ACCEPT_PATH_INFO: int
AP_REQ_REJECT_PATH_INFO: int
AP_REQ_DEFAULT_PATH_INFO: int
AP_MPMQ_NOT_SUPPORTED: int
AP_MPMQ_STATIC: int
AP_MPMQ_DYNAMIC: int
AP_MPMQ_MAX_DAEMON_USED: int
AP_MPMQ_IS_THREADED: int
AP_MPMQ_IS_FORKED: int
AP_MPMQ_HARD_LIMIT_DAEMONS: int
AP_MPMQ_HARD_LIMIT_THREADS: int
AP_MPMQ_MAX_THREADS: int
AP_MPMQ_MIN_SPARE_DAEMONS: int
AP_MPMQ_MIN_SPARE_THREADS: int
AP_MPMQ_MAX_SPARE_DAEMONS: int
AP_MPMQ_MAX_SPARE_THREADS: int
AP_MPMQ_MAX_REQUESTS_DAEMON: int
AP_MPMQ_MAX_DAEMONS: int
AP_MPMQ_MPM_STATE: int
AP_MPMQ_IS_ASYNC: int
AP_MPMQ_GENERATION: int
REQUEST_NO_BODY: int
REQUEST_CHUNKED_ERROR: int
REQUEST_CHUNKED_DECHUNK: int
AP_CONN_UNKNOWN: int
AP_CONN_CLOSE: int
AP_CONN_KEEPALIVE: int
APR_NOFILE: int
APR_REG: int
APR_DIR: int
APR_CHR: int
APR_BLK: int
APR_PIPE: int
APR_LNK: int
APR_SOCK: int
APR_UNKFILE: int
APR_FINFO_LINK: int
APR_FINFO_MTIME: int
APR_FINFO_CTIME: int
APR_FINFO_ATIME: int
APR_FINFO_SIZE: int
APR_FINFO_CSIZE: int
APR_FINFO_DEV: int
APR_FINFO_INODE: int
APR_FINFO_NLINK: int
APR_FINFO_TYPE: int
APR_FINFO_USER: int
APR_FINFO_GROUP: int
APR_FINFO_UPROT: int
APR_FINFO_GPROT: int
APR_FINFO_WPROT: int
APR_FINFO_ICASE: int
APR_FINFO_NAME: int
APR_FINFO_MIN: int
APR_FINFO_IDENT: int
APR_FINFO_OWNER: int
APR_FINFO_PROT: int
APR_FINFO_NORM: int
APR_FINFO_DIRENT: int
MODULE_MAGIC_NUMBER_MAJOR: int
MODULE_MAGIC_NUMBER_MINOR: int
AUTH_DENIED: int
AUTH_GRANTED: int
AUTH_USER_FOUND: int
AUTH_USER_NOT_FOUND: int
AUTH_GENERAL_ERROR: int
AUTHZ_DENIED: int
AUTHZ_GRANTED: int
AUTHZ_NEUTRAL: int
AUTHZ_GENERAL_ERROR: int
AUTHZ_DENIED_NO_USER: int
HTTP_IM_A_TEAPOT: int
HTTP_TOO_EARLY: int
CGI_MAGIC_TYPE: str
INCLUDES_MAGIC_TYPE: str
INCLUDES_MAGIC_TYPE3: str
DIR_MAGIC_TYPE: str
