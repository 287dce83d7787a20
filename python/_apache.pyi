"""The module that mod_python.so builds into each interpreter.

Handlers use it through :mod:`mod_python.apache`.
"""

from collections.abc import Callable, Iterator, Mapping
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
    @property
    def connection(self) -> mp_conn:
        """The connection that the request came on (r->connection)."""
    @property
    def server(self) -> mp_server:
        """The virtual host, or the main server, that serves the request (r->server)."""
    def write(self, data: str | bytes | bytearray | memoryview, flush: object = 1, /) -> None: ...
    def flush(self) -> None: ...
    def read(self, len: int = -1, /) -> bytes: ...
    def log_error(self, message: str | None, level: int = ..., /) -> None: ...
    def get_config(self) -> table: ...
    def get_options(self) -> table: ...
    # Scripts set attributes of their own.
    def __getattr__(self, name: str, /) -> Any: ...
    def __setattr__(self, name: str, value: Any, /) -> None: ...

@final
class mp_hlist:
    """The handlers of the running phase, as a cursor on the one that runs.

    At its end, and when the phase is over, every attribute is None.
    """

    @property
    def handler(self) -> str | None:
        """The handler, as configured."""
    @property
    def directory(self) -> str | None:
        """The directory that the handler was configured for; None at server level."""
    @property
    def is_location(self) -> bool | None:
        """Whether the handler was configured in a <Location>."""
    @property
    def silent(self) -> int | None:
        """1 for a handler of PythonHandlerModule, else 0."""
    def next(self) -> None:
        """Goes on to the next handler, so that the one after it is not run."""

@final
class mp_conn:
    """A connection, as httpd knows it (conn_rec).

    Usable while its connection handler, or a handler of its request, runs; afterwards
    everything raises ReferenceError.
    """

    keepalive: int
    """AP_CONN_UNKNOWN, AP_CONN_CLOSE or AP_CONN_KEEPALIVE (c->keepalive). ValueError for any other number."""
    @property
    def base_server(self) -> mp_server:
        """The server that the connection's address and port belong to (c->base_server)."""
    @property
    def local_addr(self) -> tuple[str, int]:
        """The server's address and port (c->local_addr)."""
    @property
    def client_addr(self) -> tuple[str, int]:
        """The client's address and port (c->client_addr)."""
    @property
    def remote_addr(self) -> tuple[str, int]:
        """Another name of client_addr. Deprecated; its first use in a child is logged."""
    @property
    def client_ip(self) -> str:
        """The client's address (c->client_ip)."""
    @property
    def remote_ip(self) -> str:
        """Another name of client_ip. Deprecated; its first use in a child is logged."""
    @property
    def remote_host(self) -> str | None:
        """The client's name; None if it was not looked up, '' if there is none (c->remote_host)."""
    @property
    def remote_logname(self) -> str | None:
        """The user that the client's host names (RFC 1413); None if it was not asked."""
    @property
    def aborted(self) -> int:
        """1 if the client is known to be gone, else 0 (c->aborted)."""
    @property
    def double_reverse(self) -> int:
        """1 if the client's name leads back to its address, -1 if not, 0 if not looked up."""
    @property
    def keepalives(self) -> int:
        """How many answers left the connection open, the last one among them (c->keepalives)."""
    @property
    def local_ip(self) -> str:
        """The server's address (c->local_ip)."""
    @property
    def local_host(self) -> str | None:
        """The server's name by DNS; None if it was not looked up (c->local_host)."""
    @property
    def id(self) -> int:
        """Unique among the connections that are open at a time (c->id)."""
    @property
    def notes(self) -> table:
        """What modules tell one another about the connection (c->notes)."""
    @property
    def hlist(self) -> mp_hlist | None:
        """The configured handlers, in a connection handler; else None."""
    @property
    def _conn_rec(self) -> object:
        """The conn_rec as a PyCapsule, for extensions written in C."""
    def read(self, len: int = 0, /) -> bytes | None:
        """Waits until there is input, and returns up to len bytes of it.

        Without len, or with 0: what has come in. With a negative len: everything until the
        client closes. None at the end of the input, told once; after that OSError, as for a
        connection that fails or a client that is silent for longer than Timeout.
        """
    def readline(self, len: int = 0, /) -> bytes:
        """Waits for a line, and returns it with its newline.

        At most len bytes of it if len is positive, the rest being left for the next call.
        Input that ends without a newline is a line too. b'' at the end of the input, told
        once; after that OSError, as for a connection that fails or a client that is silent
        for longer than Timeout, whose unfinished line is left for the next call.
        """
    def write(self, data: str | bytes | bytearray | memoryview, /) -> None:
        """Sends str (as UTF-8) or a bytes-like object at once. OSError if the connection fails."""
    def log_error(self, message: str | None, level: int = ..., /) -> None:
        """An entry in the error log, with the client."""

