"""Clients that send a part of a body, and then nothing for longer than Timeout."""

from __future__ import annotations

import socket

from soak.mix import client
from soak.mix.actor import Actor, same


class Slow(Actor):
    name = "slow"
    directory = "SetHandler mod_python\nPythonHandler slow"
    pause = 0.5

    def act(self) -> None:
        part = b"x" * self.random.randint(0, 1000)
        with socket.create_connection(("127.0.0.1", self.scene.port), timeout=client.PATIENCE) as connection:
            head = "POST /slow/ HTTP/1.1\r\nHost: slow.test\r\nConnection: close\r\nContent-Length: 2000\r\n\r\n"
            connection.sendall(head.encode() + part)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        same(answer[:12], b"HTTP/1.1 408")
