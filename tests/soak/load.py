"""Clients that never stop asking, and count what they get."""

from __future__ import annotations

import http.client
import threading
from collections import Counter

from soak.setting import BODY

# A reused connection may be closed by the server between two requests: HTTP says
# that the client must then ask again. A new connection must be answered.
_PER_CONNECTION = 20


class Load:
    def __init__(self, port: int, clients: int) -> None:
        self._port = port
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self._threads = [threading.Thread(target=self._ask_on) for _ in range(clients)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask_on(self) -> None:
        while not self._stop.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
            self._use(connection)
            connection.close()

    def _use(self, connection: http.client.HTTPConnection) -> None:
        for number in range(_PER_CONNECTION):
            outcome = _ask(connection, is_new=number == 0)
            with self._lock:
                self.counts[outcome] += 1
            if outcome != "answered" or connection.sock is None or self._stop.is_set():
                return


def _ask(connection: http.client.HTTPConnection, is_new: bool) -> str:
    try:
        connection.request("GET", "/")
        response = connection.getresponse()
        body = response.read()
    except ConnectionRefusedError:
        return "refused"
    except TimeoutError:
        return "timed out"
    except (OSError, http.client.HTTPException):
        return "dropped" if is_new else "closed between requests"
    return "answered" if (response.status, body) == (200, BODY) else "wrong"
