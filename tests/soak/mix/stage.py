"""Threads that play the actors, and how far each is."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from soak.mix.actor import Actor, Scene

_MOST_FAILURES = 5
_FIRST_ACTS = 20


@dataclass
class Player:
    """One actor's thread, as others see it."""

    name: str
    actor: Actor
    acts: int = 0
    slowest: float = 0
    began: float | None = None
    failures: list[str] = field(default_factory=list)

    def waits_since(self) -> float:
        """How many seconds what it does now has taken."""
        began = self.began
        return 0 if began is None else time.monotonic() - began

    def play(self, stop: threading.Event) -> None:
        # Of its own, so that what it does depends on the seed alone.
        pauses = Random(self.name)
        while not stop.wait(pauses.uniform(0, 2 * self.actor.pause)):
            self.began = time.monotonic()
            try:
                self.actor.act()
            except Exception as error:
                # Whatever it is: an actor that fails must not end the others.
                self._failed(f"{type(error).__name__}: {error}")
            # At first interpreters are made, several at once.
            if self.acts >= _FIRST_ACTS:
                self.slowest = max(self.slowest, self.waits_since())
            self.began = None
            self.acts += 1

    def _failed(self, text: str) -> None:
        if len(self.failures) < _MOST_FAILURES:
            self.failures.append(f"{self.name}, act {self.acts + 1}: {text}")


class Stage:
    def __init__(self, cast: Sequence[tuple[type[Actor], int]], scene: Scene, seed: int) -> None:
        names = [(actor, f"{actor.name} {copy}") for actor, copies in cast for copy in range(1, copies + 1)]
        self.players = [Player(name, actor(scene, Random(f"{seed} {name}"))) for actor, name in names]
        self._stop = threading.Event()
        # Daemons: one that is stuck must not keep this process.
        self._threads = [
            threading.Thread(target=player.play, args=(self._stop,), name=player.name, daemon=True)
            for player in self.players
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, patience: float) -> list[str]:
        """Lets each finish what it does; those that do not."""
        self._stop.set()
        deadline = time.monotonic() + patience
        for thread in self._threads:
            thread.join(max(0, deadline - time.monotonic()))
        return [thread.name for thread in self._threads if thread.is_alive()]

    def stuck(self, patience: float) -> list[str]:
        """Who has been at the same thing for longer than that."""
        waits = [(player.name, player.waits_since()) for player in self.players]
        return [f"{name} has been waiting for {seconds:.0f} seconds" for name, seconds in waits if seconds > patience]

    def problems(self) -> list[str]:
        """What went wrong for the actors."""
        failures = [failure for player in self.players for failure in player.failures]
        return failures + [f"{player.name} has done nothing" for player in self.players if player.acts == 0]
