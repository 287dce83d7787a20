"""The checker of memory sees what it is there for. Collected only where `MEMCHECK` names one."""

from __future__ import annotations

import contextlib
import re

import httpx
import pytest
from harness import memcheck, wait
from harness.inside import Inside

_READ_AFTER_FREE = """
    import ctypes
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.free.argtypes = [ctypes.c_void_p]
    address = libc.malloc(64)
    libc.free(address)
    result = ctypes.string_at(address, 8) and None
"""

_OBJECT_AFTER_ITS_END = """
    import ctypes
    kept = [bytes(range(100))]
    address = id(kept[0])
    kept.clear()
    result = ctypes.string_at(address + 60, 8) and None
"""


@pytest.mark.parametrize("source", [_READ_AFTER_FREE, _OBJECT_AFTER_ITS_END], ids=["malloc", "object"])
def test_memory_is_not_read_after_its_release(inside: Inside, source: str) -> None:
    # asan ends the process.
    with contextlib.suppress(httpx.TransportError):
        inside(source)
    root = inside.server.root
    wait.until(lambda: bool(memcheck.verdict(root)))
    (report,) = memcheck.verdict(root)
    assert re.search("Invalid read|heap-use-after-free", report)
    memcheck.forget(root)
