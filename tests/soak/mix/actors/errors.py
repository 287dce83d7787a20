"""Handlers that fail."""

from __future__ import annotations

import http.client
from typing import ClassVar

from soak.mix.actor import Actor

_STATUS = {"raises": 500, "chains": 500, "exits": 500, "recurses": 500, "returns_nothing": 500, "returns": 410}


class Errors(Actor):
    name = "errors"
    directory = "SetHandler mod_python\nPythonHandler errors"
    foreseen: ClassVar[tuple[str, ...]] = ("MPY030[34]: .*errors", "PythonHandler errors")
    # Tracebacks are long, and the log is kept.
    pause = 0.1

    def act(self) -> None:
        way = self.random.choice([*_STATUS, "breaks_off"])
        if way != "breaks_off":
            return self.ask(f"?{way}").expect(_STATUS[way])
        try:
            self.ask(f"?{way}")
        except http.client.IncompleteRead:
            return None
        raise AssertionError("an answer that was broken off seemed whole")
