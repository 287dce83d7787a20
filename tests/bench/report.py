"""Results as Markdown tables, which read as well in a terminal as in docs/performance.md."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from . import applications as of_applications
from . import pools as of_pools
from .instructions import Count
from .throughput import CONNECTIONS, Result
from .toolchain import CHECKOUT, BenchError

PAGE = CHECKOUT / "docs" / "performance.md"


def instructions(counts: Sequence[Count]) -> str:
    by_key = {count.row.key: count.per_request for count in counts}
    lines = []
    for count in counts:
        row, own = count.row, count.per_request
        base = by_key[row.floor] if row.floor else own
        lines.append(
            [
                row.title,
                f"{own:,.0f}",
                f"{own - base:+,.0f}" if row.floor else "floor",
                f"{own / base:.2f}",
                _verdict(own - base, row.budget),
            ]
        )
    heads = ["answered by", "instructions per request", "over its floor", "ratio", "budget"]
    versions = _versions([count.server for count in counts], [_first_word(["valgrind", "--version"])])
    return _table(heads, lines) + "\n\n" + versions


def throughput(results: Sequence[Result], load: float) -> str:
    """`load` is the machine's load average before: what else it was doing."""
    heads = ["MPM", "answered by", "requests per second", "ratio to the C module", "CPU seconds per 1,000 requests"]
    lines = [
        [
            result.mpm,
            result.row.title,
            f"{result.per_second:,.0f}",
            "floor" if result.ratio is None else f"{result.ratio:.2f}",
            f"{result.cpu_per_thousand:.4f}",
        ]
        for result in results
    ]
    wrk = " ".join(_first_words(["wrk", "--version"], 2))
    tools = [f"{wrk} with {CONNECTIONS} connections", _load(load)]
    return _table(heads, lines) + "\n\n" + _versions([result.server for result in results], tools)


def classic(results: Sequence[Result], load: float) -> str:
    """Requests per second of then and now; mod_cgi is 1 in both."""
    by_key = {result.row.key: result for result in results}
    cgi = by_key.get("cgi")
    if cgi is None:
        raise BenchError("This httpd has no mod_cgi to compare with.")
    heads = ["answered by", "2003", "ratio to mod_cgi then", "requests per second now", "ratio to mod_cgi now"]
    lines = [
        [
            result.row.title,
            str(result.row.manual),
            f"{(result.row.manual or 0) / (cgi.row.manual or 1):.0f}",
            f"{result.per_second:,.0f}",
            f"{result.per_second / cgi.per_second:,.0f}",
        ]
        for result in sorted(results, key=lambda result: result.row.manual or 0)
    ]
    return _table(heads, lines) + "\n\n" + _versions([result.server for result in results], [_load(load)])


def pools(results: Sequence[of_pools.Result], counts: Sequence[Count], load: float) -> str:
    """Requests per second and slowest answers, and below that instructions."""
    heads = ["MPM", "handler", "answered by", "requests per second", "ratio", "99 % within ms", "ratio of that", "goal"]
    lines = [
        [
            result.mpm,
            result.contest.title,
            result.row.title,
            f"{result.per_second:,.0f}",
            _pool_ratio(result, result.ratio),
            f"{result.p99_ms:.2f}",
            _pool_ratio(result, result.p99_ratio),
            _pool_verdict(result),
        ]
        for result in results
    ]
    base, most = counts[0].per_request, of_pools.MOST_INSTRUCTIONS
    instruction_lines = [
        [
            count.row.title,
            f"{count.per_request:,.0f}",
            "floor" if count is counts[0] else f"{count.per_request - base:+,.0f}",
            "" if count is counts[0] else _verdict(count.per_request - base, most),
        ]
        for count in counts
    ]
    wrk = " ".join(_first_words(["wrk", "--version"], 2))
    versions = _versions([result.server for result in results], [wrk, _load(load)])
    instruction_heads = ["hello, answered by", "instructions per request", "over its floor", "goal"]
    return "\n\n".join([_table(heads, lines), _table(instruction_heads, instruction_lines), versions])


