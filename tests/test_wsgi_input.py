"""`wsgi.input`: the body of a request, as PEP 3333 has it."""

from __future__ import annotations

import ast
import os
from typing import Any

from harness import site
from harness.application import answering, evaluating
from harness.client import Conversation
from harness.memory import peak_kib
from harness.serve import Serve

_LINES = b"one\ntwo\n\nlast"


_READS: list[tuple[str, Any]] = [
    ("[stream.read(), stream.read()]", [_LINES, b""]),
    ("[stream.read(5), stream.read(0), stream.read(-1), stream.read(1)]", [b"one\nt", b"", b"wo\n\nlast", b""]),
    ("[stream.readline() for _ in range(6)]", [b"one\n", b"two\n", b"\n", b"last", b"", b""]),
    ("[stream.readline(2), stream.readline(99), stream.readline(4)]", [b"on", b"e\n", b"two\n"]),
    ("[stream.readlines(), stream.readlines()]", [[b"one\n", b"two\n", b"\n", b"last"], []]),
    ("[stream.readlines(4), stream.read()]", [[b"one\n"], b"two\n\nlast"]),
    ("[list(stream), list(stream)]", [[b"one\n", b"two\n", b"\n", b"last"], []]),
    ("[next(stream), stream.read(2), next(stream)]", [b"one\n", b"tw", b"o\n"]),
    ("iter(stream) is stream", True),
]


def test_it_is_read_as_a_file_is(serve: Serve) -> None:
    """Once with a length, and once without."""
    server = evaluating(serve, "eval(environ['HTTP_X_CODE'], {'stream': environ['wsgi.input']})")
    for expression, found in _READS:
        for body in (_LINES, iter([_LINES[:5], _LINES[5:]])):
            answer = server.post("/", body, headers={"X-Code": expression})
            assert ast.literal_eval(answer.text) == found, expression


def test_bodies_of_all_sizes(serve: Serve) -> None:
    server = answering(serve, "start_response('200 OK', [])\nreturn [environ['wsgi.input'].read()]")
    for size in (0, 1, 8191, 8192, 8193, 65536, 65537):
        body = os.urandom(size)
        assert server.post("/", body).content == body
        assert server.post("/", iter([body] if body else [])).content == body


def test_a_request_without_a_body_reads_empty(serve: Serve) -> None:
    assert evaluating(serve, "(environ['wsgi.input'].read(), list(environ['wsgi.input']))").text() == "(b'', [])"


def test_the_client_is_told_to_continue_when_it_is_read(serve: Serve) -> None:
    server = answering(serve, "start_response('200 OK', [])\nreturn [environ['wsgi.input'].read()]")
    with Conversation(server.port) as conversation:
        conversation.post(b"Expect: 100-continue", b"Content-Length: 4", b"Connection: close")
        assert conversation.hear().startswith(b"HTTP/1.1 100 ")
        conversation.say(b"body")
        assert conversation.hear_all().endswith(b"body")


def test_a_body_that_is_not_read_is_not_asked_for(serve: Serve) -> None:
    server = answering(serve, "start_response('413 No', [])\nreturn [b'no']")
    with Conversation(server.port) as conversation:
        conversation.post(b"Expect: 100-continue", b"Content-Length: 4")
        assert conversation.hear_all().startswith(b"HTTP/1.1 413 ")


def test_a_client_that_leaves_in_the_middle_is_an_os_error(serve: Serve) -> None:
    server = answering(
        serve,
        """
        try:
            environ["wsgi.input"].read()
        except OSError as error:
            sys.stderr.write(f"{type(error).__name__}\\n")
            raise
        """,
    )
    with Conversation(server.port) as conversation:
        conversation.post(b"Content-Length: 10", body=b"123")
        conversation.done_sending()
        conversation.hear_all()
    server.expect_log("^ClientDisconnected$")


def test_a_large_body_does_not_fill_memory(serve: Serve) -> None:
    size = 48 << 20
    server = answering(
        serve,
        """
        start_response("200 OK", [])
        return [str(sum(len(part) for part in iter(lambda: environ["wsgi.input"].read(65536), b"")))]
        """,
    )
    assert server.post("/", b"x").text == "1"
    (child,) = server.process.children()
    before = peak_kib(child)
    part = b"x" * (1 << 20)
    for body in (iter([part] * (size >> 20)), part * (size >> 20)):
        assert server.post("/", body).text == str(size)
    if not site.HTTP2:
        assert peak_kib(child) - before < 8 << 10


def test_too_large_a_body_is_413(serve: Serve) -> None:
    server = answering(
        serve, "start_response('200 OK', [])\nreturn [environ['wsgi.input'].read()]", directory="LimitRequestBody 3"
    )
    assert server.post("/", b"1234").status_code == 413
    server.tolerate_log("AH01587", "AH01588")
