"""Waiting for what httpd does after it has answered."""

from __future__ import annotations

import time
from collections.abc import Callable

from harness import memcheck


def until(condition: Callable[[], bool], timeout: float = 10) -> None:
    """Return as soon as the condition holds; AssertionError if it never does."""
    deadline = time.monotonic() + memcheck.patience(timeout)
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.01)
