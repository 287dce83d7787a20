"""Requests per second and CPU time per request, each module next to the C module.

All servers of one MPM stand ready together and take turns, round after round,
so that whatever else the machine does meets all of them.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from . import client
from .rows import Row
from .server import START_DEADLINE, Mpm, Server, running
from .toolchain import BenchError, Httpd

CONNECTIONS = 8
# Short turns: a burst of other work on the machine should meet all rows of a round.
SECONDS = 1

_MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True)
class Turn:
    per_second: float
    cpu_per_thousand: float


@dataclass(frozen=True)
class Load:
    """What wrk saw."""

    requests: int
    per_second: float
    # The time within which 99 of 100 answers came.
    p99_ms: float


@dataclass(frozen=True)
class Result:
    mpm: Mpm
    row: Row
    per_second: float
    ratio: float | None
    cpu_per_thousand: float
    # Requests per CPU second, as a multiple of the floor's.
    cpu_ratio: float | None
    server: str


def measure(httpd: Httpd, rows: Sequence[Row], mpm: Mpm, rounds: int) -> list[Result]:
    turns: dict[str, list[Turn]] = {row.key: [] for row in rows}
    with ExitStack() as stack:
        servers = [stack.enter_context(running(httpd, row, mpm)) for row in rows]
        names = {server.row.key: client.exchange(server, 1) for server in servers}
        for server in servers:
            _warm_up(server)
        for _ in range(rounds):
            for server in servers:
                turns[server.row.key].append(_turn(server))
    return [_result(mpm, row, turns, names[row.key]) for row in rows]


def _result(mpm: Mpm, row: Row, turns: dict[str, list[Turn]], server: str) -> Result:
    own = turns[row.key]
    floor = turns.get(row.floor) if row.floor else None
    pairs = list(zip(own, floor, strict=True)) if floor else []
    return Result(
        mpm,
        row,
        per_second=statistics.median(turn.per_second for turn in own),
        ratio=statistics.median(mine.per_second / base.per_second for mine, base in pairs) if pairs else None,
        cpu_per_thousand=statistics.median(turn.cpu_per_thousand for turn in own),
        cpu_ratio=statistics.median(base.cpu_per_thousand / mine.cpu_per_thousand for mine, base in pairs)
        if pairs
        else None,
        server=server,
    )


def _warm_up(server: Server) -> None:
    """Each child imports what it serves: on a busy machine a turn may end before the first answer."""
    deadline = time.monotonic() + START_DEADLINE
    while True:
        try:
            wrk(server, SECONDS)
            return
        except BenchError:
            if time.monotonic() > deadline:
                raise


def _turn(server: Server) -> Turn:
    before = _cpu_seconds(server.sessions)
    load = wrk(server, SECONDS)
    used = _cpu_seconds(server.sessions) - before
    return Turn(load.per_second, used / load.requests * 1000)


def wrk(server: Server, seconds: int, connections: int = CONNECTIONS) -> Load:
    command = ["wrk", "--latency", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", server.url]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    requests = re.search(r"(\d+) requests in", text)
    per_second = re.search(r"Requests/sec:\s+([\d.]+)", text)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)\b", text)
    failed = "Non-2xx" in text or "Socket errors" in text
    if failed or not requests or not per_second or not p99 or int(requests[1]) == 0:
        raise BenchError(f"wrk against row {server.row.key} did not go well:\n{text}\n{server.log()}")
    return Load(int(requests[1]), float(per_second[1]), float(p99[1]) * _MILLISECONDS[p99[2]])


def _cpu_seconds(sessions: frozenset[int]) -> float:
    """User and system time of every process in these sessions, children that have ended included."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name in brackets may contain anything; what follows it is regular.
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) in sessions:
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")
