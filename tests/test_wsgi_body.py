"""What a WSGI application returns, on its way to the client (PEP 3333)."""

from __future__ import annotations

import pytest
from harness import client, site
from harness.application import answering, application, expect_failure
from harness.client import Conversation
from harness.memory import peak_kib
from harness.serve import Serve
from harness.server import Server
from harness.wait import until

_OK = "start_response('200 OK', [('Content-Type', 'text/plain')])\n"


# --- blocks ---


def _returning(serve: Serve) -> Server:
    """Returns what the body of the request evaluates to."""
    return answering(serve, f"{_OK}return eval(environ['wsgi.input'].read())")


_BLOCKS = [
    ("[b'one']", b"one"),
    ("(b'one', b'', b'two')", b"onetwo"),
    ("[]", b""),
    ("[b'']", b""),
    ("['caf\\xe9', b' au']", b"caf\xc3\xa9 au"),
    ("'caf\\xe9'", b"caf\xc3\xa9"),
    ("iter([b'one', b'', 'two'])", b"onetwo"),
    ("{b'only': 1}", b"only"),
    ("map(bytes, [b'a', b'b'])", b"ab"),
    ("type('L', (list,), {})([b'a', b'b'])", b"ab"),
    ("[b'x' * 100_000]", b"x" * 100_000),
    ("[b'x' * 3_000] * 5", b"x" * 15_000),
    ("[b'x'] * 20_000", b"x" * 20_000),
]


def test_any_iterable_of_blocks(serve: Serve) -> None:
    server = _returning(serve)
    for result, body in _BLOCKS:
        assert server.post("/", result.encode()).content == body, result


_NO_BLOCKS = ["[7]", "[b'x', None]", "iter([7])", "None", "7", "b'bytes'", "[bytearray(b'x')]", "['\\ud800']"]


def test_anything_else_is_an_error(serve: Serve) -> None:
    """Before the first byte: of a list, all blocks are looked at first."""
    server = _returning(serve)
    for result in _NO_BLOCKS:
        assert server.post("/", result.encode()).status_code == 500, result
    expect_failure(server, "(Type|Value|UnicodeEncode)Error: ")


