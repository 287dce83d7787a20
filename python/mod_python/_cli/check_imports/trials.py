"""What becomes of a module in each kind of interpreter: each is tried in a process of its own, which may crash."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from itertools import chain

from mod_python._cli.check_imports.trial import Said

YES = "yes"

# Longer than any import takes; what waits for a lock that is never given back waits for ever.
_PATIENCE = 120


@dataclass(frozen=True)
class Cell:
    """One word for the table, and what was said."""

    verdict: str
    reason: str = ""


def of(module: str, kinds: tuple[str, ...]) -> list[Cell]:
    """A cell for each kind."""
    # In plain Python first: it tells which extension modules a package has, and what is wrong with it anyway.
    plain = _run("main", module, [])
    tried = plain.interpreters[0][1:] if plain.interpreters else []
    extensions = [name for name, error, _ in tried if error is None]
    return [_judge(plain if kind == "main" else _run(kind, module, extensions), kind) for kind in kinds]


@dataclass(frozen=True)
class _Outcome:
    """What each interpreter of a process said, and how the process ended, if not as it should."""

    interpreters: list[list[Said]]
    end: str = ""


def _run(kind: str, module: str, extensions: list[str]) -> _Outcome:
    if kind == "own" and sys.version_info < (3, 13):
        return _Outcome([], "needs 3.13")
    # A file, which unlike a pipe is never full, and at its end when the process is, whoever else has it open.
    with tempfile.TemporaryFile() as answers:
        descriptor = answers.fileno()
        with subprocess.Popen(
            [sys.executable, "-m", "mod_python._cli.check_imports.trial", str(descriptor), kind, module, *extensions],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[descriptor],
            start_new_session=True,
        ) as process:
            try:
                status = process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                return _Outcome([], "hangs")
        answers.seek(0)
        interpreters: list[list[Said]] = [json.loads(line) for line in answers.read().splitlines()]
    if status < 0:
        return _Outcome(interpreters, f"crash ({_signal(-status)})")
    return _Outcome(interpreters, f"exit {status}" if status else "")


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _judge(outcome: _Outcome, kind: str) -> Cell:
    if outcome.end:
        which = "" if len(outcome.interpreters) == 0 or kind == "main" else "in the second interpreter"
        return Cell(outcome.end, which)
    first, *others = outcome.interpreters
    _, error, is_refusal = first[0]
    if error is not None:
        return Cell("refused" if is_refusal else "fails", error)
    if kind == "main":
        return Cell(YES)
    for name, error, _ in first:
        if error is not None:
            return Cell("partly", f"{name}: {error}")
    for name, error, _ in chain.from_iterable(others):
        if error is not None:
            return Cell("one only", f"in a second interpreter, {name}: {error}")
    return Cell(YES)
