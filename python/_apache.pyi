"""The module that mod_python.so builds into each interpreter.

Handlers use it through :mod:`mod_python.apache`.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from mmap import mmap
from os import PathLike
from types import ModuleType
from typing import Any, ClassVar, TypeVar, final, overload

_T = TypeVar("_T")

# Any contiguous buffer; collections.abc.Buffer came with Python 3.12 only.
_Buffer = bytes | bytearray | memoryview | mmap | array[Any]

class SERVER_RETURN(Exception):
    """Raised by a handler to end at once: SERVER_RETURN(result[, status])."""

class RequestTimeout(BaseException):
    """Raised in a handler whose request takes longer than PythonRequestTimeout allows.

    A BaseException, so that ``except Exception`` lets it pass. Uncaught, the answer is 504.
    """

class ClientDisconnected(ConnectionError):
    """The client is gone, or has closed its side before the end of the body.

    Uncaught, nothing more is sent to it.
    """

class ClientTimeout(TimeoutError):
    """The client neither sent nor took anything for as long as httpd's Timeout (or mod_reqtimeout) allows.

    Uncaught, the answer is 408.
    """

class BodyTooLarge(OSError):
    """The body of the request is larger than httpd's LimitRequestBody; errno is EFBIG.

    Uncaught, the answer is 413.
    """

class BodyMalformed(OSError):
    """The body of the request is not what its framing says, such as a chunk without a length (RFC 9112, 7.1); errno is
    EBADMSG.

    Uncaught, the answer is 400.
    """

class table:
    """An ordered table of str to str with keys that ignore case, as httpd keeps headers (apr_table_t). A key may have
    several values.
    """

    __hash__: ClassVar[None]  # type: ignore[assignment]
    def __init__(self, items: object = ()) -> None: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[str]: ...
    def __contains__(self, key: str | bytes, /) -> bool: ...
    def __getitem__(self, key: str | bytes, /) -> Any: ...
    def __setitem__(self, key: str | bytes, value: str | bytes, /) -> None: ...
    def __delitem__(self, key: str | bytes, /) -> None: ...
    def keys(self) -> list[str]:
        """A list of the keys, in order, duplicates included."""
    def values(self) -> list[str | None]:
        """A list of the values, in order."""
    def items(self) -> list[tuple[str, str | None]]:
        """A list of (key, value) pairs, in order."""
    def iterkeys(self) -> Iterator[str]:
        """An iterator over the keys."""
    def itervalues(self) -> Iterator[str | None]:
        """An iterator over the values."""
    def iteritems(self) -> Iterator[tuple[str, str | None]]:
        """An iterator over (key, value) pairs."""
    @overload
    def get(self, key: str | bytes, /) -> str | None:
        """The first value under key, or default."""
    @overload
    def get(self, key: str | bytes, default: _T, /) -> str | _T: ...
    def has_key(self, key: str | bytes, /) -> int:
        """1 if the key is there, else 0."""
    def setdefault(self, key: str | bytes, default: str | bytes = "", /) -> str:
        """The first value under key; stores and returns default if there is none."""
    @overload
    def pop(self, key: str | bytes, /) -> Any:
        """Removes key and returns what table[key] gave; default if it is not there. KeyError without a default."""
    @overload
    def pop(self, key: str | bytes, default: _T, /) -> Any | _T: ...
    def popitem(self) -> tuple[str, str | None]:
        """Removes the last entry and returns it as (key, value). KeyError if the table is empty."""
    def update(self, mapping: Mapping[Any, object] | table, /) -> None:
        """Sets every key of a mapping; keys and values go through str()."""
    def clear(self) -> None:
        """Removes every entry."""
    def copy(self) -> table:
        """An independent table; the last of several values stays."""
    def add(self, key: str | bytes, value: str | bytes, /) -> None:
        """Appends an entry, whether or not the key is there (as for Set-Cookie)."""

@final
class mp_finfo:
    """What is known about a file (apr_finfo_t), as attributes and, by the indices FINFO_*, as a sequence. None stands
    for what is not known.
    """

    @property
    def protection(self) -> int | None:
        """Permissions with a hexadecimal digit for each of user, group and world (apr_fileperms_t): 0o644 is 0x644."""
    @property
    def inode(self) -> int | None:
        """The file's number on its device."""
    @property
    def device(self) -> int | None:
        """The device that the file is on."""
    @property
    def nlink(self) -> int | None:
        """The number of hard links."""
    @property
    def user(self) -> int | None:
        """The owner's uid."""
    @property
    def group(self) -> int | None:
        """The gid."""
    @property
    def size(self) -> int | None:
        """The size in bytes."""
    @property
    def atime(self) -> int | None:
        """The last access, in seconds since 1970."""
    @property
    def mtime(self) -> int | None:
        """The last change of the content, in seconds since 1970."""
    @property
    def ctime(self) -> int | None:
        """The last change of the inode, in seconds since 1970."""
    @property
    def fname(self) -> str | None:
        """The path that was asked about."""
    @property
    def name(self) -> str | None:
        """The file's name as the file system spells it; mostly None."""
    @property
    def filetype(self) -> int | None:
        """One of APR_NOFILE, APR_REG, APR_DIR and so on; None if nobody asked for it."""
    @property
    def valid(self) -> int:
        """A mask of APR_FINFO_*, of what is known."""
    def __getitem__(self, index: int, /) -> int | str | None: ...
    def __iter__(self) -> Iterator[int | str | None]: ...

