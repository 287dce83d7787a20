"""Servers that httpd's shared object caches ask, on ports of their own of this machine."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from harness import wait


class CacheServer:
    """A redis-server or memcached; nothing of it is kept on disk."""

    def __init__(self, command: Callable[[int], list[str]], folder: Path) -> None:
        self._command = command
        self._folder = folder
        self.port = free_port()
        self.start()

    def start(self) -> None:
        """On the same port each time."""
        self._process = subprocess.Popen(
            self._command(self.port), cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait.until(self._answers)

    def _answers(self) -> bool:
        assert self._process.poll() is None, f"{self._command(self.port)[0]} ended"
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """What it kept is gone; its port refuses connections."""
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """It accepts, and never answers."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)


@contextmanager
def redis(*options: str) -> Iterator[CacheServer]:
    """`redis-server` with further options, such as `--maxmemory`, `1mb`."""
    with _started(
        lambda port: ["redis-server", "--bind", "127.0.0.1", "--port", f"{port}", "--save", "", *options]
    ) as it:
        yield it


@contextmanager
def memcached(*options: str) -> Iterator[CacheServer]:
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    with _started(lambda port: ["memcached", "-l", "127.0.0.1", "-p", f"{port}", "-U", "0", *user, *options]) as it:
        yield it


@contextmanager
def _started(command: Callable[[int], list[str]]) -> Iterator[CacheServer]:
    folder = Path(tempfile.mkdtemp(prefix="mod_python-cache-"))
    server = CacheServer(command, folder)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def silent() -> Iterator[int]:
    """The port of a server that accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@contextmanager
def black_hole() -> Iterator[int]:
    """A port that answers no attempt to connect, as one behind a firewall that drops packets."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        port = listening.getsockname()[1]
        # The one place in its queue, and one more that Linux allows; whatever comes then is dropped.
        waiting = [socket.socket() for _ in range(4)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
        try:
            yield port
        finally:
            for client in waiting:
                client.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
