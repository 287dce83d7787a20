"""What a process holds in memory."""

from __future__ import annotations

import re
from pathlib import Path


def resident_kib(pid: int) -> int:
    return _field(pid, "VmRSS")


def peak_kib(pid: int) -> int:
    """The most that it held so far."""
    return _field(pid, "VmHWM")


def _field(pid: int, name: str) -> int:
    match = re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert match, name
    return int(match[1])
