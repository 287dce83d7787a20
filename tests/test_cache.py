"""`mod_python.cache`: mappings that build what they are asked for. None of it is about httpd, so it runs once here."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from harness import caches, site
from harness.inside import Inside

pytestmark = pytest.mark.skipif(site.MPM != "event", reason="the same for every MPM")


@pytest.fixture
def run(inside: Inside) -> Inside:
    inside.serve()
    return inside


_SQUARES = """
from mod_python import cache
built = []
class Squares(cache.Cache):
    def build(self, key, name, opened, entry):
        built.append(key)
        return key * key
"""


def test_a_value_is_built_once(run: Inside) -> None:
    """L7.2: 33."""
    source = _SQUARES + "c = Squares()\nresult = [c[3], c[3], c[4], built]"
    assert run(source) == [9, 9, 16, [3, 4]]


def test_the_table_can_be_written(run: Inside) -> None:
    source = """
c = Squares()
c[3] = 'set'
result = [c[3], built]
del c[3]
result += [c[3]]
c.clear()
result += [c[3], built]
try:
    del c[99]
except KeyError:
    result += ['KeyError']
"""
    assert run(_SQUARES + source) == ["set", [3, 3], 9, 9, [3, 3], "KeyError"]


def test_the_value_used_longest_ago_goes_first(run: Inside) -> None:
    """L7.2: 33. A deleted one does not count."""
    source = """
c = Squares(3)
[c[n] for n in (1, 2, 3)]
result = [c.lru(), c.mru()]
c[1]
result += [c.lru(), c.mru()]
del c[2]
result += [c.lru(), c.mru()]
c[4]
c[5]
result += [c.lru(), c.mru()]
built.clear()
[c[n] for n in (1, 4, 5, 3)]
result += [built]
"""
    assert run(_SQUARES + source) == [1, 3, 2, 1, 3, 1, 1, 5, [3]]


def test_a_cache_without_limit_has_no_order(run: Inside) -> None:
    assert run(_SQUARES + "c = Squares()\nc[1]\nresult = [c.lru(), c.mru()]") == [None, None]


def test_a_failed_build_is_tried_again(run: Inside) -> None:
    source = """
class Once(cache.Cache):
    tries = 0
    def build(self, key, name, opened, entry):
        self.tries += 1
        if self.tries == 1:
            raise RuntimeError("first")
        return entry.value is cache.NOT_INITIALIZED
c = Once(5)
try:
    c['x']
except RuntimeError:
    result = [c.lru(), c['x']]
"""
    assert run(_SQUARES + source) == [None, True]


def test_of_many_threads_one_builds(run: Inside) -> None:
    source = """
import threading
started, go = threading.Event(), threading.Event()
class Slow(cache.Cache):
    def build(self, key, name, opened, entry):
        started.set()
        go.wait(10)
        built.append(key)
        return object()
c = Slow()
values = []
threads = [threading.Thread(target=lambda: values.append(c['x'])) for _ in range(8)]
[thread.start() for thread in threads]
started.wait(10)
go.set()
[thread.join() for thread in threads]
result = [len(set(map(id, values))), built]
"""
    assert run(_SQUARES + source) == [1, ["x"]]


def test_the_hooks(run: Inside) -> None:
    source = """
calls = []
class Resource:
    def close(self): calls.append('closed')
class Hooked(cache.Cache):
    def key(self, name): return name.lower()
    def check(self, key, name, entry):
        calls.append(('check', key, name))
        return Resource() if name == 'NEW' else None
    def build(self, key, name, opened, entry):
        calls.append(('build', key, opened is not None))
        return name
    def commit(self): calls.append('commit')
c = Hooked()
c['new'], c['New'], c['NEW']
result = calls
"""
    assert run(_SQUARES + source) == [
        *[["check", "new", "new"], ["build", "new", False], "commit"],
        ["check", "new", "New"],
        *[["check", "new", "NEW"], ["build", "new", True], "closed", "commit"],
    ]


def test_a_cache_without_build_builds_nothing(run: Inside) -> None:
    assert run.error("from mod_python import cache\ncache.Cache()['x']") == "NotImplementedError: Cache has no build()"


def test_a_function_is_called_once_for_the_same_arguments(run: Inside) -> None:
    source = """
f = cache.FunctionCache(lambda *a, **k: built.append((a, k)) or len(built))
result = [f(1, x=2), f(1, x=2), f(1, x=3), f(1, y=1, x=2), f(1, x=2, y=1)]
"""
    assert run(_SQUARES + source) == [1, 1, 2, 3, 4]


# --- weak references ---

_WEAK = """
import gc
from mod_python import cache
class Thing:
    pass
