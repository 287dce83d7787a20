"""The status page, read over and over: what it adds up is never less than before, and belongs together."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from soak.mix.actor import Actor, Scene

# More threads than all children have.
_TOO_BUSY = 1000


class Monitor(Actor):
    name = "monitor"
    # The page stands where a document would.
    app = "hello"
    directory = "SetHandler python-status"
    pause = 0.2

    def __init__(self, scene: Scene, random: Random) -> None:
        super().__init__(scene, random)
        self._before: dict[str, int] = {}

    def act(self) -> None:
        form = self.random.choice(["json", "json", "json", "openmetrics", "auto", "page"])
        text = self.text(f"?{form}")
        if form == "openmetrics" and not text.endswith("# EOF\n"):
            raise AssertionError(f"metrics without an end: {text[-200:]!r}")
        if form == "json":
            self._check(json.loads(text))

    def _check(self, found: Any) -> None:
        counts = {f"{row['name']} {row['member']}": row["requests"] for row in found["interpreters"]}
        counts |= {f"{row['phase']} {row['handler']}": row["calls"] for row in found["handlers"]}
        fallen = {
            name: (count, counts.get(name)) for name, count in self._before.items() if counts.get(name, -1) < count
        }
        if fallen:
            raise AssertionError(f"what was counted is gone: {fallen}")
        self._before = counts
        for row in found["interpreters"]:
            if not 0 <= row["busy"] < _TOO_BUSY or row["living"] > _TOO_BUSY:
                raise AssertionError(f"not possible: {row}")
