"""What happens to the children and in the error log while the actors play."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from harness.log import Entry
from harness.process import Process

from soak.process import Sample, sample

_ENDED = re.compile(r"MPY0205: interpreter '([^']*)'")
_MOST_UNFORESEEN = 20


@dataclass(frozen=True)
class Moment:
    """One child at one time."""

    at: float
    sample: Sample
    # How many interpreters have ended in it so far, by name.
    ended: Counter[str]


class Watch:
    def __init__(self, process: Process, foreseen: Sequence[str]) -> None:
        self._process = process
        self._foreseen = re.compile("|".join(f"(?:{pattern})" for pattern in foreseen) or "(?!)")
        self._position = 0
        self._began = time.monotonic()
        self.children = process.children()
        self.moments: dict[int, list[Moment]] = {child: [] for child in self.children}
        self.ended: dict[int, Counter[str]] = {child: Counter() for child in self.children}
        self.foreseen: Counter[str] = Counter()
        self.unforeseen: list[str] = []

    def look(self) -> None:
        """Takes down what is there now."""
        self.read_log()
        for child in self.children:
            # One that has ended is found by `lost`.
            with suppress(FileNotFoundError, ProcessLookupError, KeyError):
                now = time.monotonic() - self._began
                self.moments[child].append(Moment(now, sample(child), Counter(self.ended[child])))

    def lost(self) -> list[str]:
        """Children that were there at the beginning and are not, and others that came."""
        now = self._process.children()
        gone = [f"child {pid} ended" for pid in sorted(self.children - now)]
        return gone + [f"child {pid} is new" for pid in sorted(now - self.children)]

    def ended_in_all(self) -> Counter[str]:
        return sum(self.ended.values(), Counter())

    def read_log(self) -> None:
        """Judges what has been added to the error log since the last time."""
        with self._process.log.path.open("rb") as file:
            file.seek(self._position)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._position += len(whole)
        for line in whole.decode("utf-8", "surrogateescape").splitlines():
            self._judge(Entry.parse(line))

    def _judge(self, entry: Entry) -> None:
        if ended := _ENDED.match(entry.message):
            self.ended.setdefault(entry.pid, Counter())[ended[1]] += 1
        if not entry.is_trouble:
            return
        # At level notice httpd says that a child died, which is never foreseen, whatever an actor says.
        is_death = entry.level == "notice"
        if self._foreseen.match(entry.message) and not is_death:
            self.foreseen[entry.message.split(":", 1)[0]] += 1
        elif is_death or len(self.unforeseen) < _MOST_UNFORESEEN:
            self.unforeseen.append(f"unforeseen in the log: {entry}")
