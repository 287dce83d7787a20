"""Handlers that start threads and wait for them."""

from __future__ import annotations

from soak.mix.actor import Actor, same


class Threads(Actor):
    name = "threads"
    directory = "SetHandler mod_python\nPythonHandler threaded"

    def act(self) -> None:
        number = self.random.randint(1, 6)
        same(self.text(f"?{number}"), str(sum(sum(range(index * 1000)) for index in range(number))))
