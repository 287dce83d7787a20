"""Requests whose exact bytes matter, over a plain socket, and HTTP/2."""

from __future__ import annotations

import socket
from dataclasses import dataclass

import httpx


@dataclass(frozen=True)
class RawResponse:
    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> bytes | None:
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.lower() == name.lower().encode():
                return value.strip()
        return None


def exchange(port: int, request: bytes, timeout: float = 20) -> bytes:
    """Send the bytes, and return all that the server says until it closes."""
    with socket.create_connection(("127.0.0.1", port), timeout) as connection:
        connection.sendall(request)
        chunks = []
        while chunk := connection.recv(65536):
            chunks.append(chunk)
    return b"".join(chunks)


def request(port: int, target: bytes, *headers: bytes, method: bytes = b"GET") -> RawResponse:
    """One request with the given target and header lines, byte for byte."""
    lines = [method + b" " + target + b" HTTP/1.1", b"Host: main.test", b"Connection: close"]
    answer = exchange(port, b"\r\n".join([*lines, *headers, b"", b""]))
    head, _, body = answer.partition(b"\r\n\r\n")
    return RawResponse(int(head.split(b" ", 2)[1]), head, body)


class Conversation:
    """One connection, on which a test says what it likes when it likes."""

    def __init__(self, port: int, timeout: float = 20) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)

    def __enter__(self) -> Conversation:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def say(self, data: bytes) -> None:
        self.socket.sendall(data)

    def post(self, *headers: bytes, body: bytes = b"", target: bytes = b"/") -> None:
        """The head of a POST, and what goes with it at once."""
        lines = [b"POST " + target + b" HTTP/1.1", b"Host: main.test", *headers]
        self.say(b"\r\n".join([*lines, b"", b""]) + body)

    def hear(self) -> bytes:
        """Whatever comes next; empty when the server has closed."""
        return self.socket.recv(65536)

    def hear_all(self) -> bytes:
        """All until the server closes."""
        return b"".join(iter(self.hear, b""))

    def done_sending(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)


def http2(port: int) -> httpx.Client:
    """A client that speaks HTTP/2 from the first byte (`Protocols h2c`)."""
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", http1=False, http2=True, trust_env=False, timeout=20)
