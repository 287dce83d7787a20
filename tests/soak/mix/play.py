"""One run: the actors play for so long, then it is judged."""

from __future__ import annotations

import time
from dataclasses import dataclass

from soak import table
from soak.mix import evidence, memory
from soak.mix.cast import CAST
from soak.mix.memory import Growth
from soak.mix.server import Server, running
from soak.mix.stage import Player, Stage
from soak.mix.watch import Watch

# Nothing that an actor does takes so long, on any machine that the run is fit for.
STUCK_SECONDS = 60

_BETWEEN_LOOKS = 1.0


@dataclass(frozen=True)
class Outcome:
    seconds: float
    players: list[Player]
    growths: list[Growth]
    foreseen: dict[str, int]
    ended: dict[str, int]
    problems: list[str]
    # Where threads wait, if they are stuck; and the error log's end.
    evidence: str
    log: str


def play(seconds: float, seed: int) -> Outcome:
    actors = [actor for actor, _ in CAST]
    with running(actors, seconds) as server:
        stage = Stage(CAST, server.scene, seed)
        watch = Watch(server.process, [pattern for actor in actors for pattern in actor.foreseen])
        begin = time.monotonic()
        stage.start()
        problems = _look_on(stage, watch, begin + seconds)
        remaining = stage.stop(STUCK_SECONDS)
        found = _evidence(server, stage) if remaining or stage.stuck(STUCK_SECONDS) else ""
        took = time.monotonic() - begin
        problems += [f"{name} does not come to its end" for name in remaining]
        if found:
            # It would not stop by itself either.
            server.process.kill()
        else:
            # httpd's event MPM may crash when it is told to stop just as a connection ends.
            time.sleep(1)
            watch.look()
            server.process.stop()
        watch.read_log()
        log = "\n".join(str(server.process.log).splitlines()[-200:])
    growths = [memory.growth(child, moments) for child, moments in watch.moments.items() if moments]
    if seconds >= memory.SHORTEST:
        problems += [problem for growth in growths for problem in growth.problems()]
    problems += [failure for player in stage.players for failure in player.failures]
    problems += [f"{player.name} has done nothing" for player in stage.players if player.acts == 0]
    ended: dict[str, int] = {}
    for counts in watch.ended.values():
        for name, count in counts.items():
            ended[name] = ended.get(name, 0) + count
    return Outcome(took, stage.players, growths, dict(watch.foreseen), ended, problems + watch.unforeseen, found, log)


def _look_on(stage: Stage, watch: Watch, until: float) -> list[str]:
    """Until the time is over, or there is nothing left to be seen."""
    while time.monotonic() < until:
        time.sleep(min(_BETWEEN_LOOKS, max(0, until - time.monotonic())))
        watch.look()
        if lost := watch.lost():
            return lost
        if stuck := stage.stuck(STUCK_SECONDS):
            return [f"{name} has been waiting for {STUCK_SECONDS} seconds" for name in stuck]
    return []


def _evidence(server: Server, stage: Stage) -> str:
    waiting = [f"{player.name} waits since {player.waits_since():.0f} s" for player in stage.players if player.began]
    return "\n".join([*waiting, evidence.of({server.process.pid, *server.process.children()})])


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
    if outcome.problems:
        print(outcome.evidence, "--- the end of the error log", outcome.log, "---", sep="\n")
    print("\n".join(outcome.problems) or "all is well")


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())) or "none"
