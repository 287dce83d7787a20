"""A module whose file is edited again and again, at times with a mistake that is mended."""

from __future__ import annotations

import time
from collections.abc import Callable

from soak.mix.actor import Actor

_PATIENCE = 30


class Reload(Actor):
    name = "reload"
    directory = "SetHandler mod_python\nPythonHandler reloaded"
    foreseen = ("MPY030[15]: .*(reloaded|version)", "PythonHandler reloaded")
    pause = 0.2

    _number = 0

    def act(self) -> None:
        if self.random.random() < 0.1:
            self._edit("NUMBER = (\n")
            self._wait_until("the mistake", lambda host: self.ask("", host).status == 500)
        self._number += 1
        self._edit(f"NUMBER = {self._number}\n")
        self._wait_until(f"number {self._number}", lambda host: self.ask("", host).body == b"%d" % self._number)

    def _edit(self, text: str) -> None:
        target = self.scene.htdocs / self.name / "version.py"
        fresh = target.with_suffix(".new")
        fresh.write_text(text)
        fresh.replace(target)

    def _wait_until(self, what: str, is_there: Callable[[str], bool]) -> None:
        """In one interpreter of one child; the others come as they are asked."""
        host = self.any_host()
        deadline = time.monotonic() + _PATIENCE
        while not is_there(host):
            if time.monotonic() > deadline:
                raise AssertionError(f"{host} does not take {what}")
            time.sleep(0.02)