class Things(cache.WeakCache):
    count = 0
    def build(self, key, name, opened, entry):
        self.count += 1
        return Thing()
"""


def test_an_entry_goes_with_its_value(run: Inside) -> None:
    """L7.2: 33."""
    source = """
c = Things(5)
kept = c['a']
same = c['a'] is kept
result = [same, c.count, c.lru()]
del kept
result += [c.lru()]
other = c['a']
result += [c.count, c.lru()]
"""
    assert run(_WEAK + source) == [True, 1, "a", None, 2, "a"]


def test_values_may_go_at_any_moment(run: Inside) -> None:
    """L7.2: 33. The collector runs in the midst of the cache's own work, in any thread."""
    source = """
import threading
c = Things(50)
def work(seed):
    for n in range(3000):
        thing = c[(n * seed) % 97]
        thing.circle = thing
gc.set_threshold(5)
threads = [threading.Thread(target=work, args=(seed,)) for seed in (1, 5, 7, 11)]
[thread.start() for thread in threads]
[thread.join(60) for thread in threads]
gc.set_threshold(700)
result = [thread.is_alive() for thread in threads]
"""
    assert run(_WEAK + source) == [False] * 4


# --- files ---


def test_a_file_is_read_again_when_it_changes(run: Inside) -> None:
    file = run.server.spool / "file"
    file.write_text("one")
    file.chmod(0o644)
    path = str(file)
    look = f"""
import sys
from mod_python import cache
b, t = sys.__dict__.setdefault("kept", (cache.FileCache(), cache.FileCache(mode="r")))
result = [b[{path!r}] is b[{path!r}], t[{path!r}]]
"""
    assert run(look) == [True, "one"]
    file.write_text("two")
    os.utime(file, (1, 1))
    assert run(look) == [True, "two"]
    # The same length, and older.
    file.write_text("six")
    os.utime(file, (0, 0))
    assert run(look) == [True, "six"]
    file.unlink()
    assert run.error(look).startswith("FileNotFoundError: ")


def test_a_file_cache_has_bytes(run: Inside) -> None:
    file = run.server.spool / "file"
    file.write_bytes(b"\xff")
    file.chmod(0o644)
    source = f"from mod_python import cache\nresult = repr(cache.FileCache()[{str(file)!r}])"
    assert run(source) == repr(file.read_bytes())


def test_modules_are_private_and_reloaded(run: Inside) -> None:
    file = run.server.spool / "a-b.py"
    file.write_text("value = 1\nname = __name__, __file__")
    file.chmod(0o644)
    path = str(file)
    look = f"""
import sys
from mod_python import cache
m = sys.__dict__.setdefault("kept", cache.ModuleCache())[{path!r}]
result = [m.value, m.name, m.__name__ in sys.modules]
"""
    name = "_".join(part for part in path.replace("-", "/").replace(".", "/").split("/"))
    assert run(look) == [1, [name, path], False]
    # A failure is not forgotten.
    file.write_text("value = (")
    for _ in range(2):
        assert run.error(look).startswith("SyntaxError: ")
    file.write_text("value = 3\nname = None")
    assert run(look) == [3, None, False]


def test_code_from_the_network_is_not_run(run: Inside) -> None:
    """L7.2: 33."""
    assert run.error("from mod_python import cache\ncache.HttpModuleCache()").startswith("NotImplementedError: ")


# --- HTTP ---


class _Site(BaseHTTPRequestHandler):
    """Answers by the path, and remembers what it was asked."""

    asked: list[tuple[str, str | None]]

    def do_GET(self) -> None:
        type(self).asked.append((self.path, self.headers["If-None-Match"]))
        status, headers, body = _ANSWERS[self.path.split("?")[0]]
        if headers.get("ETag") and self.headers["If-None-Match"] == headers["ETag"]:
            status, body = 304, b""
        # Without a Date of its own.
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