@final
class mp_request:
    """A request, as httpd knows it (request_rec).

    Usable while a handler of the request runs; afterwards everything raises ReferenceError. Scripts may set further
    attributes.
    """

    assbackwards: int
    """1 for HTTP/0.9, which has no headers (r->assbackwards)."""
    proxyreq: int
    """One of PROXYREQ_*; 0 for a request to this server (r->proxyreq)."""
    uri: str
    """The path of the URL, decoded (r->uri)."""
    args: str | None
    """The query string (r->args)."""
    filename: str | None
    """The file that the URL maps to (r->filename)."""
    finfo: mp_finfo
    """What is known about the file, read anew at each access; of type APR_NOFILE if there is none; assigning copies
    another one's content (r->finfo).
    """
    canonical_filename: str | None
    """The same in true case (r->canonical_filename)."""
    path_info: str | None
    """What follows the file in the URL (r->path_info)."""
    used_path_info: int
    """One of AP_REQ_*_PATH_INFO: whether what follows the file is accepted; 2, as the handler likes it, at first
    (r->used_path_info).
    """
    user: str | None
    """The authenticated user (r->user)."""
    ap_auth_type: str | None
    """How the user was authenticated, such as 'Basic' (r->ap_auth_type)."""
    status: int
    """The HTTP status of the answer (r->status); 200 at first."""
    status_line: str | None
    """Status and reason, such as '404 Not Found'; httpd uses it if its number is that of status (r->status_line)."""
    content_type: str | None
    """The Content-Type of the answer (r->content_type)."""
    chunked: int
    """1 if the answer is sent chunked (r->chunked)."""
    no_cache: int
    """1 to tell the client not to keep the answer, with an Expires header (r->no_cache)."""
    no_local_copy: int
    """1 if there is no local copy: never answer 304 (r->no_local_copy)."""
    handler: str | None
    """The name of the handler that answers (r->handler)."""
    @property
    def the_request(self) -> str:
        """The first line of the request (r->the_request); a redirect does not change it."""
    @property
    def method(self) -> str:
        """The request method (r->method)."""
    @property
    def method_number(self) -> int:
        """The method as one of M_*; M_GET for HEAD too (r->method_number)."""
    @property
    def protocol(self) -> str:
        """The protocol, such as 'HTTP/1.1' (r->protocol)."""
    @property
    def proto_num(self) -> int:
        """The protocol as 1000 * major + minor (r->proto_num)."""
    @property
    def header_only(self) -> int:
        """1 for HEAD (r->header_only)."""
    @property
    def request_time(self) -> float:
        """When the request line was read, in seconds since 1970 (r->request_time)."""
    @property
    def unparsed_uri(self) -> str:
        """The URL as the client sent it (r->unparsed_uri)."""
    @property
    def parsed_uri(self) -> tuple[str | int | None, ...]:
        """The URL's scheme, hostinfo, user, password, hostname, port, path, query and fragment, by URI_*; int for the
        port, None for what is not there (r->parsed_uri).
        """
    @property
    def hostname(self) -> str | None:
        """The host that the client asked for, without a port (r->hostname)."""
    @property
    def useragent_ip(self) -> str:
        """The client's address, as mod_remoteip may have found it (r->useragent_ip)."""
    @property
    def useragent_addr(self) -> tuple[str, int] | None:
        """The client's address and port (r->useragent_addr)."""
    @property
    def range(self) -> str | None:
        """The Range header (r->range)."""
    @property
    def remaining(self) -> int:
        """Bytes of the body, 0 once its end was read or if it has no known length (r->remaining)."""
    @property
    def read_length(self) -> int:
        """Bytes of the body that were read (r->read_length)."""
    @property
    def read_body(self) -> int:
        """How the body is read, one of REQUEST_*; 0 before the first read (r->read_body)."""
    @property
    def read_chunked(self) -> int:
        """1 if the body is chunked and being read (r->read_chunked)."""
    @property
    def expecting_100(self) -> int:
        """1 if the client waits for 100 Continue (r->expecting_100)."""
    @property
    def _content_type_set(self) -> int:
        """1 if a script has set content_type."""
    @property
    def content_encoding(self) -> str | None:
        """The Content-Encoding of the answer (r->content_encoding)."""
    @property
    def content_languages(self) -> tuple[str, ...]:
        """The Content-Language of the answer (r->content_languages)."""
    @property
    def vlist_validator(self) -> str | None:
        """The validator of a negotiated variant list (r->vlist_validator)."""
    @property
    def clength(self) -> int:
        """The length of the answer's body, as set_content_length() set it (r->clength)."""
    @property
    def sent_bodyct(self) -> int:
        """1 once the headers are on their way (r->sent_bodyct)."""
    @property
    def bytes_sent(self) -> int:
        """Bytes of the body that were sent (r->bytes_sent)."""
    @property
    def _bytes_queued(self) -> int:
        """Bytes that were handed to write() and sendfile()."""
    @property
    def eos_sent(self) -> int:
        """1 once the end of the answer was sent (r->eos_sent)."""
    @property
    def mtime(self) -> float:
        """When the answer's content was modified, in seconds since 1970; 0.0 if nobody has said so; see update_mtime()
        (r->mtime).
        """
    @property
    def allowed(self) -> int:
        """A bit for each method that is allowed, 1 << M_* (r->allowed)."""
    @property
    def allowed_xmethods(self) -> tuple[str, ...]:
        """Extension methods that are allowed (r->allowed_xmethods)."""
    @property
    def allowed_methods(self) -> tuple[str, ...]:
        """Methods that allow_methods() allowed and that httpd has no number for (r->allowed_methods)."""
    @property
    def headers_in(self) -> table:
        """The request's headers (r->headers_in)."""
    @property
    def headers_out(self) -> table:
        """The answer's headers (r->headers_out)."""
    @property
    def err_headers_out(self) -> table:
        """Headers of the answer that are sent with an error page too (r->err_headers_out)."""
    @property
    def subprocess_env(self) -> table:
        """Variables for CGI, SSI and WSGI; a value may be None (r->subprocess_env)."""
    @property
    def notes(self) -> table:
        """What modules tell each other (r->notes)."""
    @property
    def phase(self) -> str | None:
        """The directive of the phase that runs, such as 'PythonHandler'."""
    @property
    def hlist(self) -> mp_hlist | None:
        """The handlers of the phase that runs."""
    @property
    def extension(self) -> str | None:
        """The extension of the file's name by which the running phase's handlers were chosen, '' for a name without
        one; None where the list is not restricted to an extension.
        """
    @property
    def interpreter(self) -> str:
        """The name of the interpreter that this code runs in."""
    @property
    def main(self) -> mp_request | None:
        """The request that this sub-request was made for (r->main)."""
    @property
    def prev(self) -> mp_request | None:
        """The request that was redirected to this one (r->prev)."""
    @property
    def next(self) -> mp_request | None:
        """The request that this one was redirected to (r->next)."""
    @property
    def _request_rec(self) -> object:
        """The address of the request_rec, for C modules, in a capsule without a name. It is the same object each time;
        once the request has ended, PyCapsule_GetPointer fails for it.
        """
    @property
    def connection(self) -> mp_conn:
        """The connection that the request came on (r->connection)."""
    @property
    def server(self) -> mp_server:
        """The virtual host, or the main server, that serves the request (r->server)."""
    def write(self, data: str | _Buffer, flush: object = 1, /) -> None:
        """Sends str (as UTF-8) or any bytes-like object to the client; with flush, at once, else httpd may keep up to
        8000 bytes back. ClientDisconnected or ClientTimeout, both OSError, if the client takes no more; BufferError
        for a buffer that is not contiguous.
        """
    def flush(self) -> None:
        """Sends what was written so far, headers first. ClientDisconnected or ClientTimeout, both OSError, if the
        client takes no more.
        """
    def sendfile(self, path: str | bytes | PathLike[str] | PathLike[bytes], offset: int = 0, len: int = -1, /) -> int:
        """Sends part of a regular file, and returns how many bytes: len, or what there is from offset on if that is
        less or len is -1. path: str, bytes or os.PathLike; symbolic links are followed. By the kernel's sendfile
        under EnableSendfile. OSError, before anything is sent, for what is no readable regular file; ValueError for
        a negative offset or length.
        """
    def read(self, len: int = -1, /) -> bytes:
        """Up to len bytes of the request's body, as bytes, fewer only at its end; all that is left if len is negative;
        b'' at its end. ClientDisconnected, ClientTimeout, BodyTooLarge or BodyMalformed, all OSError, if there is no
        more to be had; SERVER_RETURN for a body that httpd refuses.
        """
    def readline(self, len: int = -1, /) -> bytes:
        """The next line of the request's body, as bytes with its '\\n', at most len bytes of it if len is not negative;
        b'' at its end. Errors as of read().
        """
    def readlines(self, sizehint: int = -1, /) -> list[bytes]:
        """The lines of the request's body, as a list of bytes; with a positive sizehint, only so many that they have
        that many bytes. Errors as of read().
        """
    def discard_request_body(self) -> int:
        """Reads the rest of the request's body and forgets it. Returns OK, or the HTTP status that stands for what
        failed.
        """
    def __iter__(self) -> Iterator[bytes]: ...
    def __next__(self) -> bytes: ...
    def log_error(self, message: str | None, level: int = 3, /) -> None:
        """An entry in the error log, with the request's client. message: str, or None for no entry; level: one of
        APLOG_*, of which 3 is APLOG_ERR.
        """
    def get_config(self) -> table:
        """The Python* settings in effect for this request, as a table; flags are '1' and '0'."""
    def get_options(self) -> table:
        """The PythonOption values in effect for this request, as a table."""
    def add_handler(self, phase: str, handler: str, dir: str | None = None, /) -> None:
        """Adds a handler, given as in the configuration, to a phase of this request, such as 'PythonFixupHandler'; to
        the end of the running list if it is that phase's. dir: a directory to look for its module in. IndexError for
        what is no such phase.
        """
    def register_cleanup(self, callable: Callable[[Any], object], data: Any = None, /) -> None:
        """Calls callable(data) when the request is destroyed, after it was logged; the last one registered first.
        ValueError if it is not callable.
        """
    def get_addhandler_exts(self) -> str:
        """The extensions that AddHandler maps to mod_python, without their dots, each followed by a space: of the
        server, the virtual host and all of their sections, but not of .htaccess files; '' if there is none.
        """
    def allow_methods(self, methods: Iterable[str | bytes], reset: object = 0, /) -> None:
        """Adds to the methods that an Allow header names, as with 405 (RFC 9110, 10.2.1); with reset, those that were
        there are forgotten first. methods: a sequence of str.
        """
    def set_content_length(self, length: int, /) -> None:
        """Sets the Content-Length header and clength, in bytes (ap_set_content_length). ValueError below 0."""
    def send_http_header(self) -> None:
        """Does nothing: headers are sent with the first data."""
    def set_etag(self) -> None:
        """Sets the ETag header from the file (ap_set_etag)."""
    def set_last_modified(self) -> None:
        """Sets the Last-Modified header from mtime (ap_set_last_modified)."""
    def update_mtime(self, seconds: float, /) -> None:
        """Raises mtime to that time, in seconds since 1970, whole ones; an earlier time changes nothing
        (ap_update_mtime).
        """
    def meets_conditions(self) -> int:
        """OK, or the status that the request's conditions ask for, such as HTTP_NOT_MODIFIED (RFC 9110, 13;
        ap_meets_conditions).
        """
    def construct_url(self, path: str | bytes, /) -> str:
        """The path as a URL of this server, with scheme, host and, unless it is the usual one, port; see
        UseCanonicalName (ap_construct_url).
        """
    def document_root(self) -> str:
        """The DocumentRoot in effect, a str (ap_document_root)."""
    def is_https(self) -> int:
        """1 if the connection is encrypted by mod_ssl, else 0."""
    def ssl_var_lookup(self, name: str | bytes, /) -> str | None:
        """The value of a variable of mod_ssl's, such as 'SSL_PROTOCOL'; None if it has none, or without mod_ssl."""
    def auth_name(self) -> str | None:
        """AuthName in effect, a str or None (ap_auth_name)."""
    def auth_type(self) -> str | None:
        """AuthType in effect, a str or None (ap_auth_type)."""
    def get_basic_auth_pw(self) -> str | None:
        """The password that the client sent for Basic authentication (RFC 7617), as ISO-8859-1 text; sets user and
        ap_auth_type. None if it sent none, or if the configuration does not ask for it with AuthType Basic and
        AuthName; a missing header is noted for the answer (ap_get_basic_auth_pw).
        """
    def internal_redirect(self, uri: str | bytes, /) -> None:
        """Runs a new request for another path of this server, which answers in place of this one; it is done when this
        returns. RuntimeError in another thread than the handler's (ap_internal_redirect).
        """
    def add_common_vars(self) -> None:
        """Adds the variables that CGI and SSI share to subprocess_env (ap_add_common_vars); may look up the client's
        name.
        """
    def add_cgi_vars(self) -> None:
        """Adds the variables of CGI (RFC 3875) to subprocess_env, but for PATH_TRANSLATED. REQUEST_URI is uri, without
        the query.
        """
    def build_wsgi_env(self) -> dict[str, Any] | None:
        """The environment of a WSGI application (PEP 3333), a dict; path_info becomes what follows the base URI, which
        is PythonOption mod_python.wsgi.base_uri or the path of the handler's <Location>. None if the URL is not
        below that option's; ValueError if the option ends with a slash.
        """
    @overload
    def get_remote_host(self, type: int = 1, str_is_ip: None = None, /) -> str | None:
        """The client's name or address, by one of REMOTE_*; may look up names, see HostnameLookups. None if there is no
        name. With a str_is_ip other than None a tuple of that and 1 for an address, 0 for a name
        (ap_get_useragent_host).
        """
    @overload
    def get_remote_host(self, type: int, str_is_ip: object, /) -> tuple[str, int] | None:
        """The client's name or address, by one of REMOTE_*; may look up names, see HostnameLookups. None if there is
        no name. With a str_is_ip other than None a tuple of that and 1 for an address, 0 for a name
        (ap_get_useragent_host).
        """
    def wsgi_start_response(
        self,
        status: str | bytes,
        headers: list[tuple[str | bytes, str | bytes]],
        exc_info: tuple[Any, Any, Any] | None = None,
        /,
    ) -> Callable[..., None]:
        """Begins the answer of a WSGI application (PEP 3333) and returns write. With exc_info, what was begun before is
        replaced, or the exception raised again if headers were sent. TypeError if headers is no list of tuples of
        str; ValueError for a status that does not begin with 200 to 599, for what cannot stand in a header, and for
        headers of the connection; RuntimeError for a second call without exc_info.
        """
    def add_input_filter(self, name: str | bytes, /) -> None:
        """Places a filter between the client and who reads the body: one that was registered on this request under
        exactly this name, or else one of httpd's. An unknown name is logged.
        """
    def add_output_filter(self, name: str | bytes, /) -> None:
        """Places a filter between who writes the answer and the client: one that was registered on this request under
        exactly this name, or else one of httpd's. An unknown name is logged.
        """
    def register_input_filter(self, name: str | bytes, handler: str | bytes, dir: str | bytes | None = None, /) -> None:
        """Registers an input filter for this request; add_input_filter places it. handler: as in the configuration;
        dir: a directory to look for its module in.
        """
    def register_output_filter(
        self, name: str | bytes, handler: str | bytes, dir: str | bytes | None = None, /
    ) -> None:
        """Registers an output filter for this request; add_output_filter places it. handler: as in the configuration;
        dir: a directory to look for its module in.
        """
    # Scripts set attributes of their own.
    def __getattr__(self, name: str, /) -> Any: ...
    def __setattr__(self, name: str, value: Any, /) -> None: ...

