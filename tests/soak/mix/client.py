"""One request on a connection of its own."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass

# Longer than the time after which a run counts as stuck: who waits is to be looked at while it does.
PATIENCE = 180


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def expect(self, status: int) -> None:
        if self.status != status:
            raise AssertionError(f"{self.status} {self.body[:200]!r} instead of {status}")


def ask(port: int, host: str, target: str, method: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, target, body, {"Host": host, "Connection": "close", **headers})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()
