"""Requests that no client should send, made by chance: the same ones for the same seed.

Most are an ordinary request with one to three things wrong, so that they come far; some
are no request at all.
"""

from __future__ import annotations

import base64
import contextlib
import re
import socket
import struct
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from harness import memcheck
from harness.log import Entry

APP = "touches_all"

# What httpd says of the requests, and what this module says of deprecated attributes.
FORESEEN = r"(AH\d+|MPY0702): "

_SERVER = """
    PythonPath "['{htdocs}'] + sys.path"
    PythonPostReadRequestHandler touches
    PythonTransHandler touches
    AllowEncodedSlashes On
    TraceEnable extended
    LimitRequestBody 100000
    Timeout 5
    ErrorDocument 400 /broken
    ErrorDocument 404 /missing
    ErrorDocument 413 /large
"""

_DIRECTORY = """
    SetHandler mod_python
    PythonInitHandler touches
    PythonHeaderParserHandler touches
    PythonAccessHandler touches
    PythonAuthenHandler touches
    PythonAuthzHandler touches
    PythonTypeHandler touches
    PythonFixupHandler touches
    PythonHandler touches
    PythonLogHandler touches
    PythonCleanupHandler touches
    PythonInputFilter touches TOUCHES_IN
    PythonOutputFilter touches TOUCHES_OUT
    SetInputFilter TOUCHES_IN
    SetOutputFilter TOUCHES_OUT
    AuthType Basic
    AuthName touches
    Require valid-user
"""


def config(protocol: str) -> dict[str, Any]:
    """Python in every phase, and in httpd's own errors too; `protocol`: `Strict` or `Unsafe` (HttpProtocolOptions)."""
    return {
        "server": f"{_SERVER}HttpProtocolOptions {protocol}",
        "directory": _DIRECTORY,
        "modules": ("authn_core", "authz_user"),
    }


@dataclass
class Request:
    method: bytes = b"POST"
    target: bytes = b"/path/info?a=1&b=2"
    version: bytes = b" HTTP/1.1"
    headers: list[bytes] = field(default_factory=lambda: [b"Host: main.test"])
    # What stands between the lines.
    line_end: bytes = b"\r\n"
    framing: list[bytes] = field(default_factory=list)
    body: bytes = b""

    def render(self) -> bytes:
        first = self.method + b" " + self.target + self.version
        return self.line_end.join([first, *self.headers, *self.framing, b"", self.body])


def _bytes(random: Random, most: int) -> bytes:
    return random.randbytes(random.randrange(most))


def _length(random: Random) -> int:
    """Mostly short, sometimes beyond every limit."""
    return random.choice([0, 1, 7, 100, 1000, 8000, 8190, 8192, 20_000, 70_000])


_PIECES = (
    b"a", b"/", b"//", b"..", b".", b"%00", b"%2f", b"%2F", b"%5c", b"%c0%af", b"%ff", b"%", b"%z", b"%u0000",
    b"%0a", b"%0d%0a", b"%7f", b"\xff", b"\xc3\xa9", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x00", b"\x01", b"\t",
    b"\x0b", b"\x7f", b"\r", b"?", b"&", b"=", b";", b"+", b"#", b"*", b"\\", b"'", b'"', b"<", b"{", b"|", b"^",
    b"..%2f..%2fetc%2fpasswd", b"%25%30%30", b"a=1", b"&a=%00&=&&a", b"~user", b"%s%n", b"$(x)",
)  # fmt: skip


def _pieces(random: Random, most: int = 12) -> bytes:
    return b"".join(random.choices(_PIECES, k=random.randrange(most)))


# --- what can be wrong with a request ---


def _odd_target(random: Random, request: Request) -> None:
    request.target = b"/" + _pieces(random)


def _odd_query(random: Random, request: Request) -> None:
    request.target = b"/?" + _pieces(random, 40)


