"""Of all who replace one version of a record one does at the most, in whatever order their steps come.

The steps are those of `mod_python._session.versions`, on a cache that this file plays.
"""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import itertools
import random
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from harness import site

pytestmark = pytest.mark.once

KEY = b"key"
SECONDS = 100


def _load() -> ModuleType:
    """By itself: the rest of the package needs httpd."""
    path = site.CHECKOUT / "python/mod_python/_session/versions.py"
    spec = importlib.util.spec_from_file_location("versions_under_test", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


versions = _load()


class Clock:
    """The module's time: it passes where a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Cache:
    """What all actors share. Things expire by the clock."""

    def __init__(self, clock: Clock, record: bytes | None = None) -> None:
        self.clock = clock
        self.kept: dict[bytes, tuple[bytes, float]] = {}
        if record is not None:
            self.store(KEY, record, 10**6)

    def retrieve(self, key: bytes) -> bytes | None:
        data, expiry = self.kept.get(key, (b"", -1.0))
        return data if expiry > self.clock.now else None

    def store(self, key: bytes, data: bytes, seconds: int) -> None:
        self.kept[key] = data, self.clock.now + seconds

    def remove(self, key: bytes) -> None:
        self.kept.pop(key, None)


class _SuspendedError(Exception):
    pass


class Actor:
    """Runs an action one call to the cache at a time: it is done again from its start, with the answers it had."""

    def __init__(self, cache: Cache, name: str, action: Callable[[Any], Any]) -> None:
        self._cache = cache
        self._name = name
        self._action = action
        self._answers: list[Any] = []
        self._position = 0
        self.result: Any = None

    def __getattr__(self, call: str) -> Callable[..., Any]:
        def ask(*arguments: Any) -> Any:
            if self._position == len(self._answers):
                self._answers.append(getattr(self._cache, call)(*arguments))
                raise _SuspendedError
            self._position += 1
            return self._answers[self._position - 1]

        return ask

    def token(self, _size: int) -> bytes:
        return self._name.encode().ljust(16, b"-")

    def step(self, patch: pytest.MonkeyPatch) -> bool:
        """Whether there was anything to do."""
        if self.result is not None:
            return False
        patch.setattr(versions.secrets, "token_bytes", self.token)
        self._position = 0
        with contextlib.suppress(_SuspendedError):
            self.result = self._action(self)
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(versions, "time", clock)
    return clock


OLD = b"version of before" + b"data"
VERSION = OLD[:16]
STEPS = 7
"""Calls of one attempt, and the end."""


def _record(name: str) -> bytes:
    return name.encode().ljust(16, b"+") + b"data"


def _saver(name: str, version: bytes | None = VERSION) -> Callable[[Any], Any]:
    return lambda registers: versions.attempt(registers, KEY, version, _record(name), SECONDS)


def _remover(version: bytes = VERSION) -> Callable[[Any], Any]:
    return lambda registers: versions.attempt(registers, KEY, version, None, 0)


def _interleavings(actors: int) -> Iterator[tuple[int, ...]]:
    if actors == 2:
        for mine in itertools.combinations(range(2 * STEPS), STEPS):
            yield tuple(0 if turn in mine else 1 for turn in range(2 * STEPS))
        return
    turns = [actor for actor in range(actors) for _ in range(STEPS)]
    dice = random.Random(1)
    for _ in range(3000):
        dice.shuffle(turns)
        yield tuple(turns)


def _play(
    patch: pytest.MonkeyPatch, cache: Cache, actions: list[Callable[[Any], Any]], turns: tuple[int, ...]
) -> list[Any]:
    actors = [Actor(cache, f"actor {n}", action) for n, action in enumerate(actions)]
    for turn in turns:
        actors[turn].step(patch)
    return [actor.result for actor in actors]


@pytest.mark.parametrize("actors", [2, 3])
@pytest.mark.parametrize("before", [OLD, None])
def test_at_most_one_replaces_a_version(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, actors: int, before: bytes | None
) -> None:
    won = 0
    for turns in _interleavings(actors):
        cache = Cache(clock, before)
        actions = [_saver(f"record {n}", versions.of(before)) for n in range(actors)]
        results = _play(monkeypatch, cache, actions, turns)
        assert None not in results
        winners = [n for n, result in enumerate(results) if result is versions.Outcome.REPLACED]
        assert len(winners) <= 1, turns
        assert cache.retrieve(KEY) == (_record(f"record {winners[0]}") if winners else before), turns
        won += len(winners)
    assert won > 100


def test_what_was_removed_is_not_brought_back(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    removed = saved = 0
    for turns in _interleavings(2):
        cache = Cache(clock, OLD)
        results = _play(monkeypatch, cache, [_remover(), _saver("record")], turns)
        removed += results[0] is versions.Outcome.REPLACED
        saved += results[1] is versions.Outcome.REPLACED
        assert results.count(versions.Outcome.REPLACED) <= 1
        if results[0] is versions.Outcome.REPLACED:
            assert cache.retrieve(KEY) is None, turns
    assert removed > 100 and saved > 100


def test_somebody_dying_at_any_step_harms_nobody(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes later waits for the lease to end, and replaces what is there."""
    for steps in range(STEPS):
        cache = Cache(clock, OLD)
        dead = Actor(cache, "dead", _saver("dead"))
        for _ in range(steps):
            dead.step(monkeypatch)
        before = cache.retrieve(KEY)
        monkeypatch.undo()
        monkeypatch.setattr(versions, "time", clock)
        assert versions.replace(cache, KEY, versions.of(before), _record("later"), SECONDS) is True
        assert cache.retrieve(KEY) == _record("later")


def test_one_alone_needs_no_wait(clock: Clock) -> None:
    cache = Cache(clock, OLD)
    assert versions.replace(cache, KEY, VERSION, _record("one"), SECONDS) is True
    assert versions.replace(cache, KEY, versions.of(_record("one")), _record("two"), SECONDS) is True
    assert clock.now == 0


@pytest.mark.parametrize(("before", "version"), [(OLD, b"x" * 16), (OLD, None), (None, VERSION)])
def test_another_version_is_not_replaced(clock: Clock, before: bytes | None, version: bytes | None) -> None:
    cache = Cache(clock, before)
    assert versions.replace(cache, KEY, version, _record("new"), SECONDS) is False
    assert cache.retrieve(KEY) == before


def test_who_is_slow_does_not_store(clock: Clock) -> None:
    """Its gate may be open again by then."""

    class Slow(Cache):
        def retrieve(self, key: bytes) -> bytes | None:
            if key == KEY:
                self.clock.now += 2
            return super().retrieve(key)

    cache = Slow(clock, OLD)
    assert versions.attempt(cache, KEY, VERSION, _record("new"), SECONDS) is versions.Outcome.CONTENDED
    assert cache.retrieve(KEY) == OLD


def test_who_stores_slowly_is_not_sure(clock: Clock) -> None:
    class Slow(Cache):
        def store(self, key: bytes, data: bytes, seconds: int) -> None:
            if key == KEY:
                self.clock.now += 5
            super().store(key, data, seconds)

    cache = Slow(clock)
    assert versions.attempt(cache, KEY, None, _record("new"), SECONDS) is versions.Outcome.UNSURE
    assert versions.replace(Slow(clock), KEY, None, _record("new"), SECONDS) is False


def test_what_was_refused_closes_no_gate(clock: Clock) -> None:
    class Small(Cache):
        def store(self, key: bytes, data: bytes, seconds: int) -> None:
            if len(data) > 50:
                raise OSError(errno.EFBIG, "too large")
            super().store(key, data, seconds)

    cache = Small(clock, OLD)
    with pytest.raises(OSError, match="too large"):
        versions.replace(cache, KEY, VERSION, _record("new") + bytes(50), SECONDS)
    assert versions.replace(cache, KEY, VERSION, _record("new"), SECONDS) is True
    assert clock.now == 0


def test_removing_removes_every_version(clock: Clock) -> None:
    cache = Cache(clock, OLD)
    versions.remove(cache, KEY)
    assert cache.retrieve(KEY) is None
    versions.remove(cache, KEY)


def test_removing_does_not_wait_for_ever(clock: Clock) -> None:
    """Somebody else is always at the gate."""

    class Busy(Cache):
        def retrieve(self, key: bytes) -> bytes | None:
            return b"somebody" if key.endswith(b"2") else super().retrieve(key)

    cache = Busy(clock, OLD)
    versions.remove(cache, KEY)
    assert cache.retrieve(KEY) is None
