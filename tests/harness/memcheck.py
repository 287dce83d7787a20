"""httpd under valgrind's memcheck, where the environment says `MEMCHECK=1`.

Valgrind is silent but for errors, so each line that it writes is one: what it finds
in CPython itself, and why that is none, stands in `tests/memcheck.supp`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from harness import site

ENABLED = os.environ.get("MEMCHECK") == "1"

# Not pymalloc: it gives out parts of large blocks, so memcheck would see no end of an
# object, and no use after its release. Not plain malloc either: CPython 3.11 reads the
# first digit of a new int 0 before it multiplies it by zero, and memcheck follows what
# came of that through all of CPython. The debug hooks fill new memory, write past no
# object unseen, and end a process that allocates without the GIL.
ENVIRONMENT = {"PYTHONMALLOC": "malloc_debug"} if ENABLED else {}

# Pools of connections and requests give their memory back to malloc, for the same reason.
DIRECTIVES = ["MaxMemFree 1"] if ENABLED else []

# Under memcheck everything takes 20 to 50 times as long.
_SLOWNESS = 15

# What valgrind says of itself, about blocks of unusual size and the like.
_REMARK = re.compile(r"Warning: (set address range perms: large range|ignored attempt to set SIG)")


def patience(seconds: float) -> float:
    """How long to wait for what takes so long at most by itself."""
    return seconds * _SLOWNESS if ENABLED else seconds


def command(root: Path) -> list[str]:
    """What stands before httpd's own command; empty without memcheck."""
    if not ENABLED:
        return []
    logs = _logs(root)
    logs.mkdir(exist_ok=True)
    # Processes that scripts fork have lost their privileges.
    logs.chmod(0o777)
    return [
        "valgrind",
        "--tool=memcheck",
        "--quiet",
        # Children leave without ending Python, so what they leave behind says nothing.
        "--leak-check=no",
        "--num-callers=40",
        "--track-origins=no",
        # httpd unloads and reloads this module.
        "--keep-debuginfo=yes",
        "--gen-suppressions=all",
        f"--suppressions={site.CHECKOUT}/tests/memcheck.supp",
        f"--log-file={logs}/%p",
    ]


def verdict(root: Path) -> list[str]:
    """The errors in each process that ran below this server."""
    return list(_errors(root)) if ENABLED else []


def forget(root: Path) -> None:
    """What was found so far is what the test was about."""
    for log in _logs(root).glob("*"):
        log.unlink()


def _errors(root: Path) -> Iterator[str]:
    for log in sorted(_logs(root).glob("*")):
        lines = log.read_text("utf-8", "replace").splitlines()
        text = "\n".join(line for line in lines if not _REMARK.search(line)).strip()
        if text:
            yield f"memcheck, process {log.name}:\n{text}"


def _logs(root: Path) -> Path:
    return root / "memcheck"