@final
class mp_server:
    """A virtual host, or the main server, as httpd knows it (server_rec).

    May be kept. Scripts may set further attributes, which are this object's alone.
    """

    @property
    def next(self) -> mp_server | None:
        """The next one in httpd's list (s->next)."""
    @property
    def defn_name(self) -> str | None:
        """The file that defines the virtual host; None for the main server."""
    @property
    def defn_line_number(self) -> int:
        """The line of that file; 0 for the main server."""
    @property
    def server_admin(self) -> str:
        """ServerAdmin."""
    @property
    def server_hostname(self) -> str:
        """ServerName without the port."""
    @property
    def port(self) -> int:
        """The port of ServerName; 0 if it names none."""
    @property
    def error_fname(self) -> str:
        """ErrorLog, as written."""
    @property
    def loglevel(self) -> int:
        """LogLevel, APLOG_EMERG (0) to APLOG_DEBUG (7), and traces to 15."""
    @property
    def is_virtual(self) -> int:
        """1 for a virtual host, else 0."""
    @property
    def timeout(self) -> float:
        """Timeout, in seconds."""
    @property
    def keep_alive_timeout(self) -> float:
        """KeepAliveTimeout, in seconds."""
    @property
    def keep_alive_max(self) -> int:
        """MaxKeepAliveRequests; 0 is no limit."""
    @property
    def keep_alive(self) -> int:
        """1 if KeepAlive is On, else 0."""
    @property
    def path(self) -> str | None:
        """ServerPath."""
    @property
    def pathlen(self) -> int:
        """The length of ServerPath in bytes."""
    @property
    def names(self) -> tuple[str, ...]:
        """ServerAlias without wildcards."""
    @property
    def wild_names(self) -> tuple[str, ...]:
        """ServerAlias with wildcards."""
    @property
    def limit_req_line(self) -> int:
        """LimitRequestLine, in bytes."""
    @property
    def limit_req_fieldsize(self) -> int:
        """LimitRequestFieldSize, in bytes."""
    @property
    def limit_req_fields(self) -> int:
        """LimitRequestFields."""
    @property
    def my_generation(self) -> int:
        """How often httpd has been restarted since it was started."""
    @property
    def restart_time(self) -> float:
        """When httpd was last started, or restarted without grace, in seconds since 1970."""
    @property
    def _server_rec(self) -> object:
        """The server_rec as a PyCapsule, for extensions written in C."""
    def get_config(self) -> table:
        """The Python* settings of the server as a whole; writing to them changes no setting."""
    def get_options(self) -> table:
        """The PythonOption values of the server; what is written to them is seen in later requests."""
    def log_error(self, message: str | None, level: int = ..., /) -> None:
        """An entry in the server's error log."""
    def register_cleanup(self, req: mp_request, callable: Callable[[Any], object], data: object = None, /) -> None:
        """Calls callable(data) in this interpreter when the child exits, the last one registered first."""
    # Scripts set attributes of their own.
    def __getattr__(self, name: str, /) -> Any: ...
    def __setattr__(self, name: str, value: Any, /) -> None: ...

def log_error(message: str | None, level: int = ..., server: mp_server | None = None, /) -> None:
    """An entry in the error log of the main server, or of the one given."""

def register_cleanup(
    interpreter: str | None, server: mp_server, callable: Callable[[Any], object], data: object = None, /
) -> None:
    """Calls callable(data) when the child exits; a failure goes to the server's log.

    interpreter: the name of the one that this code runs in. ValueError for any other.
    """

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
AP_CONN_UNKNOWN: int
AP_CONN_CLOSE: int
AP_CONN_KEEPALIVE: int
