"""What lets a script that was written for CGI run as a handler."""

from __future__ import annotations

from typing import Any

import pytest
from harness.inside import Inside

# A request as the helpers use it.
_FAKE = """
import io, os, sys

class Fake:
    def __init__(self, body=b"", uri="/script/extra", path_info="/extra"):
        self.uri, self.path_info = uri, path_info
        self.headers_in, self.headers_out, self.subprocess_env = apache.table(), apache.table(), apache.table()
        self.status, self.content_type, self.sent, self.flushes = 200, None, b"", 0
        self.body = io.BytesIO(body)
        self.read = self.body.read

    def add_cgi_vars(self):
        self.subprocess_env.update({
            "GATEWAY_INTERFACE": "CGI/1.1", "SCRIPT_NAME": "other", "QUERY_STRING": "a=1", "PATH_INFO": self.path_info,
        })

    def write(self, data, flush=1):
        self.sent += data

    def flush(self):
        self.flushes += 1

def output(*parts):
    fake = Fake()
    out = apache.CGIStdout(fake)
    for part in parts:
        (out.buffer if isinstance(part, bytes) else out).write(part)
    return [fake.status, fake.content_type, fake.headers_out.items(), fake.sent.decode("latin-1")]

"""


def _run(inside: Inside, source: str) -> Any:
    return inside(_FAKE + source)


# --- the environment ---


def test_the_environment_is_a_table_of_its_own(inside: Inside) -> None:
    source = """
fake = Fake()
fake.headers_in["Authorization"] = "Basic eDp5"
env = apache.build_cgi_env(fake)
result = [type(env).__name__, dict(env.items()), fake.subprocess_env["GATEWAY_INTERFACE"]]
"""
    assert _run(inside, source) == [
        "mp_table",
        {
            "GATEWAY_INTERFACE": "Python-CGI/1.1",
            "SCRIPT_NAME": "/script",
            "PATH_INFO": "/extra",
            "QUERY_STRING": "a=1",
            "HTTP_AUTHORIZATION": "Basic eDp5",
        },
        "CGI/1.1",
    ]


@pytest.mark.parametrize(
    ("uri", "path_info", "name"),
    [("/s", "''", "/s"), ("/s", "None", "/s"), ("/s/x/x", "'/x'", "/s/x"), ("/s", "'/other'", "/s")],
)
def test_the_name_of_the_script(inside: Inside, uri: str, path_info: str, name: str) -> None:
    source = f"result = apache.build_cgi_env(Fake(uri={uri!r}, path_info={path_info}))['SCRIPT_NAME']"
    assert _run(inside, source) == name


def test_set_up_and_restore(inside: Inside) -> None:
    """Q39. Each stream goes back to its place."""
    source = """
before = dict(os.environ), sys.stdin, sys.stdout
os.environ.pop("SCRIPT_NAME", None)
fake = Fake(b"name=value")
saved = apache.setup_cgi(fake)
during = [os.environ["SCRIPT_NAME"], sys.stdin.read(), sys.argv]
print("Content-Type: text/plain\\n\\nhello")
apache.restore_nocgi(*saved)
result = [during, fake.sent.decode(), (dict(os.environ), sys.stdin, sys.stdout) == before, sys.argv]
"""
    assert _run(inside, source) == [["/script", "name=value", []], "hello\n", True, ["mod_python"]]


def test_the_environment_holds_the_bytes_of_the_url(inside: Inside) -> None:
    source = """
fake = Fake(uri="/caf\\xc3\\xa9/\\xff", path_info="/\\xff")
saved = apache.setup_cgi(fake)
result = [os.environb[b"SCRIPT_NAME"].decode(), os.environb[b"PATH_INFO"].decode("latin-1")]
apache.restore_nocgi(*saved)
"""
    assert _run(inside, source) == ["/caf\u00e9", "/\xff"]


def test_the_environment_skips_what_httpd_left_null(inside: Inside) -> None:
    source = """
class Nulls:
    def __init__(self): self.table = {"SCRIPT_FILENAME": None, "GIVEN": "x"}
    def copy(self): return self
    def items(self): return self.table.items()
    def __setitem__(self, key, value): self.table[key] = value
fake = Fake()
fake.add_cgi_vars = lambda: None
fake.subprocess_env = Nulls()
saved = apache.setup_cgi(fake)
result = ["SCRIPT_FILENAME" in os.environ, os.environ["GIVEN"]]
apache.restore_nocgi(*saved)
"""
    assert _run(inside, source) == [False, "x"]


