"""What httpx sends requests by, where several threads of a test share a client."""

from __future__ import annotations

import threading
from collections.abc import Callable

import httpx


class TransportOfEachThread(httpx.BaseTransport):
    """A transport for each thread that asks.

    By one for all of them, over HTTP/2, a request may be given a connection that another thread,
    whose answer is complete, is about to close.
    """

    def __init__(self, make: Callable[[], httpx.BaseTransport]) -> None:
        self._make = make
        self._own = threading.local()
        self._made: list[httpx.BaseTransport] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not hasattr(self._own, "transport"):
            self._own.transport = self._make()
            self._made.append(self._own.transport)
        transport: httpx.BaseTransport = self._own.transport
        return transport.handle_request(request)

    def close(self) -> None:
        for transport in self._made:
            transport.close()
