"""User-mode instructions per request, counted by callgrind.

Two runs differ in nothing but the number of requests on their one connection.
The difference of the two counts has neither start, import nor stop in it.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import client
from .rows import Row
from .server import running
from .toolchain import BenchError, Httpd

FEW, MANY = 200, 1200


@dataclass(frozen=True)
class Count:
    row: Row
    per_request: float
    server: str


def count(httpd: Httpd, row: Row, keep: Path | None = None) -> Count:
    """With `keep`, callgrind's files stay in that folder for a look at single functions."""
    few, _ = _total(httpd, row, FEW, keep)
    many, server = _total(httpd, row, MANY, keep)
    return Count(row, (many - few) / (MANY - FEW), server)


def profile_path(keep: Path, row: Row, requests: int) -> Path:
    return keep / f"callgrind.{row.key}.{requests}"


def _total(httpd: Httpd, row: Row, requests: int, keep: Path | None) -> tuple[int, str]:
    with tempfile.TemporaryDirectory(prefix="mod_python_callgrind_") as folder:
        # Callgrind opens its file as root, but fills it as the user that httpd has become.
        Path(folder).chmod(0o755)
        written = Path(folder) / "callgrind.out"
        written.touch()
        written.chmod(0o666)
        valgrind = ["valgrind", "--quiet", "--vgdb=no", "--tool=callgrind", f"--callgrind-out-file={written}"]
        with running(httpd, row, "prefork", single=True, under=valgrind) as server:
            name = client.exchange(server, requests, one_process=True)
        text = written.read_text()
    if keep:
        profile_path(keep, row, requests).write_text(text)
    found = re.search(r"^totals: (\d+)", text, re.MULTILINE)
    if not found:
        raise BenchError(f"callgrind left no total for row {row.key}.")
    return int(found[1]), name
