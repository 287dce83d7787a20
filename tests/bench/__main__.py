"""The command line: chooses rows, measures them, prints the tables, and writes them where asked."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from . import applications, instructions, peers, pools, profile, report, throughput, toolchain
from .rows import Module, Row, all_rows
from .server import Mpm
from .toolchain import BenchError, Httpd

PARTS = ("instructions", "throughput", "classic", "pools", "applications")
MPMS: tuple[Mpm, ...] = ("prefork", "event")


def main() -> int:
    # Unwinding stops every httpd; the default action would leave them running.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _: sys.exit(128 + received))
    try:
        measure(arguments())
    except BenchError as problem:
        print(f"tests/bench/run: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tests/bench/run",
        description="Measures what one request costs, beside a C module that does the same work.",
    )
    parser.add_argument(
        "--only",
        choices=PARTS,
        help=f"measure one of the {len(PARTS)}",
    )
    parser.add_argument("--rounds", type=_positive, default=15, help="turns of wrk per server (default: 15)")
    parser.add_argument("--so", type=Path, metavar="PATH", help="measure this build of mod_python.so, build nothing")
    parser.add_argument("--peers", action="store_true", help="fetch Debian's mod_python and mod_wsgi to compare with")
    parser.add_argument("--rows", metavar="KEY,...", help="measure only these rows and what they compare with")
    parser.add_argument("--profile", type=Path, metavar="DIR", help="show functions; keep callgrind's files in DIR")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    chosen = parser.parse_args()
    if chosen.only in ("pools", "applications") and chosen.rows:
        parser.error(f"--only {chosen.only} has rows of its own, so --rows does not go with it")
    if chosen.write and chosen.rows:
        parser.error("--write wants all rows, so it does not go with --rows")
    return chosen


def measure(chosen: argparse.Namespace) -> None:
    if chosen.peers:
        peers.fetch()
    httpd = toolchain.find_httpd()
    with tempfile.TemporaryDirectory(prefix="mod_python_measured_") as folder:
        if chosen.only == "pools":
            publish("pools", measure_pools(httpd, chosen, Path(folder)), chosen.write)
            return
        if chosen.only == "applications":
            publish("applications", measure_applications(httpd, chosen, Path(folder)), chosen.write)
            return
        rows = select_rows(chosen.rows, chosen.so, Path(folder))
        if chosen.only in (None, "instructions"):
            publish("instructions", measure_instructions(httpd, rows, chosen.profile), chosen.write)
        if chosen.only in (None, "throughput"):
            publish("throughput", measure_throughput(httpd, rows, chosen.rounds), chosen.write)
        if chosen.only in (None, "classic"):
            publish("classic", measure_classic(httpd, rows, chosen.rounds), chosen.write)


def select_rows(wanted: str | None, so: Path | None, folder: Path) -> list[Row]:
    keys = set(wanted.split(",")) if wanted else set()
    ours = our_module(so, folder) if not keys or any(key.startswith("ours") for key in keys) else None
    rows = all_rows(ours)
    if not keys:
        return rows
    if unknown := keys - {row.key for row in rows}:
        raise BenchError(f"No such row here: {', '.join(sorted(unknown))}. There are: {keys_of(rows)}.")
    keys |= {row.floor for row in rows if row.key in keys and row.floor}
    return [row for row in rows if row.key in keys]


def our_module(so: Path | None, folder: Path) -> Module:
    return existing(so.resolve() if so else toolchain.build_ours(), folder)


def existing(built: Path, folder: Path) -> Module:
    if not built.is_file():
        raise BenchError(f"There is no module at {built}.")
    return Module("python_module", *toolchain.snapshot_ours(built, folder))


def measure_instructions(httpd: Httpd, rows: Sequence[Row], keep: Path | None) -> str:
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
    rows = [row for row in rows if row.counted]
    counts = [instructions.count(httpd, row, keep) for row in rows]
    if keep:
        show_profiles(keep, rows)
    return report.instructions(counts)


def show_profiles(folder: Path, rows: Sequence[Row]) -> None:
    by_key = {row.key: row for row in rows}
    for row in rows:
        if row.floor:
            print(profile.above_floor(folder, row, by_key[row.floor]), end="\n\n")


def measure_throughput(httpd: Httpd, rows: Sequence[Row], rounds: int) -> str:
    hello = [row for row in rows if row.throughput]
    load = os.getloadavg()[0]
    results = [result for mpm in MPMS for result in throughput.measure(httpd, hello, mpm, rounds)]
    return report.throughput(results, load)


def measure_classic(httpd: Httpd, rows: Sequence[Row], rounds: int) -> str:
    """The table of mod_python's manual, measured anew."""
    classic = [row for row in rows if row.manual is not None]
    load = os.getloadavg()[0]
    # The MPM of that time.
    return report.classic(throughput.measure(httpd, classic, "prefork", rounds), load)


def measure_pools(httpd: Httpd, chosen: argparse.Namespace, folder: Path) -> str:
    """Interpreters with locks of their own, which need another Python than the rest."""
    built = chosen.so.resolve() if chosen.so else toolchain.build_ours_for(pools.PYTHON)
    module = existing(built, folder)
    load = os.getloadavg()[0]
    results = [result for mpm in pools.MPMS for result in pools.measure(httpd, module, mpm, chosen.rounds)]
    counts = pools.count(httpd, module)
    return report.pools(results, counts, load)


def measure_applications(httpd: Httpd, chosen: argparse.Namespace, folder: Path) -> str:
    module = our_module(chosen.so, folder)
    installed = applications.install(folder)
    load = os.getloadavg()[0]
    results = [
        result
        for mpm in applications.MPMS
        for result in throughput.measure(httpd, applications.rows(module, installed, mpm), mpm, chosen.rounds)
    ]
    return report.applications(results, load)


def publish(section: str, table: str, write: bool) -> None:
    print(table, end="\n\n", flush=True)
    if write:
        report.write(section, table)


def keys_of(rows: Sequence[Row]) -> str:
    return ", ".join(row.key for row in rows)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
