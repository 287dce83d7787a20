"""Pools of interpreters against one interpreter, each with a lock of its own, in one child.

All servers of one MPM stand ready together and take turns, as for requests per second.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from . import client, instructions, throughput
from .rows import HANDLER, Module, Row
from .server import Mpm, running
from .throughput import Load
from .toolchain import Httpd

PYTHON = "3.13"
MPMS: tuple[Mpm, ...] = ("event", "worker")

SECONDS = 2

# Some two milliseconds of Python on a processor of 2024.
COMPUTE = """\
from mod_python import apache


def handler(req):
    total = 0
    for number in range(30_000):
        total += number * number % 7
    req.content_type = "text/plain"
    req.write("Hello, World!", 0)
    return apache.OK
"""

SLEEP = """\
import time

from mod_python import apache


def handler(req):
    time.sleep(0.02)
    req.content_type = "text/plain"
    req.write("Hello, World!", 0)
    return apache.OK
"""

HELLO = HANDLER.format(flush=", 0")


@dataclass(frozen=True)
class Goal:
    """What a pool of two has to reach, against the first row of its contest, or by itself."""

    ratio: float | None = None
    p99_ratio: float | None = None
    per_second: float | None = None


@dataclass(frozen=True)
class Contest:
    """Servers that are compared with the first of them."""

    title: str
    connections: int
    rows: Sequence[Row]
    goal: Goal


@dataclass(frozen=True)
class Result:
    mpm: Mpm
    contest: Contest
    row: Row
    per_second: float
    p99_ms: float
    # Medians of the ratios within one round; None for the first row.
    ratio: float | None
    p99_ratio: float | None
    server: str


# More instructions than that a request must not cost because there is a pool.
MOST_INSTRUCTIONS = 300

# What is lost below that is lost in the noise of a machine that does nothing else.
_EVEN = 0.98


def measure(httpd: Httpd, module: Module, mpm: Mpm, rounds: int) -> list[Result]:
    contests = _contests(module)
    loads: dict[tuple[str, str], list[Load]] = {}
    with ExitStack() as stack:
        rows = {row.key: row for contest in contests for row in contest.rows}
        servers = {key: stack.enter_context(running(httpd, row, mpm)) for key, row in rows.items()}
        names = {key: client.exchange(server, 1) for key, server in servers.items()}
        for server in servers.values():
            # Members of a pool come in the background.
            throughput.wrk(server, SECONDS)
        for _ in range(rounds):
            for contest in contests:
                for row in contest.rows:
                    load = throughput.wrk(servers[row.key], SECONDS, contest.connections)
                    loads.setdefault((contest.title, row.key), []).append(load)
    return [_result(mpm, contest, row, loads, names[row.key]) for contest in contests for row in contest.rows]


def count(httpd: Httpd, module: Module) -> list[instructions.Count]:
    """Instructions of a small request, without a pool and with one."""
    return [instructions.count(httpd, row) for row in _hello_rows(module)]


def _contests(module: Module) -> list[Contest]:
    compute = [_row("compute", COMPUTE, module, pool) for pool in (1, 2)]
    faster = Goal(ratio=1.8, p99_ratio=0.5)
    return [
        Contest("computes for 2 ms, 8 connections", 8, compute, faster),
        Contest("computes for 2 ms, 16 connections", 16, compute, faster),
        Contest("sleeps for 20 ms, 16 connections", 16, [_row("sleep", SLEEP, module, 2)], Goal(per_second=750)),
        Contest("hello, 8 connections", 8, _hello_rows(module), Goal(ratio=_EVEN)),
    ]


def _hello_rows(module: Module) -> list[Row]:
    return [_row("hello", HELLO, module, pool) for pool in (0, 1, 2)]


def _row(key: str, handler: str, module: Module, pool: int) -> Row:
    """`pool`: how many; 0 for an interpreter with a lock of its own without that word."""
    return Row(
        f"{key}-{pool}",
        f"pool of {pool}" if pool else "an interpreter with its own lock",
        module,
        "SetHandler mod_python\nPythonHandler bench_hello",
        {"hello": "", "bench_hello.py": handler},
        server=f"PythonInterpreterOptions * gil=own{f' pool={pool}' if pool else ''}",
    )


def _result(mpm: Mpm, contest: Contest, row: Row, loads: dict[tuple[str, str], list[Load]], server: str) -> Result:
    own, base = loads[contest.title, row.key], loads[contest.title, contest.rows[0].key]
    pairs = [] if own is base else list(zip(own, base, strict=True))
    return Result(
        mpm,
        contest,
        row,
        per_second=statistics.median(load.per_second for load in own),
        p99_ms=statistics.median(load.p99_ms for load in own),
        ratio=statistics.median(mine.per_second / its.per_second for mine, its in pairs) if pairs else None,
        p99_ratio=statistics.median(mine.p99_ms / its.p99_ms for mine, its in pairs) if pairs else None,
        server=server,
    )