@final
class mp_filter:
    """One call of a filter (ap_filter_t and the bucket brigade it was called with).

    Usable during that call; afterwards everything raises ReferenceError. What a filter remembers it keeps on
    filter.req.
    """

    softspace: int
    """For what prints to the filter; 0 at first."""
    @property
    def name(self) -> str:
        """The name under which the filter is registered; in lower case if by the configuration
        (ap_filter_rec_t.name).
        """
    @property
    def req(self) -> mp_request:
        """The request that is filtered."""
    @property
    def is_input(self) -> int:
        """1 for an input filter, 0 for an output filter."""
    @property
    def handler(self) -> str:
        """The handler, as configured or registered."""
    @property
    def dir(self) -> str | None:
        """The directory that the filter was configured for, with a slash at its end; the text of a <Location>; None at
        server level.
        """
    @property
    def closed(self) -> int:
        """1 after close(), else 0."""
    def read(self, len: int = -1, /) -> bytes | None:
        """Up to len bytes of the data, as bytes; all that this call is for if len is negative. b'' when nothing is left
        until the next call; None at the end of the stream. ValueError if the filter is closed, OSError if the data
        cannot be read.
        """
    def readline(self, len: int = -1, /) -> bytes | None:
        """As read(), but no further than the end of a line, which is included."""
    def write(self, data: str | _Buffer, /) -> None:
        """Appends str (as UTF-8) or a bytes-like object to what goes on. ValueError if the filter is closed, OSError if
        the next filter or the connection fails.
        """
    def flush(self) -> None:
        """Sends on what was written, with a request to send it at once. OSError if the next filter or the connection
        fails.
        """
    def close(self) -> None:
        """Sends on what was written and ends the stream: nothing is filtered after it. OSError if the next filter or
        the connection fails.
        """
    def pass_on(self) -> None:
        """Sends on, unchanged, what has not been read. OSError if the next filter, the connection or the source
        fails.
        """
    def disable(self) -> None:
        """Lets everything pass unchanged from now on, for the rest of the request."""