# --- the request's body ---


def test_the_body_is_text(inside: Inside) -> None:
    """Q39. Text from read, bytes from its buffer, never a mixture."""
    source = """
def stdin(): return apache.CGIStdin(Fake("one\\r\\ntwo \\u20ac\\nthree".encode()))
result = [stdin().read(), stdin().read(5), stdin().readlines(), list(stdin())[0]]
kept = stdin()
result.append(kept.buffer.read(3).decode())
"""
    assert _run(inside, source) == [
        "one\r\ntwo \u20ac\nthree",
        "one\r\n",
        ["one\r\n", "two \u20ac\n", "three"],
        "one\r\n",
        "one",
    ]


def test_a_long_body_is_whole(inside: Inside) -> None:
    source = "body = bytes(range(256)) * 1000\nkept = apache.CGIStdin(Fake(body))\nresult = kept.buffer.read() == body"
    assert _run(inside, source) is True


def test_a_body_that_is_not_utf8_keeps_its_bytes(inside: Inside) -> None:
    source = "result = apache.CGIStdin(Fake(b'\\xff')).read().encode('utf-8', 'surrogateescape') == b'\\xff'"
    assert _run(inside, source) is True


def test_an_empty_body(inside: Inside) -> None:
    assert _run(inside, "result = [apache.CGIStdin(Fake()).read(), apache.CGIStdin(Fake()).readline()]") == ["", ""]


# --- the answer ---


@pytest.mark.parametrize(
    ("parts", "answer"),
    {
        "'Status: 404 Not Found\\nX: y\\n\\nbody'": [404, None, [["X", "y"]], "body"],
        "'Content-Type: text/html\\r\\n\\r\\nbody'": [200, "text/html", [["Content-Type", "text/html"]], "body"],
        "'Set-Cookie: a\\nSet-Cookie: b\\n\\n'": [200, None, [["Set-Cookie", "a"], ["Set-Cookie", "b"]], ""],
        "'A: b:c\\n', '\\n', 'one', b'two'": [200, None, [["A", "b:c"]], "onetwo"],
        "b'A: b\\r', b'\\n\\r', b'\\nbody\\n\\nmore'": [200, None, [["A", "b"]], "body\n\nmore"],
        "'\\nbody'": [200, None, [], "body"],
        "'A: \\xe9\\n\\n\\u20ac'": [200, None, [["A", "\xc3\xa9"]], "\xe2\x82\xac"],
        "'no end'": [200, None, [], ""],
    }.items(),
)
def test_headers_and_body(inside: Inside, parts: str, answer: list[Any]) -> None:
    assert _run(inside, f"result = output({parts})") == answer


@pytest.mark.parametrize("line", ["no header", ": empty", "Status: abc"])
def test_what_is_no_header(inside: Inside, line: str) -> None:
    assert inside.error(f"{_FAKE}output({line + chr(10) * 2!r})").startswith("ValueError: ")


def test_a_flush_reaches_the_client_once_the_headers_are_done(inside: Inside) -> None:
    source = """
fake = Fake()
out = apache.CGIStdout(fake)
out.write("A: b")
out.flush()
counts = [fake.flushes]
out.write("\\n\\n")
out.flush()
result = [*counts, fake.flushes > 0]
"""
    assert _run(inside, source) == [0, True]


def test_the_end_of_the_stream_does_not_send_what_was_not_flushed(inside: Inside) -> None:
    """A script that fails behind its headers still gets an error page."""
    source = """
fake = Fake()
print("A: b\\n\\ntext", file=apache.CGIStdout(fake))
result = [fake.flushes, fake.sent.decode()]
"""
    assert _run(inside, source) == [0, "text\n"]


def test_names_that_no_environment_can_hold(inside: Inside) -> None:
    source = """
fake = Fake()
fake.subprocess_env["odd=name"] = "x"
saved = apache.setup_cgi(fake)
result = os.environ["odd_name"]
apache.restore_nocgi(*saved)
"""
    assert _run(inside, source) == "x"


# --- nothing ---


def test_null_io(inside: Inside) -> None:
    source = """
null = apache.NullIO()
result = [null.write("text"), null.read(), null.readline(), null.readlines(), list(null), null.tell()]
result += [null.flush(), null.isatty(), null.close()]
"""
    assert _run(inside, source) == [4, "", "", [], [], 0, None, False, None]
