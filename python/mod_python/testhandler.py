"""A page that shows what httpd and Python are like where a request is handled.

``SetHandler mod_python`` and ``PythonHandler mod_python.testhandler``. It shows the configuration and the error
log, so it answers clients on the same machine only, unless ``PythonOption mod_python.testhandler.allow``
names others. See docs/testhandler.md.
"""

import importlib
import io
import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import Any, Generic, TypeVar

import _apache

from mod_python import apache, util

_T = TypeVar("_T")

_ALLOW = "mod_python.testhandler.allow"

_LINES = 100

# Where the last lines of a log are looked for: it may be larger than any memory.
_TAIL = 256 * 1024

_STYLE = "body{font-family:sans-serif}table{border-collapse:collapse}td,th{border:1px solid #999;padding:2px 6px;\
text-align:left;vertical-align:top;overflow-wrap:anywhere}"


class bounded_buffer(Generic[_T]):  # noqa: N801  (the name that it has always had)
    """The last so many things of those that were appended; iteration begins with the oldest."""

    def __init__(self, size: int) -> None:
        self._items: deque[_T] = deque(maxlen=size)

    def append(self, value: _T) -> None:
        self._items.append(value)

    def items(self) -> list[_T]:
        return list(self._items)

    def __iter__(self) -> Iterator[_T]:
        return iter(self.items())

    def __len__(self) -> int:
        return len(self._items)


def handler(req: _apache.mp_request) -> int:
    """The page; with ``view_log`` in the query, the last lines of the error log. 403 for strangers."""
    if not _apache._may_see(req, _ALLOW):
        req.log_error(f"MPY0945: {req.useragent_ip} may not see the page of mod_python.testhandler", apache.APLOG_INFO)
        return apache.HTTP_FORBIDDEN
    req.form = util.FieldStorage(req)
    req.headers_out["Cache-Control"] = "no-store"
    req.headers_out["X-Content-Type-Options"] = "nosniff"
    if req.form.getfirst("view_log"):
        return _send_log(req)
    req.add_common_vars()
    req.content_type = "text/html; charset=utf-8"
    req.headers_out["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"
    _write(req, "".join(_page(req)))
    return apache.OK


def _write(req: _apache.mp_request, text: str) -> None:
    # Configuration and paths may hold bytes that are no UTF-8, which are lone surrogates here.
    req.write(text.encode("utf-8", "backslashreplace"))


# --- the log ---


def _send_log(req: _apache.mp_request) -> int:
    path = _log_file(req.server)
    try:
        lines = _last_lines(path) if path is not None else None
    except OSError as error:
        req.log_error(f"MPY0946: the error log cannot be shown: {error}", apache.APLOG_WARNING)
        lines = None
    if lines is None:
        return apache.HTTP_NOT_FOUND
    req.content_type = "text/plain; charset=utf-8"
    req.write(b"".join(lines))
    return apache.OK


def _log_file(server: _apache.mp_server) -> Path | None:
    """None for a log that is no file of its own: a program's, or the system's."""
    name = server.error_fname
    if not name or name.startswith(("|", "syslog:")) or name == "syslog":
        return None
    return Path(apache.server_root(), name)


def _last_lines(path: Path) -> Iterable[bytes]:
    lines: bounded_buffer[bytes] = bounded_buffer(_LINES)
    # A pipe with nobody at its other end would be waited for.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(size - _TAIL, 0))
        for line in file.read(_TAIL).splitlines(keepends=True):
            lines.append(line)
    return lines


# --- the page ---


def _page(req: _apache.mp_request) -> Iterator[str]:
    server = req.server
    yield "<!DOCTYPE html>\n<html lang=en><head><title>mod_python test page</title>"
    yield f"<style>{_STYLE}</style></head><body>\n"
    yield "<h1>mod_python test page</h1>\n"
    yield from _table("General information", _general(req))
    for title, table in (
        ("Request input headers", req.headers_in),
        ("Request environment", req.subprocess_env),
        ("Request configuration", req.get_config()),
        ("Request options", req.get_options()),
        ("Request notes", req.notes),
        ("Server configuration", server.get_config()),
        ("Server options", server.get_options()),
    ):
        yield from _table(title, sorted(table.items()))
    yield "<h2>Server configuration tree</h2>\n<pre>"
    yield escape("\n".join(_tree(apache.config_tree(), 0)))
    yield "</pre>\n</body></html>\n"


def _table(title: str, rows: Iterable[tuple[str, Any]]) -> Iterator[str]:
    """Values that are `_Html` are that already."""
    yield f"<h2>{escape(title)}</h2>\n<table>\n"
    for name, value in rows:
        yield f"<tr><th>{escape(name)}</th><td>{value if isinstance(value, _Html) else escape(str(value))}</td></tr>\n"
    yield "</table>\n"


class _Html(str):
    """Text that is escaped already."""

    __slots__ = ()


def _general(req: _apache.mp_request) -> Iterator[tuple[str, object]]:
    yield "Apache version", req.subprocess_env.get("SERVER_SOFTWARE", "")
    yield "Apache threaded MPM", _many(apache.AP_MPMQ_IS_THREADED, apache.AP_MPMQ_MAX_THREADS, "threads")
    yield "Apache forked MPM", _many(apache.AP_MPMQ_IS_FORKED, apache.AP_MPMQ_MAX_DAEMONS, "processes")
    yield "Apache server root", apache.server_root()
    yield "Apache document root", req.document_root()
    yield "Apache error log", _log_link(req.server)
    yield "Python sys.version", sys.version
    yield "Python sys.path", _Html("<br>".join(escape(entry) for entry in sys.path))
    yield "Python interpreter name", req.interpreter
    for name in ("publisher", "psp"):
        yield f"mod_python.{name} available", _imports(f"mod_python.{name}")


def _log_link(server: _apache.mp_server) -> str:
    if _log_file(server) is None:
        return server.error_fname or "None"
    return _Html(f'{escape(server.error_fname)} (<a href="?view_log=1">view last {_LINES} lines</a>)')


def _many(question: int, limit: int, unit: str) -> str:
    return f"yes, maximum {apache.mpm_query(limit)} {unit}" if apache.mpm_query(question) else "no"


def _imports(name: str) -> str:
    try:
        importlib.import_module(name)
    except Exception as error:
        return f"no: {type(error).__name__}: {error}"
    return "yes"


def _tree(nodes: list[Any], depth: int) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, list):
            yield from _tree(node, depth + 1)
        else:
            directive, arguments = node
            yield f"{'    ' * depth}{directive} {arguments}".rstrip()
