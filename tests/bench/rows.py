"""What is measured: one row per way of answering a request.

Every row gets the same httpd configuration and the same request, GET /hello,
for a file that exists. A row adds the module that it loads and the directives
of the folder.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from . import peers, toolchain

BODY = "Hello, World!"

HOSTS = "50 of 1,000 hosts"

HANDLER = """\
from mod_python import apache


def handler(req):
    req.content_type = "text/plain"
    req.write("Hello, World!"{flush})
    return apache.OK
"""

PUBLISHED = """\
def index(req):
    return "Hello, World!"
"""
WSGI_DIRECTIVES = """\
SetHandler mod_python
PythonHandler mod_python.wsgi
PythonOption mod_python.wsgi.application bench_hello"""

WSGI = """\
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "13")])
    return [b"Hello, World!"]
"""

PAGE = 'Hello, <%= "World" %>!'

CGI = """\
#!/usr/bin/env python3
print("Content-Type: text/plain\\n")
print("Hello, World!", end="")
"""


@dataclass(frozen=True)
class Module:
    symbol: str
    path: Path
    python_path: Path | None = None


@dataclass(frozen=True)
class Backend:
    command: tuple[str, ...]
    python_path: Path


@dataclass(frozen=True)
class Row:
    key: str
    title: str
    module: Module | None
    directives: str
    files: dict[str, str]
    # Directives of the main server; in them `{root}` is the server's folder.
    server: str = ""
    # Modules of httpd's own that these directives need.
    modules: tuple[str, ...] = ()
    # A server behind httpd, which listens on `{root}/backend.sock`.
    backend: Backend | None = None
    floor: str | None = None
    budget: int | None = None
    throughput: bool = False
    # Requests per second in the table of mod_python's manual of 2003.
    manual: int | None = None
    # Whether httpd's own processes do the work, which is where instructions are counted.
    counted: bool = True
    # Virtual hosts, and how many of them are asked in turn; 0 for the main server alone.
    hosts: int = 0
    hosts_used: int = 0

    def host(self, number: int) -> str | None:
        """Which host the request of that number is for; those that are used lie apart."""
        if not self.hosts_used:
            return None
        return host_name(number % self.hosts_used * (self.hosts // self.hosts_used))


def host_name(number: int) -> str:
    return f"host{number}.bench.localhost"


def all_rows(ours: Module | None) -> list[Row]:
    """Every row that can be measured here, those of `ours` if that is wanted."""
    rows = [*_c_rows(), _static_row("static", "static file, no module", None), *_mod_cgi_rows()]
    if ours:
        rows += _rows_of_ours(ours)
    if peer := peers.mod_python():
        rows += _mod_python_rows(peer)
    if peer := peers.mod_wsgi():
        rows += _mod_wsgi_rows(peer)
    return rows


def c_row(floor: str | None = None) -> Row:
    module = Module("bench_module", toolchain.build_c_module())
    return Row("c", "C module", module, "SetHandler bench-hello", {"hello": ""}, floor=floor, throughput=True)


def _c_rows() -> list[Row]:
    plain = c_row()
    return [
        plain,
        replace(plain, key="c-flush", title="C module, flush", directives="SetHandler bench-hello-flush"),
        replace(plain, key="c-hosts", title=f"C module, {HOSTS}", throughput=False, hosts=1000, hosts_used=50),
    ]


def _rows_of_ours(module: Module) -> list[Row]:
    return [
        _handler_row("ours", "this module", module, flush=False, budget=5_000),
        _handler_row("ours-flush", "this module, flush", module, flush=True, budget=5_000),
        # What 50 interpreters, among which requests change, may cost more than one: 3 % of a request.
        replace(
            _handler_row("ours-hosts", f"this module, {HOSTS}", module, flush=False, budget=6_000),
            floor="c-hosts",
            # Looks for changes are rationed by time: under callgrind a host is asked so rarely that each
            # request would have one, which the row of one host has not.
            server="PythonAutoReload Off",
            throughput=False,
            hosts=1000,
            hosts_used=50,
        ),
        # What the handler row costs more where children count for the status page.
        replace(
            _handler_row("ours-status", "this module, status page named", module, flush=False, budget=500),
            floor="ours",
            # Elsewhere: a <Location> costs each request as much as the counting.
            server='<Directory "{root}/status">\nSetHandler python-status\n</Directory>',
            throughput=False,
        ),
        _page_row("ours-psp", "this module, PSP page", module, budget=25_000),
        _publisher_row("ours-publisher", "this module, publisher", module, budget=40_000),
        _wsgi_row("ours-wsgi", "this module, WSGI", module, budget=40_000),
        _static_row("ours-static", "static file, this module loaded", module, budget=500),
        _cgi_row("ours-cgi", "this module, cgihandler", module, budget=300_000),
    ]


def _mod_python_rows(peer: peers.Peer) -> list[Row]:
    """Without its publisher, which ends the child by SIGSEGV here (CPython 3.11)."""
    module = Module("python_module", peer.module, peer.python_path)
    return [
        _handler_row("mod_python", "mod_python 3.5", module, flush=False),
        _handler_row("mod_python-flush", "mod_python 3.5, flush", module, flush=True),
        _page_row("mod_python-psp", "mod_python 3.5, PSP page", module),
        _wsgi_row("mod_python-wsgi", "mod_python 3.5, WSGI", module),
        _static_row("mod_python-static", "static file, mod_python 3.5 loaded", module),
        _cgi_row("mod_python-cgi", "mod_python 3.5, cgihandler", module),
    ]


def _mod_wsgi_rows(peer: peers.Peer) -> list[Row]:
    module = Module("wsgi_module", peer.module, peer.python_path)
    return [
        Row(
            "mod_wsgi",
            "mod_wsgi, embedded",
            module,
            "SetHandler wsgi-script\nOptions +ExecCGI",
            {"hello": WSGI},
            floor="c",
            throughput=True,
        ),
        _static_row("mod_wsgi-static", "static file, mod_wsgi loaded", module),
    ]


def _mod_cgi_rows() -> list[Row]:
    """A process of its own for each request."""
    path = toolchain.find_httpd().modules / "mod_cgi.so"
    if not path.exists():
        return []
    return [
        Row(
            "cgi",
            "mod_cgi",
            Module("cgi_module", path),
            "SetHandler cgi-script\nOptions +ExecCGI",
            {"hello": CGI},
            counted=False,
            manual=23,
        )
    ]


def _cgi_row(key: str, title: str, module: Module, budget: int | None = None) -> Row:
    return Row(
        key,
        title,
        module,
        "SetHandler mod_python\nPythonHandler mod_python.cgihandler",
        {"hello": "", "hello.py": CGI},
        floor="c",
        budget=budget,
        manual=385 if budget else None,
    )


def _handler_row(key: str, title: str, module: Module, *, flush: bool, budget: int | None = None) -> Row:
    """write() flushes unless told not to, so each kind has its own floor."""
    return Row(
        key,
        title,
        module,
        "SetHandler mod_python\nPythonHandler bench_hello",
        {"hello": "", "bench_hello.py": HANDLER.format(flush="" if flush else ", 0")},
        floor="c-flush" if flush else "c",
        budget=budget,
        throughput=True,
        manual=1203 if budget and flush else None,
    )


def _page_row(key: str, title: str, module: Module, *, budget: int | None = None) -> Row:
    """A page with one expression."""
    directives = "SetHandler mod_python\nPythonHandler mod_python.psp"
    return Row(key, title, module, directives, {"hello": PAGE}, floor="c", budget=budget)


def _publisher_row(key: str, title: str, module: Module, *, budget: int | None = None) -> Row:
    """One function, found by the name of its module."""
    return Row(
        key,
        title,
        module,
        "SetHandler mod_python\nPythonHandler mod_python.publisher",
        {"hello": "", "hello.py": PUBLISHED},
        floor="c",
        budget=budget,
        manual=476 if budget else None,
    )


def _wsgi_row(key: str, title: str, module: Module, budget: int | None = None) -> Row:
    return Row(
        key,
        title,
        module,
        WSGI_DIRECTIVES,
        {"hello": "", "bench_hello.py": WSGI},
        floor="c",
        budget=budget,
        throughput=True,
    )


def _static_row(key: str, title: str, module: Module | None, budget: int | None = None) -> Row:
    floor = None if module is None else "static"
    return Row(key, title, module, "", {"hello": BODY}, floor=floor, budget=budget)
