"""Sends requests one after another on one keep-alive connection and checks every answer."""

from __future__ import annotations

import http.client
import time
from pathlib import Path

from .rows import BODY
from .server import Server
from .toolchain import BenchError


def exchange(server: Server, requests: int, *, one_process: bool = False) -> str:
    """Returns what the server calls itself.

    A server of `one_process` is let go to sleep before each request: a request that
    is there already when httpd looks for one costs it some hundred instructions less,
    and how often that happens is a matter of luck.
    """
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.sock = server.connect()
    # A second connection would be counted as well; rather fail.
    connection.auto_open = 0
    try:
        for number in range(requests):
            if one_process:
                _wait_until_asleep(server)
            host = server.row.host(number)
            connection.request("GET", "/hello", headers={"Host": host} if host else {})
            response = connection.getresponse()
            body = response.read()
            if response.status != 200 or body != BODY.encode():
                raise BenchError(f"{server.row.key} answered {response.status} {body!r}\n{server.log()}")
        return response.headers["Server"]
    except http.client.HTTPException as lost:
        raise BenchError(f"{server.row.key} broke off: {lost}\n{server.log()}") from lost
    finally:
        connection.close()


def _wait_until_asleep(server: Server) -> None:
    stat = Path(f"/proc/{server.process.pid}/stat")
    while stat.read_text().rpartition(")")[2].split()[0] != "S":
        time.sleep(0.0001)
