"""A published site is scanned for what must not be reachable (mod_python.publisher)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from urllib.parse import quote

from harness.modules import write
from harness.serve import Serve

PUBLISHER = "SetHandler mod_python\nPythonHandler mod_python.publisher"

# Whatever is served has this in it, or is the source of what has.
_MARK = "SERVED"

_SITE = f"""
from __future__ import annotations
import logging, os, subprocess, sys
from os import environ, popen, makedirs
from shutil import rmtree
from subprocess import call, check_output
from mod_python import apache, publisher, util
from mod_python.apache import import_module, make_table
from mod_python.util import FieldStorage, redirect

_private = "{_MARK}"
__secret__ = "{_MARK}"
_ = "{_MARK}"
log = logging.getLogger("{_MARK}")
numbers = {{"{_MARK}": 1}}
pop = numbers.pop
upper = str.upper
alias = list[int]

def _function(): return "{_MARK}"

class Class:
    text = "{_MARK}"
    def __init__(self, *args, **kw): pass
    def __str__(self): return "{_MARK}"
    def method(self): return "{_MARK}"

class Meta(type):
    pass

class Made(metaclass=Meta):
    def __str__(self): return "{_MARK}"

class Thing:
    cls = Class
    module = os
    _private = "{_MARK}"
    def __str__(self): return "thing"
    def method(self): return "method"
    def _method(self): return "{_MARK}"

thing = Thing()
thing.thing = Thing()

def index(req):
    thing.req, thing.server, thing.headers, thing.connection = req, req.server, req.headers_in, req.connection
    return "index"
"""

# What may be asked for.
_SERVED = ["/", "/index", "/thing", "/thing/thing", "/thing/method", "/numbers", "/shop/open", "/shop.py/open"]

_HIDDEN = [
    *("_private", "__secret__", "_", "_function", "__name__", "__dict__", "__builtins__", "__file__", "__loader__"),
    *("__mp_info__", "__spec__", "__init__", "__class__", "__import__"),
    *("os", "sys", "subprocess", "logging", "apache", "publisher", "util", "annotations"),
    *("environ", "popen", "makedirs", "rmtree", "call", "check_output", "import_module", "make_table", "redirect"),
    *("FieldStorage", "Class", "Meta", "Made", "Thing", "pop", "upper", "alias"),
    *("thing/req", "thing/server", "thing/headers", "thing/connection", "thing/cls", "thing/module", "thing/_method"),
    *("thing/_private", "thing/__class__", "thing/__dict__", "thing/__init__", "thing/__str__", "thing/method/im_func"),
    *("index/__globals__", "index/__code__", "index/func_globals", "index/req", "numbers/keys", "numbers/__class__"),
]

# What is behind the hidden things.
_DEEPER = ["", "/", "/text", "/__class__", "/__globals__/x", "/system", "/mro", "/method"]

_SEPARATORS = ["/", ".", "%2e", "%2E", "//", "/./", "%2f", "%2F"]

_SUFFIXES = ["%00", "%00.html", ".py", "%20", "?x=1", ";x", "%0a", "%e2%80%8b"]


def _encodings(path: str) -> Iterator[str]:
    yield path
    yield "".join(f"%{ord(letter):02x}" if letter != "/" else letter for letter in path)
    yield quote(path, safe="/").replace("_", "%5F")
    yield path.replace("_", "%255f").replace("/", "%252f")
    # Letters that Python's compiler, and nobody else, takes for others.
    yield quote(path.replace("_", "\uff3f"), safe="/")
    yield quote("".join(chr(0xFEE0 + ord(letter)) if letter.isalpha() else letter for letter in path), safe="/")


def _probes() -> Iterator[str]:
    for name in _HIDDEN:
        for encoded in _encodings(name):
            yield f"/{encoded}"
        yield f"/index/{name}"
        yield f"/index.py/{name}"
    # Each hidden name with what is behind it, and with each way to separate, but not all with all.
    deeper, separators, suffixes = itertools.cycle(_DEEPER), itertools.cycle(_SEPARATORS), itertools.cycle(_SUFFIXES)
    for name in _HIDDEN:
        for _ in range(3):
            separator = next(separators)
            yield f"/index{separator}{name.replace('/', separator)}{next(deeper)}"
        yield f"/{name}{next(suffixes)}"
        yield f"/index.py/{name}{next(suffixes)}"
    for up in ["..", "%2e%2e", "%2e.", ".%2e", "%252e%252e", "..%2f..", "..;", "%c0%ae%c0%ae", "..%5c"]:
        for file in ["outside", "outside.py", "outside.py/index", "httpd.conf", "outside/__name__"]:
            yield f"/{up}/{file}"
            yield f"/shop/{up}/{up}/{file}"
            yield f"/shop.py/{up}/{up}/{file}"
    for file in [
        *("/_module", "/_module.py", "/_module/index", "/_module.py/index", "/%5fmodule", "/sub/_module"),
        *("/.module", "/.module.py", "/.module/index", "/%2emodule", "/sub/.module.py"),
        *("/__init__", "/__init__.py", "/__init__/index", "/__pycache__/index", "/__pycache__"),
        *("/data.txt", "/data", "/shop.py~", "/shop.py.bak", "/shop.pyc", "/shop.py%00", "/.htaccess", "/shop.py.py"),
        *("/module.py", "/module", "/sub", "/sub/", "/sub/index"),
    ]:
        yield file
        yield f"{file}?x=1"


def test_none_of_hundreds_of_probes_is_served(serve: Serve) -> None:
    """Modules, names with underscores, classes, the request, the library's functions, files that are no modules and
    files above the root; by plain and encoded names, at several depths, with other separators, dots and NULs."""
    server = serve.prepare(directory=PUBLISHER, server="AllowEncodedSlashes On")
    hidden = f"text = '{_MARK}'\ndef index(): return '{_MARK}'\n"
    write(server, index=_SITE, shop="def open(): return 'open'\n", _module=hidden, __init__=hidden, sub___module=hidden)
    for name in (".module.py", "sub/.module.py", "shop.py~", "shop.py.bak", "data.txt", ".htaccess"):
        (server.htdocs / name).write_text(f"# {_MARK}\n" if name == ".htaccess" else hidden)
    (server.htdocs / "module.py").mkdir()
    (server.htdocs / "module.py" / "index").write_text(hidden)
    (server.root / "outside.py").write_text(hidden)
    server.start()
    # What is refused is said, and httpd says what it thinks of some of the paths.
    server.tolerate_log("^MPY0950", "^AH")
    for path in _SERVED:
        assert server.raw(path.encode()).status == 200, path
    probes = list(dict.fromkeys(_probes()))
    assert len(probes) >= 500
    served = []
    for probe in probes:
        answer = server.raw(probe.encode())
        if answer.status < 400 or _MARK.encode() in answer.body:
            served.append((probe, answer.status, answer.body))
    assert served == []