def applications(results: Sequence[Result], load: float) -> str:
    """Requests per CPU second are what is compared: those of a second depend on how many processes there are."""
    heads = [
        "MPM",
        "application",
        "answered by",
        "requests per second",
        "CPU seconds per 1,000 requests",
        "requests per CPU second, to mod_wsgi",
        "goal",
    ]
    lines = [
        [
            result.mpm,
            application.title if (application := of_applications.application_of(result.row)) else "",
            result.row.title,
            f"{result.per_second:,.0f}",
            f"{result.cpu_per_thousand:.4f}",
            "floor" if result.cpu_ratio is None else f"{result.cpu_ratio:.2f}",
            _application_verdict(result),
        ]
        for result in results
    ]
    wrk = " ".join(_first_words(["wrk", "--version"], 2))
    tools = [*of_applications.versions(), f"{wrk} with {CONNECTIONS} connections", _load(load)]
    return _table(heads, lines) + "\n\n" + _versions([result.server for result in results], tools)


def _application_verdict(result: Result) -> str:
    application = of_applications.application_of(result.row)
    if application is None or result.cpu_ratio is None or not of_applications.is_ours(result):
        return ""
    return f"{application.goal} or more: {'kept' if result.cpu_ratio >= application.goal else 'MISSED'}"


def _pool_ratio(result: of_pools.Result, ratio: float | None) -> str:
    if ratio is not None:
        return f"{ratio:.2f}"
    return "floor" if len(result.contest.rows) > 1 else "-"


def _pool_verdict(result: of_pools.Result) -> str:
    """For the last row of each contest, which is the pool of two."""
    goal = result.contest.goal
    if result.row is not result.contest.rows[-1]:
        return ""
    # What is to be reached, and whether it is.
    found = []
    if goal.ratio is not None and result.ratio is not None:
        found.append((f"ratio {goal.ratio} or more", result.ratio >= goal.ratio))
    if goal.p99_ratio is not None and result.p99_ratio is not None:
        found.append((f"that of 99 % below {goal.p99_ratio}", result.p99_ratio < goal.p99_ratio))
    if goal.per_second is not None:
        found.append((f"{goal.per_second:,.0f} per second", result.per_second >= goal.per_second))
    return ", ".join(f"{text}: {'kept' if is_kept else 'MISSED'}" for text, is_kept in found)


def _load(load: float) -> str:
    return f"load average {load:.1f} at the start"


def write(section: str, text: str) -> None:
    """Replaces what stands between the section's markers in docs/performance.md."""
    begin, end = f"<!-- bench:{section} -->", f"<!-- end of bench:{section} -->"
    page = PAGE.read_text()
    pattern = re.compile(re.escape(begin) + ".*" + re.escape(end), re.DOTALL)
    if not pattern.search(page):
        raise BenchError(f"docs/performance.md has lost its markers {begin} and {end}.")
    PAGE.write_text(pattern.sub(lambda _: f"{begin}\n{text}\n{end}", page))


def _verdict(over: float, budget: int | None) -> str:
    if budget is None:
        return ""
    return f"+{budget:,} {'kept' if over <= budget else 'EXCEEDED'}"


def _table(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rows = [list(heads), *map(list, lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    numeric = [_is_numeric(row[column] for row in rows[1:]) for column in range(len(heads))]
    rule = ["-" * (width - 1) + ":" if right else "-" * width for width, right in zip(widths, numeric, strict=True)]
    rows.insert(1, rule)
    return "\n".join(_line(row, widths, numeric) for row in rows)


def _line(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    columns = zip(cells, widths, numeric, strict=True)
    padded = [cell.rjust(width) if right else cell.ljust(width) for cell, width, right in columns]
    return "| " + " | ".join(padded) + " |"


def _is_numeric(cells: Iterable[str]) -> bool:
    return all(re.fullmatch(r"[-+\d.,]+|floor", cell) for cell in cells)


def _versions(servers: Sequence[str], tools: Sequence[str]) -> str:
    """One line of what took part, as the servers themselves say it."""
    tokens = dict.fromkeys(token for server in servers for token in server.split() if "/" in token)
    return f"Measured {date.today().isoformat()}: {', '.join([*tokens, *tools])}; {_processor()}."


def _processor() -> str:
    model = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    name = model[1] if model else os.uname().machine
    return f"{os.cpu_count()} CPUs, {name}"


def _first_word(command: list[str]) -> str:
    return _first_words(command, 1)[0]


def _first_words(command: list[str], number: int) -> list[str]:
    # wrk shows its version, and then ends as if that had been a mistake.
    return subprocess.run(command, capture_output=True, text=True).stdout.split()[:number]
