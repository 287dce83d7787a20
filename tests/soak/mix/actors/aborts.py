"""Clients that leave in the middle of an answer or of a body."""

from __future__ import annotations

import socket
import struct

from soak.mix import client
from soak.mix.actor import Actor


class Aborts(Actor):
    name = "aborts"
    app = "streams"
    directory = "SetHandler mod_python\nPythonHandler streams"
    pause = 0.05

    def act(self) -> None:
        with socket.create_connection(("127.0.0.1", self.scene.port), timeout=client.PATIENCE) as connection:
            if self.random.random() < 0.5:
                connection.sendall(self._head("GET", f"?write={self.random.randint(1, 300)}"))
                connection.recv(self.random.randint(1, 100_000))
            else:
                connection.sendall(self._head("POST", "?read=0", f"Content-Length: {1 << 20}\r\n"))
                connection.sendall(b"x" * self.random.randint(1, 500_000))
            if self.random.random() < 0.5:
                # Closes with a reset.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _head(self, method: str, target: str, headers: str = "") -> bytes:
        return f"{method} /{self.name}/{target} HTTP/1.1\r\nHost: {self.any_host()}\r\n{headers}\r\n".encode()
