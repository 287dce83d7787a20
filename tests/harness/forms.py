"""Forms as clients send them, and what the handler of `tests/apps/forms` says of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import httpx

from harness.server import Server

DIRECTIVES = "SetHandler mod_python\nPythonHandler forms"

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"


def post(
    server: Server,
    body: bytes | Iterable[bytes],
    content_type: str | bytes | None = MULTIPART,
    expression: str | None = None,
    path: str = "/",
    **options: Any,
) -> httpx.Response:
    headers: dict[str, str | bytes] = {} if content_type is None else {"Content-Type": content_type}
    if expression is not None:
        headers["X-Expression"] = quote(expression)
    return server.post(path, body, headers={**headers, **options.pop("headers", {})}, **options)


def answer(server: Server, body: bytes | Iterable[bytes], *arguments: Any, **options: Any) -> Any:
    """What the handler says; the status must be 200."""
    response = post(server, body, *arguments, **options)
    assert response.status_code == 200, (response.status_code, response.text)
    return response.json()


def part(head: str | bytes, content: bytes, boundary: bytes = b"b", line_end: bytes = b"\r\n") -> bytes:
    """One part, with the delimiter before it. head: its header lines, or the parameters of its disposition."""
    lines = head if isinstance(head, bytes) else f"Content-Disposition: form-data; {head}".encode()
    return line_end.join([b"--" + boundary, lines, b"", content, b""])


def multipart(*parts: tuple[str | bytes, bytes], boundary: bytes = b"b", line_end: bytes = b"\r\n") -> bytes:
    """A whole body."""
    body = b"".join(part(head, content, boundary, line_end) for head, content in parts)
    return body + b"--" + boundary + b"--" + line_end
