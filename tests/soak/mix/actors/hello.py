"""Many small requests on one connection, of every interpreter."""

from __future__ import annotations

import http.client

from soak.mix import client, hosts
from soak.mix.actor import Actor, same

_MOST = 20


class Hello(Actor):
    name = "hello"
    directory = "SetHandler mod_python\nPythonHandler hello"
    pause = 0.01

    def act(self) -> None:
        host = self.random.choice(hosts.common())
        connection = http.client.HTTPConnection("127.0.0.1", self.scene.port, timeout=client.PATIENCE)
        try:
            for number in range(self.random.randint(1, _MOST)):
                try:
                    connection.request("GET", "/hello/hello", headers={"Host": host.name})
                    response = connection.getresponse()
                except (ConnectionError, http.client.RemoteDisconnected):
                    if number == 0:
                        raise
                    # httpd may close between two requests; the client then has to ask again.
                    return
                same((response.status, response.read()), (200, f"Hello from {host.interpreter}".encode()))
                if connection.sock is None:
                    return
        finally:
            connection.close()
