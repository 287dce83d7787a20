"""Does not come to an end when it is imported first."""

from __future__ import annotations

from pathlib import Path

from mod_python import apache

_MARK = Path(__file__).parent.parent / "spool" / "imported"

if not _MARK.exists():
    _MARK.touch()
    while True:
        pass


def handler(req: apache.mp_request) -> int:
    req.content_type = "text/plain"
    req.write("imported")
    return apache.OK
