"""Writes until the client is gone, and notes what it was told."""

from pathlib import Path

from mod_python import apache

_SEEN = Path(__file__).parent.parent / "spool" / "seen"


def catches(req):
    try:
        _write_for_ever(req)
    except OSError as error:
        _SEEN.write_text(type(error).__name__)
    return apache.OK


def lets_it_pass(req):
    _write_for_ever(req)
    return apache.OK


def _write_for_ever(req):
    block = b"x" * 65536
    for _ in range(4096):
        req.write(block)
