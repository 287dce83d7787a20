"""One run: the actors play for so long, then it is judged."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import site

from soak import table
from soak.mix import evidence, memory
from soak.mix.actor import Actor
from soak.mix.cast import CAST
from soak.mix.memory import Growth
from soak.mix.server import Server, running
from soak.mix.stage import Player, Stage
from soak.mix.watch import Watch

# Nothing that an actor does takes so long, on any machine that the run is fit for.
STUCK_SECONDS = 60

_BETWEEN_LOOKS = 1.0

# A name for each process, since several may run at once.
_KEPT = site.CHECKOUT / "target" / "soak" / f"error_log.{os.getpid()}"


@dataclass(frozen=True)
class Outcome:
    seconds: float
    players: list[Player]
    growths: list[Growth]
    foreseen: dict[str, int]
    ended: dict[str, int]
    problems: list[str]
    # Where threads wait, if they are stuck.
    evidence: str


def play(
    seconds: float, seed: int, cast: Sequence[tuple[type[Actor], int]] = CAST, patience: float = STUCK_SECONDS
) -> Outcome:
    """`patience`: seconds after which an actor that still does the same thing counts as stuck."""
    actors = [actor for actor, _ in cast]
    with running(actors, seconds) as server:
        stage = Stage(cast, server.scene, seed)
        watch = Watch(server.process, [pattern for actor in actors for pattern in actor.foreseen])
        began = time.monotonic()
        stage.start()
        problems = _look_on(stage, watch, began + seconds, patience)
        problems += watch.lost() if not problems else []
        found = _bring_to_an_end(server, stage, watch, patience)
        took = time.monotonic() - began
        _keep(server.process.log.path)
    growths = [memory.growth(child, moments) for child, moments in watch.moments.items() if moments]
    if seconds >= memory.SHORTEST:
        problems += [problem for growth in growths for problem in growth.problems()]
    problems += stage.problems() + watch.unforeseen
    return Outcome(took, stage.players, growths, watch.foreseen, watch.ended_in_all(), problems, found)


def _look_on(stage: Stage, watch: Watch, until: float, patience: float) -> list[str]:
    """Until the time is over, or there is nothing left to be seen."""
    while time.monotonic() < until:
        time.sleep(min(_BETWEEN_LOOKS, max(0, until - time.monotonic())))
        watch.look()
        if problems := watch.lost() + stage.stuck(patience):
            return problems
    return []


def _bring_to_an_end(server: Server, stage: Stage, watch: Watch, patience: float) -> str:
    """Stops the actors, then httpd. The evidence, if actors do not come to an end."""
    found = ""
    if stage.stop(patience):
        found = evidence.of({server.process.pid, *server.process.children()})
        # It would not stop by itself either.
        server.process.kill()
    else:
        # httpd's event MPM may crash when it is told to stop just as a connection ends.
        time.sleep(1)
        server.process.stop()
    watch.read_log()
    return found


def _keep(log: Path) -> None:
    """The last run's error log; the run's own folder goes."""
    _KEPT.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(log, _KEPT)


def show(outcome: Outcome) -> None:
    rows = [
        (player.name, player.acts, f"{player.acts / outcome.seconds:.1f}", f"{player.slowest:.2f}")
        for player in outcome.players
    ]
    table.show(["actor", "acts", "per second", "slowest s"], rows)
    print("Interpreters that ended:", _counts(outcome.ended))
    print("Foreseen entries of the error log:", _counts(outcome.foreseen))
    print("Children, second quarter of the run against the last one:")
    heads = ["child", "RSS KiB", "then", "growth", "allowed", "ended", "files", "threads"]
    children = [
        (
            str(g.child),
            g.before_kib,
            g.after_kib,
            g.after_kib - g.before_kib,
            g.allowed_kib,
            g.ended,
            g.files,
            g.threads,
        )
        for g in outcome.growths
    ]
    table.show(heads, children)
    print("RSS in MiB, by tenths of the run:")
    for growth in outcome.growths:
        print(f"{growth.child}:", *growth.tenths)
    if outcome.problems:
        print(outcome.evidence, f"The error log: {_KEPT}", sep="\n")
    print("\n".join(outcome.problems) or "all is well")


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())) or "none"