def log_error(message: str | None, level: int = 3, server: mp_server | None = None, /) -> None:
    """An entry in the error log of the main server, or of the one given. message: str, or None for no entry; level: one
    of APLOG_*, of which 3 is APLOG_ERR.
    """

def _print(stream: int, text: str | bytes, /) -> None: ...
def _flush(stream: int, /) -> None: ...
def _log(level: int, text: str, file: str, line: int, server: mp_server | None, /) -> None: ...
def _log_level(server: mp_server | None, /) -> int: ...
def _parse_cookies(header: str | bytes, /) -> dict[str, str]: ...
def _separate_cookies(header: str, /) -> str: ...
def _marshal_dumps(value: object, /) -> bytes: ...
def _marshal_loads(data: bytes, /) -> object: ...
def _log_forged_cookie(message: str, /) -> None: ...
def _one_at_a_time(function: Callable[[], _T], /) -> _T: ...
def _log_output_lost(message: str, /) -> None: ...
def __import__(  # noqa: N807
    name: str,
    globals: Mapping[str, object] | None = None,
    locals: Mapping[str, object] | None = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> ModuleType: ...
def _find_neighbours_with(find: Callable[[str, Any], ModuleType | None], /) -> None: ...
def _module_changes(more: int, /) -> int: ...
def _number_thread() -> None: ...
def _freeze_modules() -> None: ...
def _note_file(file: str, /) -> None: ...
def _log_file_gone(message: str, /) -> None: ...
def _log_hook_failed(message: str, /) -> None: ...
def _watch(changes: int, files: list[str | int], /) -> Any: ...
def _psp_program(
    source: str | bytes,
    include: Callable[[str, int, int], str | bytes],
    problem: Callable[[str, int, int], BaseException],
    /,
) -> tuple[str, list[int]]: ...
def _handler_root(req: mp_request, /) -> str: ...
def _log_psp_cache_refused(message: str, /) -> None: ...
def _log_psp_file_refused(message: str, /) -> None: ...
def _may_see(req: mp_request, option: str, /) -> bool: ...
def _import_settings(req: mp_request, /) -> tuple[bool, bool, str | None, str | None]: ...
def _parse_header(line: bytes, /) -> tuple[bytes, list[tuple[bytes, bytes]]]: ...
def _log_form_refused(reason: str, /) -> None: ...
def _is_in_pool() -> bool: ...
def recycle() -> bool:
    """Has this interpreter replaced by a fresh one, which is made in the background; this one serves until then, and
    ends when its last request is done. False if that is under way already, and in main_interpreter, which lives as
    long as the child.
    """

def _wsgi_handler(req: mp_request, /) -> int:
    """Serves a request by the WSGI application (PEP 3333) that PythonOption mod_python.wsgi.application names: the
    handler of mod_python.wsgi. DECLINED, and a warning in the log, if there is none."""

def config_tree() -> list[Any]:
    """httpd's configuration (ap_conftree), copied: a list with a (directive, arguments) tuple for each directive, in
    file order. The tuple of a container, whose name begins with '<' and whose arguments end with '>', is followed by
    a list of what it contains, if anything. Directives that httpd executes while it reads, such as LoadModule, and
    .htaccess files are not in it.
    """

def server_root() -> str:
    """The directory that ServerRoot names, as str."""

def mpm_query(code: int, /) -> int:
    """What the MPM says to one of AP_MPMQ_* (ap_mpm_query), as int; 0 to a code that it does not know. TypeError if
    code is no int.
    """

def exists_config_define(name: str | bytes, /) -> bool:
    """Whether httpd was started with -D name, or Define defines it."""

def stat(fname: str | bytes, wanted: int, /) -> mp_finfo:
    """What APR knows about a file, as mp_finfo; wanted is a mask of APR_FINFO_*, and APR_FINFO_LINK asks about a link
    itself. The filetype is APR_NOFILE if there is no such file; OSError if it cannot be known.
    """

@overload
def parse_qs(query: str, keep_blank_values: object = 0, strict_parsing: object = 0, /) -> dict[str, list[str]]:
    """The fields of a query string or form body, as a dict of lists. Of str, str: decoded as UTF-8, with surrogates for
    bytes that are not (PEP 383). Of bytes, bytes. Both & and ; separate. strict_parsing says nothing. TypeError for
    a str beyond ISO-8859-1.
    """

@overload
def parse_qs(query: bytes, keep_blank_values: object = 0, strict_parsing: object = 0, /) -> dict[bytes, list[bytes]]:
    """The same, with all parts as bytes."""

@overload
def parse_qsl(query: str, keep_blank_values: object = 0, strict_parsing: object = 0, /) -> list[tuple[str, str]]:
    """As parse_qs(), but a list of (name, value) tuples in order."""

@overload
def parse_qsl(query: bytes, keep_blank_values: object = 0, strict_parsing: object = 0, /) -> list[tuple[bytes, bytes]]:
    """The same, with all parts as bytes."""

def _cache_provider() -> tuple[str, bool] | None:
    """The name of the provider that PythonSessionCache names, and whether it is of this machine, so that
    _cache_replace() can be used; None without one.
    """

def _cache_retrieve(id: bytes, patience: float, /) -> bytes | None:
    """The bytes kept under an id, or None. patience: how many seconds to wait for another machine's answer. OSError if
    the cache does not answer.
    """

def _cache_store(id: bytes, data: bytes, seconds: int, patience: float, /) -> None:
    """Keeps bytes under an id for so many seconds, thirty days at most. OSError if the cache does not answer; its errno
    is EFBIG if it refuses them.
    """

def _cache_remove(id: bytes, patience: float, /) -> None:
    """Forgets what is kept under an id, if anything. OSError if the cache does not answer."""

def _cache_replace(id: bytes, prefix: bytes | None, data: bytes, seconds: int, /) -> bool:
    """As _cache_store(), but only if what is kept begins with prefix, or if prefix is None and nothing is kept; as one
    step. False if it was not so. OSError for a provider that is not of this machine.
    """

class multipart_parser:
    """Parses a body of type multipart/* (RFC 2046, 5.1) piece by piece. boundary: bytes; the others limit the headers
    of each part. ValueError for a boundary that is empty or has control characters.
    """

    def __init__(self, boundary: bytes, header_bytes: int, header_lines: int, /) -> None: ...
    @property
    def ended(self) -> bool:
        """Whether the closing delimiter was seen, or close() called; feed() ignores what comes then."""
    def feed(self, data: bytes, /) -> list[list[tuple[bytes, bytes]] | bytes | None]:
        """Takes the next bytes of the body, and returns what is known now: a list for a part that begins, with the
        (name, value) pairs of its headers; bytes for some of its content; None for its end. ValueError for malformed
        headers, after which the parser is of no use.
        """
    def close(self) -> list[list[tuple[bytes, bytes]] | bytes | None]:
        """Ends the body, and returns what feed() has not."""

def _global_lock(server: mp_server, key: object, index: int = -1, /) -> None:
    """Takes a lock that holds among all processes of the server; waits for it. The key chooses the lock, and several
    keys may share one; an index of 0 or more chooses it instead of the key. Not recursive. ValueError if there is no
    such lock.
    """

def _global_trylock(server: mp_server, key: object, index: int = -1, /) -> bool:
    """As _global_lock(), but does not wait: True if the lock was taken, False if it is held."""

def _global_unlock(server: mp_server, key: object, index: int = -1, /) -> None:
    """Releases a lock that this process has taken, on whichever thread. ValueError if it holds no such lock."""

def _lock_file(server: mp_server, /) -> str:
    """The name of a file that belongs to the server: each of its processes may open it, others may not, and it stays as
    long as the server does. Byte ranges of it can be locked (fcntl F_OFD_SETLKW); it must not be changed. ValueError
    without locks.
    """

@final
class mp_hlist:
    """The handlers of the running phase, as a cursor on the one that runs. At its end, and when the phase is over,
    every attribute is None.
    """

    @property
    def handler(self) -> str | None:
        """The handler, as configured."""
    @property
    def directory(self) -> str | None:
        """The directory that the handler was configured for, with a slash at its end; the text of a <Location>; None at
        server level.
        """
    @property
    def is_location(self) -> bool | None:
        """Whether the handler was configured in a <Location>."""
    @property
    def silent(self) -> int | None:
        """1 for a handler of PythonHandlerModule, which is passed over where its module has no such object; else 0."""
    def next(self) -> None:
        """Goes on to the next handler, so that the one after it is not run."""

@final
class mp_conn:
    """A connection, as httpd knows it (conn_rec).

    Usable while its connection handler, or a handler of its request, runs; afterwards everything raises ReferenceError.
    """

    keepalive: int
    """Whether the connection is kept for another request: AP_CONN_UNKNOWN (0), AP_CONN_CLOSE (1) or AP_CONN_KEEPALIVE
    (2) (c->keepalive). ValueError for any other number.
    """
    @property
    def base_server(self) -> mp_server:
        """The server that the connection's address and port belong to (c->base_server); for name-based virtual hosts
        the first of them, whatever the request names.
        """
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
        """The user that the client's host names (RFC 1413); None if it was not asked (c->remote_logname)."""
    @property
    def aborted(self) -> int:
        """1 if the client is known to be gone, else 0 (c->aborted)."""
    @property
    def double_reverse(self) -> int:
        """1 if the client's name leads back to its address, -1 if not, 0 if not looked up (c->double_reverse)."""
    @property
    def keepalives(self) -> int:
        """How many answers left the connection open, the one whose headers went out last among them (c->keepalives)."""
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
        """The conn_rec, for extensions written in C. It dangles once the connection has ended, which is theirs to
        mind.
        """
    def read(self, len: int = 0, /) -> bytes | None:
        """Waits until there is input, and returns up to len bytes of it; without len, or with 0, what has come in; with
        a negative len, everything until the client closes. None at the end of the input, told once; after that
        OSError, as for a connection that fails or a client that is silent for longer than Timeout.
        """
    def readline(self, len: int = 0, /) -> bytes:
        """Waits for a line, and returns it with its newline; at most len bytes of it if len is positive, the rest being
        left for the next call. Input that ends without a newline is a line too; b'' at the end of the input, told
        once; after that OSError, as for a connection that fails or a client that is silent for longer than Timeout,
        whose unfinished line is left for the next call.
        """
    def write(self, data: str | _Buffer, /) -> None:
        """Sends str (as UTF-8) or a bytes-like object to the client at once. OSError if the connection fails."""
    def log_error(self, message: str | None, level: int = 3, /) -> None:
        """An entry in the error log, with the client. message: str, or None for no entry; level: one of APLOG_*, of
        which 3 is APLOG_ERR.
        """

@final
class mp_server:
    """A virtual host, or the main server, as httpd knows it (server_rec).

    May be kept. Scripts may set further attributes, which are this object's alone: req.server is a new object for each
    request.
    """

    @property
    def next(self) -> mp_server | None:
        """The next one in httpd's list (s->next)."""
    @property
    def defn_name(self) -> str | None:
        """The file that defines the virtual host (s->defn_name); None for the main server."""
    @property
    def defn_line_number(self) -> int:
        """The line of that file (s->defn_line_number); 0 for the main server."""
    @property
    def server_admin(self) -> str:
        """ServerAdmin (s->server_admin)."""
    @property
    def server_hostname(self) -> str:
        """ServerName without the port (s->server_hostname)."""
    @property
    def port(self) -> int:
        """The port of ServerName (s->port); 0 if it names none."""
    @property
    def error_fname(self) -> str:
        """ErrorLog, as written (s->error_fname)."""
    @property
    def loglevel(self) -> int:
        """LogLevel, APLOG_EMERG (0) to APLOG_DEBUG (7), and traces to 15 (s->log.level)."""
    @property
    def is_virtual(self) -> int:
        """1 for a virtual host, else 0 (s->is_virtual)."""
    @property
    def timeout(self) -> float:
        """Timeout, in seconds (s->timeout)."""
    @property
    def keep_alive_timeout(self) -> float:
        """KeepAliveTimeout, in seconds (s->keep_alive_timeout)."""
    @property
    def keep_alive_max(self) -> int:
        """MaxKeepAliveRequests; 0 is no limit (s->keep_alive_max)."""
    @property
    def keep_alive(self) -> int:
        """1 if KeepAlive is On, else 0 (s->keep_alive)."""
    @property
    def path(self) -> str | None:
        """ServerPath (s->path)."""
    @property
    def pathlen(self) -> int:
        """The length of ServerPath in bytes (s->pathlen)."""
    @property
    def names(self) -> tuple[str, ...]:
        """ServerAlias without wildcards (s->names)."""
    @property
    def wild_names(self) -> tuple[str, ...]:
        """ServerAlias with wildcards (s->wild_names)."""
    @property
    def limit_req_line(self) -> int:
        """LimitRequestLine, in bytes (s->limit_req_line)."""
    @property
    def limit_req_fieldsize(self) -> int:
        """LimitRequestFieldSize, in bytes (s->limit_req_fieldsize)."""
    @property
    def limit_req_fields(self) -> int:
        """LimitRequestFields (s->limit_req_fields)."""
    @property
    def my_generation(self) -> int:
        """How often httpd has been restarted since it was started (AP_MPMQ_GENERATION)."""
    @property
    def restart_time(self) -> float:
        """When httpd was last started, or restarted without grace, in seconds since 1970 (the scoreboard's
        restart_time); 0.0 if there is no scoreboard.
        """
    @property
    def _server_rec(self) -> object:
        """The server_rec, for extensions written in C."""
    def get_config(self) -> table:
        """The Python* settings of the server as a whole, as a table that all interpreters of this child share; flags
        are '1' and '0'. Writing to it changes no setting.
        """
    def get_options(self) -> table:
        """The PythonOption values of the server as a whole, as a table that all interpreters of this child share: what
        is written to it is seen in later requests.
        """
    def log_error(self, message: str | None, level: int = 3, /) -> None:
        """An entry in the server's error log. message: str, or None for no entry; level: one of APLOG_*, of which 3 is
        APLOG_ERR.
        """
    def register_cleanup(self, req: mp_request, callable: Callable[[Any], object], data: object = None, /) -> None:
        """Calls callable(data) in this interpreter when the child exits; the last one registered first. ValueError if
        req is no request, or callable is not callable.
        """
    # Scripts set attributes of their own.
    def __getattr__(self, name: str, /) -> Any: ...
    def __setattr__(self, name: str, value: Any, /) -> None: ...

def register_cleanup(
    interpreter: str | None, server: mp_server, callable: Callable[[Any], object], data: object = None, /
) -> None:
    """Calls callable(data) when the child exits; a failure goes to the server's log. interpreter: the name of the one
    that this code runs in. ValueError for any other, for what is no server, and if callable is not callable.
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