def _random_target(random: Random, request: Request) -> None:
    request.target = b"/" + _bytes(random, 200)


def _long_target(random: Random, request: Request) -> None:
    request.target = b"/" + random.choice([b"a", b"/", b"%41", b"../", b"?", b"\xff", b"&a="]) * _length(random)


def _odd_form(random: Random, request: Request) -> None:
    """Not a path: absolute, authority, asterisk, and what looks like these."""
    request.target = random.choice(
        [
            b"*", b"", b"?", b"#", b"path", b"main.test:80", b"http://main.test/x?y", b"HTTP://USER:pw@main.test/",
            b"http://", b"http:///", b"http://[::1", b"http://[::1]:99999/", b"http://main.test:-1/",
            b"http://a:b:c/",
            b"https://main.test/", b"ftp://main.test/", b"http://\xff/", b"http://%00/", b"//main.test/x", b"://",
            b":",
            b"http://main.test", b"http:main", b"javascript:1",
        ]
    )  # fmt: skip


def _odd_method(random: Random, request: Request) -> None:
    request.method = random.choice(
        [
            b"GET", b"HEAD", b"TRACE", b"OPTIONS", b"CONNECT", b"PUT", b"DELETE", b"PATCH", b"PROPFIND", b"get", b"",
            b" ", b"G\x00T", b"G\xffT", b"(GET)", b"GET\t", b"M" * _length(random), b"PRI", b"\r\nGET",
            b"\x16\x03\x01",
        ]
    )  # fmt: skip


def _odd_version(random: Random, request: Request) -> None:
    request.version = random.choice(
        [
            b"", b" ", b" HTTP/0.9", b" HTTP/1.0", b" HTTP/1.9", b" HTTP/2.0", b" HTTP/9.9", b" HTTP/1", b" HTTP/",
            b" HTTP/11.11", b" http/1.1", b" HTTP/1.1 x", b"  HTTP/1.1", b"\tHTTP/1.1", b" HTTP/1.1\x00", b" FTP/1.1",
            b" HTTP/999999999999.1", b" HTTP/-1.1", b" \xff",
        ]
    )  # fmt: skip


def _odd_host(random: Random, request: Request) -> None:
    hosts = [
        b"", b" ", b"\xff", b"\x00", b"main.test:", b"main.test:x", b"main.test:99999", b"[::1", b"[::1]:80", b"..",
        b"main.test.", b"a b", b"a/b", b"a@b", b"h" * _length(random), b"main.test, other.test", b"%00", b"-",
        b"\xc3\xa9",
    ]  # fmt: skip
    request.headers = [b"Host: " + host for host in random.choices(hosts, k=random.choice([0, 1, 1, 1, 2]))]


def _odd_headers(random: Random, request: Request) -> None:
    request.headers += random.choices(
        [
            b"", b":", b": value", b"no colon", b"Name : value", b"N\x00me: value", b"N\xffme: value", b"X: \x00",
            b"X: \x01",
            b"X: \xff\xfe", b"X: a\rb", b"X: \x7f", b" folded", b"\tfolded", b"X:", b"X",
            b"X: " + _bytes(random, 100),
            b"X: \xed\xa0\x80", b"Range: bytes=-", b"Range: bytes=0-0,1-1,5-2,-9999999999999999999",
            b"If-Match: \xff",
            b"If-Modified-Since: Thu, 99 Foo 0000 99:99:99 GMT", b"If-None-Match: " + b'"' * 50,
            b"Connection: \xff, close",
            b"Connection: upgrade", b"Upgrade: h2c, \x80", b"Upgrade: websocket", b"Cookie: " + _pieces(random),
            b"Accept-Encoding: \x80;q=9", b"Content-Type: \x00/\xff; boundary=" + b"-" * 500, b"Via: \xff",
            b"TE: \xff",
            b"Max-Forwards: -1", b"Date: never", b"Referer: " + _pieces(random), b"User-Agent: \x1b[2J%n%s",
        ],
        k=random.randrange(1, 6),
    )  # fmt: skip


