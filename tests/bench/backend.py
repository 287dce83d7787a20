"""A server behind httpd, such as gunicorn: its own session, its socket in the folder of the server in front."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .rows import Row
from .toolchain import BenchError

SOCKET = "backend.sock"

_DEADLINE = 60.0


@contextmanager
def running_backend(row: Row, root: Path, environment: dict[str, str]) -> Iterator[frozenset[int]]:
    """The ids of its session; none for a row that has nothing behind httpd."""
    if row.backend is None:
        yield frozenset()
        return
    with (root / "backend.log").open("wb") as output:
        process = subprocess.Popen(
            [word.replace("{root}", str(root)) for word in row.backend.command],
            cwd=root,
            env=environment | {"PYTHONPATH": str(row.backend.python_path)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait(process, root)
        yield frozenset([process.pid])
    finally:
        process.terminate()
        process.wait(_DEADLINE)


def _wait(process: subprocess.Popen[bytes], root: Path) -> None:
    deadline = time.monotonic() + _DEADLINE
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(root / SOCKET)) == 0:
                return
        time.sleep(0.05)
    raise BenchError(f"The server behind httpd did not start.\n{(root / 'backend.log').read_text()}")
