"""`wsgi.file_wrapper`: files as bodies (PEP 3333)."""

from __future__ import annotations

import os

import pytest
from harness import client, site, wait
from harness.application import answering, application, expect_failure
from harness.memory import peak_kib
from harness.serve import Serve
from harness.server import Server

_TEXT = b"0123456789abcdef"


def _wraps(serve: Serve, file: str, head: str = "'200 OK', []", more: str = "", **config: object) -> Server:
    """Returns the wrapper of what `file` opens; `path` names a file of 16 bytes in the spool."""
    server = answering(
        serve,
        f"path = os.path.dirname(os.path.dirname(__file__)) + '/spool/file'\n"
        f"start_response({head})\nfile = {file}\n{more}\nreturn environ['wsgi.file_wrapper'](file)",
        **config,
    )
    (server.spool / "file").write_bytes(_TEXT)
    (server.spool / "file").chmod(0o666)
    return server


@pytest.mark.http1
@pytest.mark.parametrize("enable", ["EnableSendfile On", "EnableSendfile Off", "EnableMMAP Off"])
def test_a_file_goes_out_with_its_length(serve: Serve, enable: str) -> None:
    server = _wraps(serve, "open(path, 'rb')", directory=enable)
    content = os.urandom(3_000_000)
    (server.spool / "file").write_bytes(content)
    answer = client.request(server.port, b"/")
    assert answer.header("Content-Length") == b"3000000"
    assert answer.body == content


@pytest.mark.http1
@pytest.mark.parametrize("file", ["open(path, 'rb')", "open(path, 'r+b')", "open(path, 'rb', 0)"])
def test_it_begins_where_the_file_stands(serve: Serve, file: str) -> None:
    answer = client.request(_wraps(serve, file, more="file.read(3)").port, b"/")
    assert (answer.header("Content-Length"), answer.body) == (b"13", _TEXT[3:])


def test_what_was_written_is_there(serve: Serve) -> None:
    server = _wraps(serve, "open(path, 'r+b')", more="file.write(b'written')\nfile.seek(0)")
    assert server.get().content == b"written" + _TEXT[7:]


@pytest.mark.parametrize(("length", "body"), [(16, _TEXT), (5, _TEXT[:5]), (0, b"")])
def test_a_length_is_how_much_is_sent(serve: Serve, length: int, body: bytes) -> None:
    """Of a file less than all is a part, and nothing to complain about."""
    server = _wraps(serve, "open(path, 'rb')", f"'200 OK', [('Content-Length', '{length}')]")
    assert server.get().content == body


def test_a_file_that_is_shorter_is_broken_off(serve: Serve) -> None:
    server = _wraps(serve, "open(path, 'rb')", "'200 OK', [('Content-Length', '20')]")
    answer = client.exchange(server.port, b"GET / HTTP/1.1\r\nHost: main.test\r\n\r\n")
    assert answer.endswith(b"\r\n\r\n" + _TEXT)
    server.expect_log("^MPY0979.*4 bytes less")


def test_beyond_the_end_is_nothing(serve: Serve) -> None:
    answer = _wraps(serve, "open(path, 'rb')", more="file.seek(100)").get()
    assert (answer.content, answer.headers.get("Content-Length")) == (b"", "0")


@pytest.mark.http1
def test_head_sends_the_length(serve: Serve) -> None:
    answer = client.request(_wraps(serve, "open(path, 'rb')").port, b"/", method=b"HEAD")
    assert (answer.header("Content-Length"), answer.body) == (b"16", b"")


@pytest.mark.http1
def test_a_status_without_content_sends_nothing(serve: Serve) -> None:
    answer = client.request(_wraps(serve, "open(path, 'rb')", "'304 Not Modified', []").port, b"/")
    assert (answer.status, answer.body) == (304, b"")


def test_a_file_goes_out_after_what_was_written(serve: Serve) -> None:
    server = answering(
        serve,
        "start_response('200 OK', [])(b'<')\nreturn environ['wsgi.file_wrapper'](open(__file__, 'rb'))",
    )
    assert server.get().content == b"<" + (server.htdocs / "app.py").read_bytes()


