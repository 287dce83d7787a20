"""What the kernel knows about a process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Sample:
    resident_kib: int
    files: int
    # Grows when a library that was closed stays loaded.
    mappings: int
    threads: int


def sample(pid: int) -> Sample:
    proc = Path(f"/proc/{pid}")
    status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines() if ":" in line)
    return Sample(
        resident_kib=int(status["VmRSS"].split()[0]),
        files=len(list((proc / "fd").iterdir())),
        mappings=len((proc / "maps").read_text().splitlines()),
        threads=int(status["Threads"]),
    )