def _many_headers(random: Random, request: Request) -> None:
    count = random.choice([20, 99, 100, 101, 300])
    name = random.choice([b"X-Same", b"X-%d", b"\xff%d"])
    request.headers += [(name.replace(b"%d", b"%d" % number) + b": " + b"v" * 20) for number in range(count)]


def _huge_header(random: Random, request: Request) -> None:
    name, value = random.choice(
        [(b"X", b"v" * _length(random)), (b"n" * _length(random), b"v"), (b"X", b"\xff" * 8000)]
    )
    request.headers.append(name + b": " + value)


def _folded_header(random: Random, request: Request) -> None:
    request.headers.append(b"X: a" + (request.line_end + b" b\xff") * random.choice([1, 5, 500]))


def _odd_credentials(random: Random, request: Request) -> None:
    plain = random.choice(
        [b"user:password", b"user", b":", b"", b"\xff\xfe:\x80", b"u\x00ser:p\x00w", b"u:p:q", b"\r\n:x",
        b"\xed\xa0\x80:x",
         b"u" * _length(random) + b":p", _bytes(random, 50)]
    )  # fmt: skip
    coded = base64.b64encode(plain)
    request.headers.append(
        random.choice(
            [
                b"Authorization: Basic " + coded, b"Authorization: Basic " + coded[:-1], b"Authorization: Basic",
                b"Authorization: Basic \xff\x00!!", b"Authorization: basic  " + coded + b" x",
                b"Authorization: " + coded,
                b"Authorization: Bearer " + coded, b"Authorization: Digest username=\xff",
                b"Proxy-Authorization: Basic " + coded,
                b"Authorization:", b"Authorization: Basic " + coded.replace(b"=", b"=A="),
            ]
        )
    )  # fmt: skip


def _odd_length(random: Random, request: Request) -> None:
    """A Content-Length that is none, or not the body's."""
    values = [
        b"-1", b"+5", b"0x5", b"5 5", b"5,5", b"", b" ", b"x", b"\xff", b"5\x00", b"99999", b"100001",
        b"9223372036854775807",
        b"9223372036854775808", b"18446744073709551616", b"1" * 200, b"00000000005", b"5;x", b"5.0", b"1e3", b"3",
    ]  # fmt: skip
    request.framing = [b"Content-Length: " + value for value in random.choices(values, k=random.choice([1, 1, 1, 2]))]
    request.body = random.choice([b"12345", b"", _bytes(random, 3000)])


def _odd_coding(random: Random, request: Request) -> None:
    """A Transfer-Encoding that is none, or two framings at once."""
    codings = [
        b"Transfer-Encoding: identity", b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: chunked, chunked",
        b"Transfer-Encoding: \xff", b"Transfer-Encoding : chunked", b"Transfer-Encoding:",
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: x" * 3, b"Transfer-Encoding: CHUNKED", b"Content-Length: 5",
    ]  # fmt: skip
    request.framing = random.choices(codings, k=random.choice([1, 2, 3]))
    request.body = b"5\r\nhello\r\n0\r\n\r\n"


def _broken_chunks(random: Random, request: Request) -> None:
    request.framing = [b"Transfer-Encoding: chunked"]
    chunks = [
        b"5\r\nhello\r\n", b"5\nhello\n", b"5\r\nhello", b"5\r\nhellohello\r\n", b"-5\r\nhello\r\n",
        b"0x5\r\nhello\r\n",
        b"\r\n", b"x\r\n", b"ffffffffffffffff\r\nhello\r\n", b"7fffffffffffffff\r\nhello\r\n", b"1" * 500 + b"\r\n",
        b"5;name=value\r\nhello\r\n", b"5;" + b"x" * _length(random) + b"\r\nhello\r\n", b"5 \r\nhello\r\n",
        b"\x00\r\n",
        b"5;\xff\x00\r\nhello\r\n", b"0\r\n\r\n", b"0\r\nTrailer: \xff\r\n\r\n", b"0\r\nno colon\r\n\r\n", b"0\r\n",
        b"0" * 100 + b"5\r\nhello\r\n", _bytes(random, 300), b"20000\r\n" + b"x" * 0x20000 + b"\r\n",
    ]  # fmt: skip
    request.body = b"".join(random.choices(chunks, k=random.randrange(1, 5)))


