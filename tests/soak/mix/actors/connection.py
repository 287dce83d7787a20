"""Conversations with a connection handler."""

from __future__ import annotations

import socket

from harness import site

from soak.mix import client
from soak.mix.actor import Actor, same


class Connection(Actor):
    name = "connection"
    directory = "Require all denied"
    foreseen = ("MPY0303: .*calculator", "PythonConnectionHandler calculator")

    @classmethod
    def server(cls) -> str:
        pool = "PythonInterpreterOptions conn.test pool=2" if site.python_version() >= (3, 13) else ""
        return f"""{pool}
            Listen 127.0.0.1:{{second_port}} calculator
            <VirtualHost 127.0.0.1:{{second_port}}>
            ServerName conn.test
            PythonPath "['{{htdocs}}/connection'] + sys.path"
            PythonConnectionHandler calculator
            </VirtualHost>
        """

    def act(self) -> None:
        with (
            socket.create_connection(("127.0.0.1", self.scene.second_port), timeout=client.PATIENCE) as connection,
            connection.makefile("rwb", buffering=0) as lines,
        ):
            for _ in range(self.random.randint(0, 10)):
                numbers = [self.random.randint(0, 1000) for _ in range(self.random.randint(1, 5))]
                lines.write(f"add {' '.join(map(str, numbers))}\n".encode())
                same(lines.readline(), f"{sum(numbers)}\r\n".encode())
            if self.random.random() < 0.1:
                lines.write(b"fail\n")
            else:
                lines.write(b"quit\n")
            same(lines.read(), b"")