@pytest.mark.parametrize(
    ("file", "body"),
    [
        ("__import__('io').BytesIO(b'in memory')", b"in memory"),
        ("open(path, encoding='latin-1')", _TEXT),
        ("os.fdopen(pipe(), 'rb')", b"piped"),
        ("type('Own', (__import__('io').FileIO,), {'read': lambda self, size: b''})(path)", b""),
        ("packed(path)", b"unpacked"),
    ],
)
def test_anything_else_is_read_in_blocks(serve: Serve, file: str, body: bytes) -> None:
    """A file whose descriptor is not what it reads, above all."""
    server = application(
        serve,
        f"""
        import gzip

        def pipe():
            ours, theirs = os.pipe()
            os.write(theirs, b"piped")
            os.close(theirs)
            return ours

        def packed(path):
            with gzip.open(path, "wb") as file:
                file.write(b"unpacked")
            return gzip.open(path, "rb")

        def application(environ, start_response):
            path = os.path.dirname(os.path.dirname(__file__)) + "/spool/file"
            start_response("200 OK", [])
            return environ["wsgi.file_wrapper"]({file})
        """,
    )
    (server.spool / "file").write_bytes(_TEXT)
    (server.spool / "file").chmod(0o666)
    assert server.get().content == body


def test_blocks_have_the_size_that_was_asked_for(serve: Serve) -> None:
    server = answering(
        serve,
        """
        import io
        wrapper = environ["wsgi.file_wrapper"]
        start_response("200 OK", [])
        return [repr([len(block) for size in [(), (4000,)] for block in wrapper(io.BytesIO(bytes(10_000)), *size)])]
        """,
    )
    assert server.text() == repr([8192, 1808, 4000, 4000, 2000])


def test_a_wrapper_of_a_subclass_is_iterated(serve: Serve) -> None:
    """What it makes of the file is its own business; so is what middleware makes of a wrapper."""
    server = application(
        serve,
        """
        def application(environ, start_response):
            class Shouting(environ["wsgi.file_wrapper"]):
                def __next__(self):
                    return super().__next__().upper()
            start_response("200 OK", [])
            return Shouting(open(os.path.dirname(os.path.dirname(__file__)) + "/spool/file", "rb"))
        """,
    )
    (server.spool / "file").write_bytes(_TEXT)
    assert server.get().content == _TEXT.upper()


def test_the_file_is_closed(serve: Serve) -> None:
    server = application(
        serve,
        """
        files = []

        def application(environ, start_response):
            start_response("200 OK", [])
            if environ["PATH_INFO"] == "/closed":
                return [repr([file.closed for file in files])]
            files.append(open(__file__, "rb"))
            return environ["wsgi.file_wrapper"](files[-1])
        """,
    )
    server.get("/")
    server.http.head("/")
    # The last bytes reach the client before.
    wait.until(lambda: server.text("/closed") == "[True, True]")


def test_what_cannot_be_closed_is_not(serve: Serve) -> None:
    server = application(
        serve,
        """
        class Reads:
            def read(self, size):
                blocks, self.blocks = getattr(self, "blocks", b"abc"), b""
                return blocks

        def application(environ, start_response):
            start_response("200 OK", [])
            return environ["wsgi.file_wrapper"](Reads())
        """,
    )
    assert server.text() == "abc"


def test_a_closed_file_is_an_error(serve: Serve) -> None:
    server = _wraps(serve, "open(path, 'rb')", more="file.close()")
    assert server.get().status_code == 500
    expect_failure(server, "ValueError: ")


def test_large_files_do_not_fill_memory(serve: Serve) -> None:
    size = 48 << 20
    server = _wraps(serve, "open(path, 'rb')")
    assert server.get().content == _TEXT
    (child,) = server.process.children()
    before = peak_kib(child)
    with (server.spool / "file").open("r+b") as file:
        file.truncate(size)
    with server.http.stream("GET", "/") as answer:
        assert sum(len(part) for part in answer.iter_raw()) == size
    if not site.HTTP2:
        assert peak_kib(child) - before < 8 << 10
