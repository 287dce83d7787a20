"""Sends requests one after another on one keep-alive connection and checks every answer."""

from __future__ import annotations

import http.client

from .rows import BODY
from .server import Server
from .toolchain import BenchError


def exchange(server: Server, requests: int) -> str:
    """Returns what the server calls itself."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.sock = server.connect()
    # A second connection would be counted as well; rather fail.
    connection.auto_open = 0
    try:
        for _ in range(requests):
            connection.request("GET", "/hello")
            response = connection.getresponse()
            body = response.read()
            if response.status != 200 or body != BODY.encode():
                raise BenchError(f"{server.row.key} answered {response.status} {body!r}\n{server.log()}")
        return response.headers["Server"]
    finally:
        connection.close()
