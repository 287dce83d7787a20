"""Restart httpd gracefully, many times, while clients never stop asking."""

from __future__ import annotations

import argparse
import math
import sys
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass

from soak import setting, table
from soak.load import Load
from soak.process import Sample, sample

# What a heap may grow by chance between a tenth of the run and its end.
_FLAT_KIB = 2048

_ANSWERS_BETWEEN = 100


@dataclass(frozen=True)
class Outcome:
    module: str
    seconds: float
    counts: Counter[str]
    # Restarts so far, the parent then, and the TLS keys that it has taken.
    samples: list[tuple[int, Sample, int | None]]
    crashes: int
    troubles: list[str]

    @property
    def failures(self) -> int:
        """Requests that HTTP says must be answered, and were not; children that crashed."""
        return self.crashes + sum(self.counts[outcome] for outcome in ("refused", "timed out", "dropped"))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/soak/restarts", description=__doc__)
    parser.add_argument("--count", type=int, default=300, help="graceful restarts (default: 300)")
    parser.add_argument("--mpm", default="event", choices=["event", "prefork", "worker"], help="default: event")
    parser.add_argument(
        "--module",
        default="python",
        choices=["python", "own", "pool", "c"],
        help="ours; with interpreters that have locks of their own; with pools of two of those; a plain C module",
    )
    parser.add_argument("--python", default="system", help="system, or a version such as 3.13 (default: system)")
    parser.add_argument("--clients", type=int, default=4, help="simultaneous clients (default: 4)")
    return parser.parse_args()


def main() -> int:
    options = _options()
    ours = _run(options, options.module)
    _report(options, ours)
    if ours.failures == 0 or options.module == "c":
        return 0 if _is_good(ours) else 1
    # httpd itself drops a connection now and then, and its event MPM may crash.
    print("Requests failed; the same with a C module:")
    its = _run(options, "c")
    _report(options, its)
    are_more = ours.failures - its.failures > 3 * math.sqrt(ours.failures + its.failures)
    print(f"{ours.failures} against {its.failures}: {'MORE THAN CHANCE' if are_more else 'no more than chance'}")
    return 0 if _is_good(ours) and not are_more else 1


def _run(options: argparse.Namespace, module: str) -> Outcome:
    children, threads = (options.clients + 2, 1) if options.mpm == "prefork" else (2, options.clients + 2)
    samples: list[tuple[int, Sample, int | None]] = []
    with setting.running(module, children, threads) as server:

        def measure(restarts: int) -> None:
            keys = _taken_keys(server.port) if module != "c" else None
            samples.append((restarts, sample(server.process.pid), keys))

        load = Load(server.port, options.clients)
        load.start()
        begin = time.monotonic()
        try:
            for number in range(1, options.count + 1):
                _restart(server, number)
                _wait_for_answers(load)
                if number % max(1, options.count // 10) == 0:
                    measure(number)
        finally:
            load.stop()
        seconds = time.monotonic() - begin
        deaths = {str(entry) for entry in server.process.log.find("exit signal")}
        troubles = [text for entry in server.process.log if entry.is_trouble and (text := str(entry)) not in deaths]
    return Outcome(module, seconds, load.counts, samples, len(deaths), troubles)


def _restart(server: setting.Server, number: int) -> None:
    outcome = server.process.run("-k", "graceful")
    assert outcome.returncode == 0, outcome.stderr
    server.process.log.wait_for("resuming normal operations", count=number + 1, timeout=60)


def _wait_for_answers(load: Load) -> None:
    """New children have to serve before they are replaced in turn."""
    enough = load.counts.total() + _ANSWERS_BETWEEN
    deadline = time.monotonic() + 60
    while load.counts.total() < enough and time.monotonic() < deadline:
        time.sleep(0.01)


def _taken_keys(port: int) -> int | None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/keys", timeout=30) as answer:
            return int(answer.read())
    except OSError:
        # Whatever went wrong stands in the error log, which counts.
        return None


def _report(options: argparse.Namespace, outcome: Outcome) -> None:
    print(f"{options.count} graceful restarts, {options.mpm}, module {outcome.module}, {outcome.seconds:.0f} s")
    for name, count in sorted(outcome.counts.items()):
        print(f"  {name}: {count:,}")
    print(f"  children that crashed: {outcome.crashes}")
    print(f"  other entries of level warn or worse: {len(outcome.troubles)}")
    for entry in outcome.troubles[:10]:
        print(f"    {entry}")
    print("The parent process after so many restarts (TLS keys: taken in a child, inherited from it):")
    heads = ["restarts", "RSS KiB", "open files", "mappings", "TLS keys"]
    rows = [(n, s.resident_kib, s.files, s.mappings, "-" if keys is None else keys) for n, s, keys in outcome.samples]
    table.show(heads, rows)


def _is_good(outcome: Outcome) -> bool:
    (_, first, _), (_, last, _) = outcome.samples[0], outcome.samples[-1]
    # One that was not answered is no matter, but then others are there.
    keys = {keys for _, _, keys in outcome.samples if keys is not None}
    return (
        outcome.counts["wrong"] == 0
        and not outcome.troubles
        and last.resident_kib - first.resident_kib < _FLAT_KIB
        and last.files == first.files
        and last.mappings <= first.mappings
        and len(keys) == (0 if outcome.module == "c" else 1)
    )


if __name__ == "__main__":
    sys.exit(main())