_DATE = "Thu, 01 Jan 2026 00:00:00 GMT"
_ANSWERS: dict[str, tuple[int, dict[str, str], bytes]] = {
    "/fresh": (200, {"Cache-Control": "public, max-age=100"}, b"fresh"),
    "/aged": (200, {"Cache-Control": "max-age=100", "Age": "100"}, b"aged"),
    "/expires": (200, {"Date": _DATE, "Expires": "Thu, 01 Jan 2026 00:10:00 GMT"}, b"expires"),
    "/expired": (200, {"Date": _DATE, "Expires": "0"}, b"expired"),
    "/no-store": (200, {"Cache-Control": "no-store, max-age=100"}, b"no-store"),
    "/tag": (200, {"ETag": '"1"', "Content-Type": "text/plain; charset=latin-1"}, b"caf\xe9"),
    "/missing": (404, {}, b"no"),
    "/redirect": (302, {"Location": "/fresh"}, b""),
    "/to-file": (302, {"Location": "file:///etc/passwd"}, b""),
    "/to-ftp": (302, {"Location": "ftp://127.0.0.1/x"}, b""),
}


@pytest.fixture
def web() -> Iterator[type[_Site]]:
    handler = type("Site", (_Site,), {"asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.base = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield handler
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "asked"),
    [("/fresh", 1), ("/aged", 2), ("/expires", 1), ("/expired", 2), ("/no-store", 2), ("/tag", 2), ("/redirect", 1)],
)
def test_an_answer_is_kept_as_long_as_it_says(run: Inside, web: type[_Site], path: str, asked: int) -> None:
    """L7.2: 33."""
    url = web.base + path  # type: ignore[attr-defined]
    source = f"from mod_python import cache\nc = cache.HTTPCache()\nresult = [str(c[{url!r}]), repr(bytes(c[{url!r}]))]"
    body = b"fresh" if path == "/redirect" else _ANSWERS[path][2]
    assert run(source) == [body.decode("latin-1"), repr(body)]
    assert len([asked for asked in web.asked if asked[0] == path]) == asked


def test_a_server_is_asked_whether_it_has_changed(run: Inside, web: type[_Site]) -> None:
    """L7.2: 33."""
    url = f"{web.base}/tag"  # type: ignore[attr-defined]
    assert run(f"from mod_python import cache\nc = cache.HTTPCache()\nresult = c[{url!r}] is c[{url!r}]") is True
    assert web.asked == [("/tag", None), ("/tag", '"1"')]


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("/missing", "HTTPError: HTTP Error 404"),
        ("/to-file", "HTTPError: HTTP Error 302: "),
        ("/to-ftp", "URLError: <urlopen error unknown url type: ftp>"),
        ("file:///etc/passwd", "ValueError: 'file:///etc/passwd' is no http: or https: address"),
        ("ftp://x/", "ValueError: 'ftp://x/' is no http: or https: address"),
    ],
)
def test_what_cannot_be_had(run: Inside, web: type[_Site], url: str, error: str) -> None:
    """L7.2: 33."""
    url = web.base + url if url.startswith("/") else url  # type: ignore[attr-defined]
    assert run.error(f"from mod_python import cache\ncache.HTTPCache()[{url!r}]").startswith(error)


def test_a_server_that_does_not_answer_is_given_up(run: Inside) -> None:
    """L7.2: 33."""
    with caches.silent() as port:
        source = f"from mod_python import cache\nc = cache.HTTPCache()\nc.timeout = 0.1\nc['http://127.0.0.1:{port}/']"
        assert run.error(source).startswith(("TimeoutError: ", "URLError: "))


def test_a_certificate_that_is_not_good_is_refused(run: Inside, tmp_path: Path) -> None:
    """L7.2: 33."""
    import ssl

    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-days", "1"]
    subprocess.run([*command, "-keyout", "key", "-out", "cert"], cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    url = f"https://127.0.0.1:{server.server_port}/fresh"
    assert "CERTIFICATE_VERIFY_FAILED" in run.error(f"from mod_python import cache\ncache.HTTPCache()[{url!r}]")
    server.shutdown()
    thread.join()
    server.server_close()


def test_more_than_the_limit_is_refused(run: Inside, web: type[_Site]) -> None:
    url = f"{web.base}/fresh"  # type: ignore[attr-defined]
    source = f"from mod_python import cache\nc = cache.HTTPCache()\nc.max_bytes = 4\nc[{url!r}]"
    assert run.error(source).endswith("has more than 4 bytes")


def test_the_names_of_the_module_are_those_of_35(run: Inside) -> None:
    names = (
        "Cache WeakCache FileCache HTTPCache ModuleCache HttpModuleCache FunctionCache HTTPEntity Entry NOT_INITIALIZED"
    )
    assert run(f"from mod_python import cache\nresult = [n for n in {names.split()!r} if not hasattr(cache, n)]") == []
