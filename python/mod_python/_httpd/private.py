"""A private httpd in the foreground, which is gone when its user is.

httpd signals its whole process group when it stops, so it gets a session of its own; and what was started as a
background job has SIGINT ignored, so its signals are set here, whatever they were.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

STOP_SECONDS = 20
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ServerError(Exception):
    """Why there is no server, in one sentence for its user."""


def interrupt_on_signals() -> None:
    """From here on SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt."""
    for number in _SIGNALS:
        signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def refuse_unusable_port(host: str, port: int) -> None:
    """ServerError if nobody can listen there now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        # As httpd does: connections that just ended must not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else "no such port"
            raise ServerError(f"cannot listen on {host}:{port} ({reason}); choose another port with --port") from None


@contextlib.contextmanager
def temporary_folder(prefix: str) -> Iterator[Path]:
    """A folder that httpd's children can enter."""
    # Root's TMPDIR may be closed to them.
    root = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp" if os.geteuid() == 0 else None))
    try:
        if os.geteuid() == 0:
            root.chmod(0o755)
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


def environment(package_folder: Path) -> dict[str, str]:
    """Ours, for an httpd that imports mod_python from `package_folder`."""
    # PYTHON* variables of the user's shell are not about the Python inside httpd.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return kept | {"PYTHONPATH": str(package_folder)}


@contextlib.contextmanager
def running(command: list[str], env: dict[str, str], output: IO[bytes] | int) -> Iterator[subprocess.Popen[bytes]]:
    """httpd, for the time of the `with`; what it says goes to `output`, or into a pipe."""
    received: list[int] = []
    # A signal in the middle of Popen would leave a process that nobody knows.
    with _remembered(received):
        httpd = subprocess.Popen(
            command, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        if received:
            raise KeyboardInterrupt
        yield httpd
    finally:
        _stop(httpd)


@contextlib.contextmanager
def _remembered(received: list[int]) -> Iterator[None]:
    """Signals are noted in `received`, and do nothing else."""
    handlers = {number: signal.signal(number, lambda number, _: received.append(number)) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _stop(httpd: subprocess.Popen[bytes]) -> None:
    # A second Ctrl-C must not leave httpd behind.
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    httpd.terminate()
    try:
        httpd.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        # Its session holds nothing but its own children.
        os.killpg(httpd.pid, signal.SIGKILL)
        httpd.wait()
