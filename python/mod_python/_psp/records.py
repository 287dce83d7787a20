"""Compiled pages as bytes.

A record is used only if it was made by this version of Python and of this package, and of
files that have the same content now: so it cannot be stale, whatever their times are.
Whether its bytes may be trusted is for who reads them to know (:mod:`mod_python._psp.disk`).
"""

from __future__ import annotations

import hashlib
import importlib.util
import marshal
import sys
from dataclasses import dataclass
from types import CodeType

from mod_python._psp.compiling import Places

_FORMAT = 1
_DIGEST = 32
_TAG = b"mod_python psp %d %d %b\0" % (_FORMAT, sys.flags.optimize, importlib.util.MAGIC_NUMBER)


@dataclass(frozen=True)
class Record:
    name: str
    code: CodeType
    digests: dict[str, bytes]
    """By source file: the page, and what it includes."""
    inclusions: list[tuple[str, int, int]]
    places: Places


def digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def packed(record: Record) -> bytes:
    content = marshal.dumps((record.name, record.code, record.digests, record.inclusions, record.places))
    # A file that was cut off or damaged could crash marshal.
    return _TAG + digest(content) + content


def unpacked(data: bytes) -> Record | None:
    """The record; None if it is another version's, or damaged."""
    rest = data.removeprefix(_TAG)
    content = rest[_DIGEST:]
    if len(rest) == len(data) or digest(content) != rest[:_DIGEST]:
        return None
    return Record(*marshal.loads(content))
