"""Appends lines to the file that the test reads."""

import os
from pathlib import Path

from mod_python import apache

_FILE = Path(__file__).parent.parent / "spool" / "lines"


def note(what):
    with _FILE.open("a") as lines:
        lines.write(f"{os.getpid()} {apache.interpreter} {what}\n")
