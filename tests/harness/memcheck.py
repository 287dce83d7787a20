"""httpd under a checker of memory, where the environment says so.

| `MEMCHECK=` | checks | price |
|---|---|---|
| `valgrind` | every access of every library, and that what is used was written | 20 to 50 times the time |
| `asan` | what a module built with `-Zsanitizer=address` accesses, its stack as well | twice the time |

Both are silent but for errors. What valgrind finds in other libraries that is none, and
why, stands in `tests/memcheck.supp`.
"""

from __future__ import annotations

import functools
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from harness import site

_TOOL = os.environ.get("MEMCHECK", "")

ENABLED = _TOOL != ""

_SLOWNESS = {"": 1, "valgrind": 15, "asan": 3}[_TOOL]

# Pools of connections and requests give their memory back to malloc, so that a use after
# their end is seen.
DIRECTIVES = ["MaxMemFree 1"] if ENABLED else []

# pymalloc gives out parts of large blocks: no end of an object would be seen, and no use
# after its release. Plain malloc is not for valgrind: CPython 3.11 reads the first digit of
# a new int 0 before it multiplies it by zero, and valgrind follows what came of that
# through all of CPython. The debug hooks fill new memory, and end a process that allocates
# without the GIL.
_PYTHON = {"valgrind": "malloc_debug", "asan": "malloc"}

# What valgrind says of itself, about blocks of unusual size and the like.
_REMARK = re.compile(r"Warning: (set address range perms: large range|ignored attempt to set SIG)")


def patience(seconds: float) -> float:
    """How long to wait for what takes so long at most by itself."""
    return seconds * _SLOWNESS


def environment(root: Path) -> dict[str, str]:
    """What is added to httpd's environment."""
    if not ENABLED:
        return {}
    logs = _logs(root)
    logs.mkdir(parents=True, exist_ok=True)
    # Processes that scripts fork have lost their privileges.
    logs.chmod(0o777)
    added = {"PYTHONMALLOC": _PYTHON[_TOOL]}
    if _TOOL == "asan":
        # Children leave without ending Python; tests crash children on purpose; Rust and
        # faulthandler have alternate stacks of their own, which asan would unmap.
        options = f"detect_leaks=0:handle_segv=0:handle_abort=0:use_sigaltstack=0:log_path={logs}/asan"
        added |= {"LD_PRELOAD": _asan_library(), "ASAN_OPTIONS": options}
    return added


def command(root: Path) -> list[str]:
    """What stands before httpd's own command."""
    if _TOOL != "valgrind":
        return []
    return [
        "valgrind",
        "--tool=memcheck",
        "--quiet",
        # Children leave without ending Python, so what they leave behind says nothing.
        "--leak-check=no",
        "--num-callers=40",
        # httpd unloads and reloads this module.
        "--keep-debuginfo=yes",
        "--gen-suppressions=all",
        f"--suppressions={site.CHECKOUT}/tests/memcheck.supp",
        f"--log-file={_logs(root)}/%p",
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
            yield f"{_TOOL}, process {log.name}:\n{text}"


def _logs(root: Path) -> Path:
    return root / "memcheck"


@functools.cache
def _asan_library() -> str:
    """GCC's: the library of Rust's own can only be linked into programs."""
    name = subprocess.run(["gcc", "-print-file-name=libasan.so"], check=True, capture_output=True, text=True)
    return str(Path(name.stdout.strip()).resolve())
