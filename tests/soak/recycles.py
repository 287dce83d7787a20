"""Replace the interpreter of one child, many times, while clients never stop asking."""

from __future__ import annotations

import argparse
import sys
import time
import urllib.request
from dataclasses import dataclass, field

from soak import setting, table
from soak.load import Load
from soak.process import Sample, sample

# What one recycle may leave in memory; 1.6 KiB were measured on CPython 3.11.2. Later versions leave more themselves:
# docs/interpreters.md has figures.
_LEFT_KIB = 4.0

# Nothing delays one recycle so long, on any machine that the run is fit for.
_STUCK_SECONDS = 60

# What a heap may grow by chance between a tenth of the run and its end.
_FLAT_KIB = 4096


@dataclass
class Run:
    """What came of it."""

    recycles: int = 0
    samples: list[tuple[int, Sample]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def left_kib(self) -> float:
        """What each recycle left in memory, over the last nine tenths of the run."""
        (begin, first), (end, last) = self.samples[0], self.samples[-1]
        return (last.resident_kib - first.resident_kib) / max(1, end - begin)

    def failed(self) -> int:
        """Requests without their answer. A connection that is closed between requests is HTTP's way."""
        return sum(count for outcome, count in self.counts.items() if outcome not in GOOD)


GOOD = {"answered", "closed between requests"}


def recycle(port: int, pid: int, count: int, clients: int) -> Run:
    """Asks until the child `pid` has ended so many interpreters; a sample of it each tenth of the way."""
    run = Run()
    load = Load(port, clients)
    load.start()
    try:
        step = max(1, count // 10)
        while run.recycles < count:
            wanted = min(count, (len(run.samples) + 1) * step)
            run.recycles = _wait_for(port, wanted)
            run.samples.append((run.recycles, sample(pid)))
    finally:
        load.stop()
        run.counts = dict(load.counts)
    return run


def _wait_for(port: int, wanted: int) -> int:
    seen, since = -1, time.monotonic()
    while (ended := int(status(port)["PythonInterpretersEnded"])) < wanted:
        if ended > seen:
            seen, since = ended, time.monotonic()
        elif time.monotonic() - since > _STUCK_SECONDS:
            raise SystemExit(f"{ended:,} recycles, and no more come")
        time.sleep(0.05)
    return ended


def status(port: int) -> dict[str, str]:
    """What the child says of itself (SetHandler python-status)."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/python-status?auto", timeout=30) as answer:
        return dict(line.split(": ", 1) for line in answer.read().decode().splitlines())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/soak/recycles", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="recycles (default: 10,000)")
    parser.add_argument("--mpm", default="event", choices=["event", "prefork", "worker"], help="default: event")
    parser.add_argument("--module", default="recycles", choices=setting.RECYCLES, help="-own-gil: from Python 3.13 on")
    parser.add_argument("--clients", type=int, default=4, help="simultaneous clients (default: 4; prefork: 1)")
    parser.add_argument(
        "--left", type=float, default=_LEFT_KIB, metavar="KIB", help="what one recycle may leave (default: %(default)s)"
    )
    return parser.parse_args()


def main() -> int:
    options = _options()
    clients = 1 if options.mpm == "prefork" else options.clients
    begin = time.monotonic()
    with setting.running(options.module, children=1, threads=clients + 2) as server:
        (child,) = server.process.children()
        run = recycle(server.port, child, options.count, clients)
        same_child = server.process.children() == {child}
        troubles = [str(entry) for entry in server.process.log if entry.is_trouble]
    seconds = time.monotonic() - begin
    print(f"{run.recycles:,} recycles in one child, {options.mpm}, {options.module}, {seconds:.0f} s")
    for outcome, count in sorted(run.counts.items()):
        print(f"  {outcome}: {count:,}")
    print(f"  the child lived on: {same_child}")
    print(f"  entries of level warn or worse: {len(troubles)}")
    for entry in troubles[:10]:
        print(f"    {entry}")
    rows = [(number, s.resident_kib, s.files, s.mappings) for number, s in run.samples]
    table.show(["recycles", "RSS KiB", "open files", "mappings"], rows)
    print(f"left in memory by each: {run.left_kib():.2f} KiB")
    return 0 if same_child and not troubles and _is_good(run, options.left) else 1


def _is_good(run: Run, left_kib: float) -> bool:
    (begin, first), (end, last) = run.samples[0], run.samples[-1]
    most = _FLAT_KIB + left_kib * (end - begin)
    # A few are opened and closed while a sample is taken.
    has_files = last.files <= first.files + 2 * 8
    return run.failed() == 0 and has_files and last.resident_kib - first.resident_kib < most


if __name__ == "__main__":
    sys.exit(main())