def _body(random: Random, request: Request) -> None:
    """A sound body, for what else is wrong."""
    request.body = _bytes(random, 30_000)
    request.framing = [b"Content-Length: %d" % len(request.body)]


def _odd_expectation(random: Random, request: Request) -> None:
    values = [b"100-continue", b"100-Continue, x", b"200-ok", b"\xff", b"", b"100-continue\x00"]
    request.headers.append(b"Expect: " + random.choice(values))


def _odd_lines(random: Random, request: Request) -> None:
    request.line_end = random.choice([b"\n", b"\r", b"\n\r", b"\r\r\n", b"\r\n\r\n", b"\x00\r\n", b" \r\n", b"\x0b"])


_WRONGS: tuple[Callable[[Random, Request], None], ...] = (
    _odd_target,
    _odd_query,
    _random_target,
    _long_target,
    _odd_form,
    _odd_method,
    _odd_version,
    _odd_host,
    _odd_headers,
    _many_headers,
    _huge_header,
    _folded_header,
    _odd_credentials,
    _odd_length,
    _odd_coding,
    _broken_chunks,
    _body,
    _odd_expectation,
    _odd_lines,
)


def _one(random: Random) -> bytes:
    if random.random() < 0.05:
        return _bytes(random, 2000)
    request = Request()
    for wrong in random.sample(_WRONGS, random.choice([1, 1, 2, 3])):
        wrong(random, request)
    message = request.render()
    if random.random() < 0.1:
        # A few bytes anywhere are others.
        damaged = bytearray(message)
        for _ in range(random.randrange(1, 5)):
            damaged[random.randrange(len(damaged))] = random.randrange(256)
        message = bytes(damaged)
    return message


# --- how they are sent ---


@dataclass(frozen=True)
class Case:
    """What is sent on one connection, in parts, and how the client then leaves."""

    parts: tuple[bytes, ...]
    leaves: str


def case(seed: int, number: int) -> Case:
    random = Random(f"{seed}/{number}")
    message = b"".join(_one(random) for _ in range(random.choice([1, 1, 1, 1, 2, 5])))
    leaves = random.choices(["half closed", "reset", "at once"], [80, 10, 10])[0]
    if random.random() < 0.15:
        message = message[: random.randrange(len(message) + 1)]
    cut = random.randrange(len(message) + 1) if random.random() < 0.2 else len(message)
    return Case((message[:cut], message[cut:]), leaves)


def send(port: int, case: Case) -> bytes:
    """All that the server says to it; what it does not say, since the client is gone, is no failure."""
    answer = []
    connection = socket.create_connection(("127.0.0.1", port), memcheck.patience(30))
    # The server may have closed the connection already, of which shutdown() says ENOTCONN.
    with connection, contextlib.suppress(OSError):
        for part in filter(None, case.parts):
            connection.sendall(part)
            if part is not case.parts[-1]:
                time.sleep(0.001)
        if case.leaves == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif case.leaves == "half closed":
            # Else the server waits for what may be missing.
            connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                answer.append(chunk)
    return b"".join(answer)


def unforeseen(entries: Iterable[Entry]) -> list[str]:
    """The entries of the error log that malformed requests do not account for: Python's, and children that died."""
    return [str(entry) for entry in entries if entry.is_trouble and not re.match(FORESEEN, entry.message)]
