"""One application, and each form of answer."""

import zlib
from pathlib import Path


def application(environ, start_response):
    return _WAYS[environ["QUERY_STRING"]](environ, start_response)


def _list(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"Hello, ", b"World!"]


def _generator(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    for number in range(10):
        yield b"%d," % number


def _write(environ, start_response):
    write = start_response("200 OK", [("Content-Type", "text/plain")])
    write(b"written")
    return []


def _file(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return environ["wsgi.file_wrapper"](Path(__file__).with_name("file.txt").open("rb"))


def _body(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%d" % zlib.crc32(environ["wsgi.input"].read())]


def _fails(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    raise ValueError("on purpose")


_WAYS = {
    "list": _list,
    "generator": _generator,
    "write": _write,
    "file": _file,
    "body": _body,
    "fails": _fails,
}
