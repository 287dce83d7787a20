"""httpd's error log, as entries instead of lines."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness import memcheck

# httpd's default format puts optional parts between brackets; this one has a
# fixed number of fields, so that a message may contain anything.
FORMAT = "%-m|%-l|%-P|%-T|%-E|%M"

_SERIOUS = {"emerg", "alert", "crit", "error", "warn", "raw"}

# httpd reports a child that died of a signal at level notice.
_CHILD_DEATH = re.compile(r"AH0005[0-2]|child pid \d+ exit signal|Segmentation")

# The servers under test are deliberately tiny; httpd then remarks that it is full.
_TOO_SMALL = re.compile(r"\b(AH00161|AH0028[678]|AH00484|AH00485|AH03490|AH10159): ")


@dataclass(frozen=True)
class Entry:
    """One entry of the error log.

    Text that did not come through httpd's logger, such as what a crashing C
    library prints, has the level `raw`.
    """

    module: str
    level: str
    pid: int
    thread: str
    status: str
    message: str

    @classmethod
    def parse(cls, line: str) -> Entry:
        match line.split("|", 5):
            case [module, level, pid, thread, status, message] if pid.isdigit():
                return cls(module, level, int(pid), thread, status, message)
        return cls("-", "raw", 0, "-", "-", line)

    @property
    def is_trouble(self) -> bool:
        if _TOO_SMALL.search(self.message):
            return False
        return self.level in _SERIOUS or _CHILD_DEATH.search(self.message) is not None

    def __str__(self) -> str:
        return f"[{self.module}:{self.level}] [pid {self.pid}] {self.message}"


class ErrorLog:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[Entry]:
        if self.path.exists():
            text = self.path.read_text("utf-8", "surrogateescape")
            yield from (Entry.parse(line) for line in text.split("\n") if line)

    def find(self, pattern: str) -> list[Entry]:
        """Entries whose message matches the pattern."""
        return [entry for entry in self if re.search(pattern, entry.message)]

    def wait_for(self, pattern: str, count: int = 1, timeout: float = 10) -> list[Entry]:
        """Wait until at least `count` entries match; return them."""
        deadline = time.monotonic() + memcheck.patience(timeout)
        while len(found := self.find(pattern)) < count:
            if time.monotonic() > deadline:
                raise AssertionError(f"no entry {pattern!r} (x{count}) in the error log:\n{self}")
            time.sleep(0.01)
        return found

    def __str__(self) -> str:
        return "\n".join(map(str, self))
