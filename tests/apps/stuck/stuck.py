"""Handlers that take too long, each in its own way."""

from __future__ import annotations

import ctypes
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from mod_python import apache

SPOOL = Path(__file__).parent.parent / "spool"


def _note(name: str) -> None:
    (SPOOL / name).write_text(str(os.getpid()))


def sleeps() -> None:
    time.sleep(60)


def locks() -> None:
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def loops() -> None:
    while True:
        pass


def holds() -> None:
    # PyDLL: the lock of the interpreter is held for the call.
    ctypes.PyDLL(None).sleep(60)


def catches() -> None:
    while True:
        try:
            loops()
        except Exception:
            continue


def swallows() -> None:
    while True:
        try:
            loops()
        except BaseException:
            continue


def finishes() -> None:
    try:
        loops()
    finally:
        _note("finally")


def nearly() -> None:
    time.sleep(0.5)


def answers() -> None:
    pass


WAYS: list[Callable[[], None]] = [sleeps, locks, loops, holds, catches, swallows, finishes, nearly, answers]


def handler(req: apache.mp_request) -> int:
    """Does what the last part of the path says, and answers with the child's number."""
    way = req.uri.rpartition("/")[2]
    _note("began-" + way)
    next((known for known in WAYS if known.__name__ == way), answers)()
    req.content_type = "text/plain"
    req.write(str(os.getpid()))
    return apache.OK


def slow(req: apache.mp_request) -> int:
    """Begins its answer, and ends it when the test says so."""
    req.content_type = "text/plain"
    req.write("begun ")
    req.flush()
    deadline = time.monotonic() + 30
    while not (SPOOL / "release").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    req.write(str(os.getpid()))
    return apache.OK


def redirects(req: apache.mp_request) -> int:
    req.internal_redirect("/loops")
    return apache.OK


def error_page(req: apache.mp_request) -> int:
    req.content_type = "text/plain"
    time.sleep(0.2)
    req.write("sorry")
    return apache.OK


def logs(req: apache.mp_request) -> int:
    loops()
    return apache.OK


def loops_in_filter(filter: apache.mp_filter) -> None:
    loops()
