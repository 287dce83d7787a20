"""Everything at once for some seconds, which `soak/run` does for hours; and that it sees what goes wrong."""

from __future__ import annotations

from collections import Counter

import pytest
from harness import memcheck
from soak.mix import memory, play
from soak.mix.actor import Actor
from soak.mix.actors.errors import Errors
from soak.mix.actors.hello import Hello
from soak.mix.watch import Moment
from soak.process import Sample

pytestmark = pytest.mark.skipif(memcheck.ENABLED, reason="as much as there is to be done takes hours then")


class _Crashing(Actor):
    """Ends a child."""

    name = "crashing"
    app = "../crash"
    directory = "SetHandler mod_python\nPythonHandler crash"

    def act(self) -> None:
        self.ask("")


class _Hanging(Actor):
    """Asks for what does not come."""

    name = "hanging"
    app = "slow"
    directory = "SetHandler mod_python\nPythonHandler slow"

    def act(self) -> None:
        self.ask("", "main.test", "POST", headers={"Content-Length": "1"})


class _NotForeseen(Errors):
    """Has the log say what it does not declare."""

    foreseen = ()

    def act(self) -> None:
        self.ask("?raises").expect(500)


class _Demanding(Hello):
    """Wants an answer that no handler gives."""

    name = "demanding"
    app = "hello"
    directory = Hello.directory

    def act(self) -> None:
        self.ask("").expect(204)


def test_everything_at_once_goes_well() -> None:
    outcome = play.play(seconds=6, seed=1)
    play.show(outcome)
    assert outcome.problems == []


@pytest.mark.parametrize(
    ("actor", "problem"),
    [
        (_Crashing, "exit signal"),
        (_NotForeseen, "unforeseen in the log: "),
        (_Demanding, "instead of 204"),
    ],
)
def test_what_goes_wrong_is_seen(actor: type[Actor], problem: str) -> None:
    outcome = play.play(seconds=2, seed=1, cast=[(Hello, 1), (actor, 1)])
    assert any(problem in text for text in outcome.problems), outcome.problems


def test_what_does_not_go_on_is_seen_with_where_it_waits() -> None:
    outcome = play.play(seconds=20, seed=1, cast=[(Hello, 1), (_Hanging, 1)], patience=3)
    assert any(problem.startswith("hanging 1 has been waiting") for problem in outcome.problems)
    assert "syscall: " in outcome.evidence


def _moments(kib_each_time: int, ended: str = "") -> list[Moment]:
    """A hundred looks at a child that grows by so much from each to the next, while interpreters end."""
    samples = (Sample(100_000 + kib_each_time * number, files=9, mappings=9, threads=9) for number in range(100))
    return [Moment(number, sample, Counter({ended: number} if ended else {})) for number, sample in enumerate(samples)]


@pytest.mark.once
@pytest.mark.parametrize(
    ("moments", "is_flat"),
    [(_moments(0), True), (_moments(100), True), (_moments(400), False), (_moments(400, "own.test"), True)],
    ids=["flat", "little", "much", "much, but interpreters ended"],
)
def test_growth_counts_beyond_what_cpython_loses(moments: list[Moment], is_flat: bool) -> None:
    assert (memory.growth(1, moments).problems() == []) is is_flat
