"""Replacing a record only if it is still the one that was read, with nothing but get and set.

httpd's shared object caches have no compare-and-swap. So who wants to replace a version of a record
has to get through a gate that belongs to that version, and of which it is known that at most one gets
through, whatever the order of steps on however many machines (Lamport's fast mutual exclusion, its
splitter):

    first := me; is second set? then no; second := me; is first still me? then yes.

Of two who pass the last step, one has set ``first`` before the other, and seen it unchanged before the
other set it; so it had set ``second`` by then, which the other looks at only afterwards.

It may be that nobody gets through, or that who did dies. So what is set expires, after LEASE seconds at the
earliest, and who has got through stores within SAFE seconds of setting ``second``, or not at all. After
that only a packet that is under way for longer than the rest of the lease could do harm.
"""

import enum
import errno
import random
import secrets
import time
from typing import Protocol

VERSION_SIZE = 16

LEASE = 4
"""Seconds for which a gate is closed at least; asked for is one more, as memcached counts whole ones."""

SAFE = 1.5
"""Seconds within which who got through stores."""

_PATIENCE = LEASE + 4.0


class Registers(Protocol):
    """A cache: each call is one step for everybody who uses it."""

    def retrieve(self, key: bytes, /) -> bytes | None: ...
    def store(self, key: bytes, data: bytes, seconds: int, /) -> None: ...
    def remove(self, key: bytes, /) -> None: ...


class Outcome(enum.Enum):
    """What became of an attempt."""

    REPLACED = enum.auto()
    CHANGED = enum.auto()
    """There is another version, or none."""
    CONTENDED = enum.auto()
    """Others try at the same time; one of them may succeed, or none."""
    UNSURE = enum.auto()
    """Stored, but so late that another may have got through meanwhile."""


def new() -> bytes:
    """What a version begins with."""
    return secrets.token_bytes(VERSION_SIZE)


def of(record: bytes | None) -> bytes | None:
    """The version of a record; None for none."""
    return None if record is None else record[:VERSION_SIZE]


def replace(registers: Registers, key: bytes, version: bytes | None, record: bytes, seconds: int) -> bool:
    """Stores a record, which begins with its version, over that version, or, for None, where there is none.

    False if another one is there, also if that cannot be ruled out. May wait for some seconds for others
    who try the same.
    """
    deadline = time.monotonic() + _PATIENCE
    while (outcome := attempt(registers, key, version, record, seconds)) is Outcome.CONTENDED:
        if not _wait(registers, key, version, deadline):
            return False
    return outcome is Outcome.REPLACED


def remove(registers: Registers, key: bytes) -> None:
    """Removes a record, whichever version is there; who is about to replace it will not bring it back."""
    deadline = time.monotonic() + _PATIENCE
    while (version := of(registers.retrieve(key))) is not None:
        outcome = attempt(registers, key, version, None, 0)
        if outcome in (Outcome.REPLACED, Outcome.UNSURE):
            return
        if outcome is Outcome.CONTENDED:
            _wait(registers, key, version, deadline)
        if time.monotonic() > deadline:
            # Whoever had got through when this began has stored by now.
            registers.remove(key)
            return


def attempt(registers: Registers, key: bytes, version: bytes | None, record: bytes | None, seconds: int) -> Outcome:
    """One pass through the gate of a version; stores the record, or for None removes what is there."""
    me = secrets.token_bytes(VERSION_SIZE)
    first, second = _gate(key, version)
    registers.store(first, me, LEASE + 1)
    if registers.retrieve(second) is not None:
        return Outcome.CONTENDED
    begun = time.monotonic()
    registers.store(second, me, LEASE + 1)
    if registers.retrieve(first) != me:
        return Outcome.CONTENDED
    if of(registers.retrieve(key)) != version:
        return Outcome.CHANGED
    if time.monotonic() - begun > SAFE:
        return Outcome.CONTENDED
    try:
        if record is None:
            registers.remove(key)
        else:
            registers.store(key, record, seconds)
    except OSError as error:
        # Only what was refused is known not to be stored, or still on its way.
        if error.errno == errno.EFBIG:
            registers.remove(second)
        raise
    return Outcome.REPLACED if time.monotonic() - begun < LEASE else Outcome.UNSURE


def _gate(key: bytes, version: bytes | None) -> tuple[bytes, bytes]:
    of_version = key + (version or bytes(VERSION_SIZE))
    return of_version + b"1", of_version + b"2"


def _wait(registers: Registers, key: bytes, version: bytes | None, deadline: float) -> bool:
    """Until the gate is open again; False if that version is gone, or time is over."""
    _, second = _gate(key, version)
    while time.monotonic() < deadline:
        # At random, lest two come back together.
        time.sleep(random.uniform(0.02, 0.1))
        if of(registers.retrieve(key)) != version:
            return False
        if registers.retrieve(second) is None:
            return True
    return False