@pytest.mark.http1
def test_a_list_goes_out_with_its_length(serve: Serve) -> None:
    server = answering(
        serve,
        f"{_OK}size, parts = map(int, environ['QUERY_STRING'].split('-'))\nreturn [b'x' * (size // parts)] * parts",
    )
    for size in (0, 1, 8000, 8001, 8002, 1_000_000):
        for parts in (1, 2):
            answer = client.request(server.port, b"/?%d-%d" % (size, parts))
            assert answer.header("Content-Length") == b"%d" % (size // parts * parts)
            assert answer.body == b"x" * (size // parts * parts)


def test_a_block_goes_out_before_the_next_is_asked_for(serve: Serve) -> None:
    server = application(
        serve,
        """
        def application(environ, start_response):
            start_response("200 OK", [])
            for number in range(3):
                yield b"block %d." % number
                environ["wsgi.input"].read(1)
        """,
    )
    with Conversation(server.port) as conversation:
        conversation.post(b"Content-Length: 3", b"Connection: close")
        heard = b""
        for number in range(3):
            while b"block %d." % number not in heard:
                heard += conversation.hear()
            assert b"block %d." % (number + 1) not in heard
            conversation.say(b"x")


def test_an_answer_may_begin_before_the_request_has_ended(serve: Serve) -> None:
    """And be as long: both ways in parts."""
    server = application(
        serve,
        """
        def application(environ, start_response):
            start_response("200 OK", [])
            return iter(lambda: environ["wsgi.input"].read(5), b"")
        """,
    )
    with Conversation(server.port) as conversation:
        conversation.post(b"Transfer-Encoding: chunked", b"Connection: close")
        heard = b""
        for word in (b"first", b"again", b"third"):
            conversation.say(b"5\r\n" + word + b"\r\n")
            while word not in heard:
                heard += conversation.hear()
        conversation.say(b"0\r\n\r\n")
        assert conversation.hear_all().endswith(b"0\r\n\r\n")


# --- length ---


@pytest.mark.parametrize("result", ["[b'123', b'456']", "iter([b'123', b'456'])", "['123456']"])
def test_more_than_the_length_is_dropped(serve: Serve, result: str) -> None:
    """PEP 3333: the server must not send it."""
    server = answering(serve, f"start_response('200 OK', [('Content-Length', '4')])\nreturn {result}")
    with Conversation(server.port) as conversation:
        # The next answer begins where this one ends.
        for _ in range(2):
            conversation.say(b"GET / HTTP/1.1\r\nHost: main.test\r\n\r\n")
            heard = b""
            while not heard.endswith(b"\r\n\r\n1234"):
                more = conversation.hear()
                assert more, heard
                heard += more
    server.expect_log("^MPY0978.*4 bytes")


def test_nothing_is_asked_for_beyond_the_length(serve: Serve) -> None:
    server = application(
        serve,
        """
        def application(environ, start_response):
            start_response("200 OK", [("Content-Length", "4")])
            while True:
                yield b"123"
        """,
    )
    assert server.text() == "1231"
    server.expect_log("^MPY0978")


@pytest.mark.parametrize("result", ["[b'123']", "iter([b'123'])", "iter([b'1', b'23'])"])
def test_less_than_the_length_is_broken_off(serve: Serve, result: str) -> None:
    """PEP 3333: the connection closes, so that the client does not wait, or take the next answer for the rest."""
    server = answering(serve, f"start_response('200 OK', [('Content-Length', '9')])\nreturn {result}")
    answer = client.exchange(server.port, b"GET / HTTP/1.1\r\nHost: main.test\r\n\r\n")
    assert b"Content-Length: 9\r\n" in answer
    assert answer.endswith(b"\r\n\r\n123")
    server.expect_log("^MPY0979.*6 bytes less")


@pytest.mark.parametrize("result", ["[b'1234']", "iter([b'12', b'34'])", "iter([b'1234', b''])"])
def test_the_exact_length_is_right(serve: Serve, result: str) -> None:
    server = answering(serve, f"start_response('200 OK', [('Content-Length', '4')])\nreturn {result}")
    answer = server.get()
    assert (answer.headers["Content-Length"], answer.text) == ("4", "1234")


# --- answers without content ---


@pytest.mark.http1
@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
@pytest.mark.parametrize("result", ["[b'content']", "iter([b'content'])", "[]"])
def test_a_status_without_content(serve: Serve, status: str, result: str) -> None:
    server = answering(serve, f"start_response('{status}', [('X-A', '1')])\nreturn {result}")
    answer = client.request(server.port, b"/")
    assert (answer.status, answer.body, answer.header("X-A")) == (int(status[:3]), b"", b"1")
    assert answer.header("Transfer-Encoding") is None


@pytest.mark.http1
@pytest.mark.parametrize("length", [0, 7])
def test_204_has_no_length(serve: Serve, length: int) -> None:
    """RFC 9110, 8.6; frameworks give one."""
    server = answering(serve, f"start_response('204 No Content', [('Content-Length', '{length}')])\nreturn []")
    answer = client.request(server.port, b"/")
    assert (answer.status, answer.header("Content-Length"), answer.body) == (204, None, b"")


@pytest.mark.http1
@pytest.mark.parametrize("result", ["[b'1234']", "iter([b'12', b'34'])", "[b'x' * 100_000]"])
def test_head_has_the_head_of_get(serve: Serve, result: str) -> None:
    server = answering(serve, f"start_response('200 OK', [('X-A', '1')])\nreturn {result}")
    head, get = (client.request(server.port, b"/", method=method) for method in (b"HEAD", b"GET"))
    assert head.body == b""
    assert (head.status, head.header("Content-Length")) == (get.status, get.header("Content-Length"))
    assert head.header("X-A") == b"1"


@pytest.mark.http1
@pytest.mark.parametrize("result", ["[]", "iter([])"])
def test_head_may_tell_a_length_without_content(serve: Serve, result: str) -> None:
    server = answering(serve, f"start_response('200 OK', [('Content-Length', '1234')])\nreturn {result}")
    assert client.request(server.port, b"/", method=b"HEAD").header("Content-Length") == b"1234"


# --- close ---

_CLOSING = """
class Closing:
    def __init__(self, blocks):
        self.blocks = iter(blocks)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.blocks)

    def close(self):
        with open(os.path.join(os.path.dirname(__file__), "..", "spool", "closed"), "a") as file:
            file.write("closed ")


def raising(*blocks):
    yield from blocks
    raise LookupError("oops")


"""


def _closes(serve: Serve, blocks: str, head: str = "'200 OK', []") -> Server:
    return application(
        serve,
        f"{_CLOSING}def application(environ, start_response):\n"
        f"    start_response({head})\n    return Closing({blocks})\n",
    )


def _closed(server: Server) -> str:
    closed = server.spool / "closed"
    until(closed.exists)
    return closed.read_text()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("blocks", "head"),
    [
        ("[b'x', b'y']", "'200 OK', []"),
        ("[]", "'200 OK', []"),
        ("[b'x']", "'204 No Content', []"),
        ("[b'12', b'34']", "'200 OK', [('Content-Length', '3')]"),
    ],
)
def test_what_was_returned_is_closed_once(serve: Serve, method: str, blocks: str, head: str) -> None:
    server = _closes(serve, blocks, head)
    assert server.http.request(method, "/").status_code in (200, 204)
    assert _closed(server) == "closed "
    server.tolerate_log("^MPY0978")


def test_it_is_closed_when_the_first_block_fails(serve: Serve) -> None:
    server = _closes(serve, "raising()")
    assert server.get().status_code == 500
    assert _closed(server) == "closed "
    expect_failure(server, "LookupError: oops")


def test_it_is_closed_when_a_block_is_none(serve: Serve) -> None:
    server = _closes(serve, "[7]")
    assert server.get().status_code == 500
    assert _closed(server) == "closed "
    expect_failure(server, "TypeError: ")


def test_it_is_closed_when_a_later_block_fails(serve: Serve) -> None:
    """The answer is broken off: no last chunk."""
    server = _closes(serve, "raising(b'first')")
    answer = client.exchange(server.port, b"GET / HTTP/1.1\r\nHost: main.test\r\n\r\n")
    assert b"first" in answer
    assert not answer.endswith(b"0\r\n\r\n")
    assert _closed(server) == "closed "
    expect_failure(server, "LookupError: oops")


def test_it_is_closed_when_the_client_leaves(serve: Serve) -> None:
    """Which is no error of the site's."""
    server = _closes(serve, "iter(lambda: b'x' * 100_000, b'')")
    with Conversation(server.port) as conversation:
        conversation.say(b"GET / HTTP/1.1\r\nHost: main.test\r\n\r\n")
        assert conversation.hear()
    assert _closed(server) == "closed "
    until(lambda: bool(server.log.find("MPY0309")))


def test_a_close_that_fails_is_logged(serve: Serve) -> None:
    """The answer is whole."""
    server = application(
        serve,
        """
        def application(environ, start_response):
            start_response("200 OK", [])
            class Blocks:
                __iter__ = lambda self: iter([b"whole"])
                def close(self):
                    raise LookupError("close")
            return Blocks()
        """,
    )
    assert server.text() == "whole"
    server.expect_log("^MPY0980.*LookupError: close", "^Traceback", "line .*, in close", "^LookupError: close")


def test_a_generator_that_was_not_exhausted_is_closed(serve: Serve) -> None:
    server = application(
        serve,
        _CLOSING + "def application(environ, start_response):\n    start_response('204 No', [])\n"
        "    try:\n        yield b'x'\n        yield b'y'\n    finally:\n        Closing([]).close()\n",
    )
    assert server.get().status_code == 204
    assert _closed(server) == "closed "


# --- failures ---


@pytest.mark.parametrize("error", ["LookupError('x')", "SystemExit(3)", "KeyboardInterrupt()", "GeneratorExit()"])
def test_an_application_that_raises(serve: Serve, error: str) -> None:
    """Any exception; no process ends by it."""
    server = answering(serve, f"raise {error}")
    assert [server.get().status_code for _ in range(2)] == [500, 500]
    expect_failure(server, error.partition("(")[0])


def test_nothing_of_the_answer_is_left_in_the_error(serve: Serve) -> None:
    server = answering(serve, "start_response('200 Fine', [('X-A', '1'), ('Content-Length', '3')])\nraise OSError('x')")
    answer = server.get()
    assert (answer.status_code, "X-A" in answer.headers) == (500, False)
    assert "Internal Server Error" in answer.text
    expect_failure(server, "OSError: x")


def test_an_error_after_write_breaks_off(serve: Serve) -> None:
    server = answering(serve, f"{_OK.strip()}(b'begun')\nraise LookupError('late')")
    answer = client.exchange(server.port, b"GET / HTTP/1.1\r\nHost: main.test\r\n\r\n")
    assert b"begun" in answer
    assert not answer.endswith(b"0\r\n\r\n")
    expect_failure(server, "LookupError: late")


def test_a_status_comes_too_late_after_the_first_byte(serve: Serve) -> None:
    server = application(
        serve,
        """
        def application(environ, start_response):
            start_response("200 OK", [])
            yield b"begun"
            raise apache.SERVER_RETURN(apache.HTTP_FORBIDDEN)
        """,
    )
    answer = client.exchange(server.port, b"GET / HTTP/1.1\r\nHost: main.test\r\n\r\n")
    assert b"begun" in answer
    assert b"Forbidden" not in answer
    assert not answer.endswith(b"0\r\n\r\n")
    expect_failure(server, "RuntimeError: SERVER_RETURN: 403 after the answer was begun")


@pytest.mark.parametrize("path", ["blocks", "list"])
def test_large_answers_do_not_fill_memory(serve: Serve, path: str) -> None:
    """Part by part; of a list, what the application itself holds."""
    size = 48 << 20
    server = application(
        serve,
        f"""
        PART = b"x" * (1 << 20)

        def application(environ, start_response):
            start_response("200 OK", [])
            many = [PART] * {size >> 20}
            return many if environ["PATH_INFO"] == "/list" else iter(many)
        """,
    )
    server.get("/warm")
    (child,) = server.process.children()
    before = peak_kib(child)
    with server.http.stream("GET", f"/{path}") as answer:
        assert sum(len(part) for part in answer.iter_raw()) == size
    if not site.HTTP2:
        assert peak_kib(child) - before < 8 << 10
