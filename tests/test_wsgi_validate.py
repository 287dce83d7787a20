"""Both sides as `wsgiref.validate` of Python's library wants them (PEP 3333)."""

from __future__ import annotations

import os

import pytest
from harness.application import application
from harness.serve import Serve
from harness.server import Server

_APPLICATIONS = """
from wsgiref.validate import validator


def whole(environ, start_response):
    body = environ["REQUEST_METHOD"].encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def streaming(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return (b"%d " % number for number in range(5))


def late(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield b""
    yield b"late"


def writing(environ, start_response):
    write = start_response("200 OK", [("Content-Type", "text/plain")])
    write(b"written, ")
    return [b"returned"]


def empty(environ, start_response):
    start_response("204 No Content", [])
    return []


def failing(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    try:
        1 / 0
    except ZeroDivisionError:
        start_response("500 Failed", [("Content-Type", "text/plain")], sys.exc_info())
    return [b"sorry"]


def echo(environ, start_response):
    stream = environ["wsgi.input"]
    body = stream.read(10) + stream.readline() + stream.readline(5) + b"".join(stream.readlines(100))
    body += b"".join(stream)
    while block := stream.read(65536):
        body += block
    start_response("200 OK", [("Content-Type", "application/octet-stream"), ("Content-Length", str(len(body)))])
    return [body]


def errors(environ, start_response):
    environ["wsgi.errors"].write("written\\n")
    environ["wsgi.errors"].writelines(["lines\\n", "of it\\n"])
    environ["wsgi.errors"].flush()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"logged"]


def file(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return environ["wsgi.file_wrapper"](open(__file__, "rb"))


checked = {name: validator(globals()[name]) for name in
           ("whole", "streaming", "late", "writing", "empty", "failing", "echo", "errors", "file")}


def application(environ, start_response):
    return checked[environ["PATH_INFO"].strip("/")](environ, start_response)
"""


@pytest.fixture
def server(serve: Serve) -> Server:
    return application(serve, _APPLICATIONS)


def test_every_kind_of_answer(server: Server) -> None:
    answers = {
        "whole": (200, "GET"),
        "streaming": (200, "0 1 2 3 4 "),
        "late": (200, "late"),
        "writing": (200, "written, returned"),
        "empty": (204, ""),
        "failing": (500, "sorry"),
    }
    for name, answer in answers.items():
        found = server.get(f"/{name}?a=b", headers={"Cookie": "a=b", "Accept": "*/*"})
        assert (found.status_code, found.text) == answer


def test_head(server: Server) -> None:
    for name in ("whole", "streaming", "late", "writing"):
        found = server.http.head(f"/{name}")
        assert (found.status_code, found.content) == (200, b"")


@pytest.mark.parametrize("size", [0, 12, 200_000])
def test_bodies(server: Server, size: int) -> None:
    body = os.urandom(size)
    assert server.post("/echo", body).content == body
    assert server.post("/echo", iter([body[:7], body[7:]] if body else [])).content == body


def test_errors(server: Server) -> None:
    assert server.text("/errors") == "logged"
    server.expect_log("^written$", "^lines$", "^of it$")


def test_a_wrapped_file(server: Server) -> None:
    assert server.get("/file").content == (server.htdocs / "app.py").read_bytes()
