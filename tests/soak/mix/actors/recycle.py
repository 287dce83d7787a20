"""Interpreters that are replaced, and some that end because nobody asks for them."""

from __future__ import annotations

from random import Random

from soak.mix import hosts
from soak.mix.actor import Actor, Scene

# How often in one run, however long that is: CPython loses memory each time.
_TIMES = 120
_MOST_OFTEN = 1.0


class Recycle(Actor):
    name = "recycle"
    directory = "SetHandler mod_python\nPythonHandler recycle"

    def __init__(self, scene: Scene, random: Random) -> None:
        super().__init__(scene, random)
        self.pause = max(_MOST_OFTEN, scene.seconds / _TIMES)

    def act(self) -> None:
        # True if that has begun; False if it is under way already, or is the main interpreter.
        host = self.random.choice([*(host.name for host in hosts.common()), "idle.test"])
        answer = self.text("", host)
        if answer not in ("True", "False") or (host == "main.test" and answer == "True"):
            raise AssertionError(f"{host} answered {answer}")
