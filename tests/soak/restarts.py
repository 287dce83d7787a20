"""Restart httpd gracefully, many times, while clients never stop asking."""

from __future__ import annotations

import argparse
import sys
import time
import urllib.request

from soak import setting, table
from soak.load import Load
from soak.process import Sample, sample

# What a heap may grow by chance between a tenth of the run and its end.
_FLAT_KIB = 2048

_ANSWERS_BETWEEN = 100


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/soak/restarts", description=__doc__)
    parser.add_argument("--count", type=int, default=300, help="graceful restarts (default: 300)")
    parser.add_argument("--mpm", default="event", choices=["event", "prefork", "worker"], help="default: event")
    parser.add_argument(
        "--module", default="python", choices=["python", "c"], help="ours, or a plain C module for comparison"
    )
    parser.add_argument("--clients", type=int, default=4, help="simultaneous clients (default: 4)")
    return parser.parse_args()


def main() -> int:
    options = _options()
    children, threads = (options.clients + 2, 1) if options.mpm == "prefork" else (2, options.clients + 2)
    samples: list[tuple[int, Sample, int | None]] = []
    with setting.running(options.module, children, threads) as server:

        def measure(restarts: int) -> None:
            keys = _taken_keys(server.port) if options.module == "python" else None
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
        crashes = len(server.process.log.find("exit signal"))
        troubles = [str(entry) for entry in server.process.log if entry.is_trouble]
    _report(options, load, samples, seconds, crashes, troubles)
    return 0 if _is_good(load, samples, crashes, troubles) else 1


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


def _report(
    options: argparse.Namespace,
    load: Load,
    samples: list[tuple[int, Sample, int | None]],
    seconds: float,
    crashes: int,
    troubles: list[str],
) -> None:
    print(f"{options.count} graceful restarts, {options.mpm}, module {options.module}, {seconds:.0f} s")
    for outcome, count in sorted(load.counts.items()):
        print(f"  {outcome}: {count:,}")
    print(f"  children that crashed: {crashes}")
    print(f"  entries of level warn or worse: {len(troubles)}")
    for entry in troubles[:10]:
        print(f"    {entry}")
    print("The parent process after so many restarts (TLS keys: taken in a child, inherited from it):")
    heads = ["restarts", "RSS KiB", "open files", "mappings", "TLS keys"]
    rows = [(n, s.resident_kib, s.files, s.mappings, "-" if keys is None else keys) for n, s, keys in samples]
    table.show(heads, rows)


def _is_good(load: Load, samples: list[tuple[int, Sample, int | None]], crashes: int, troubles: list[str]) -> bool:
    (_, first, first_keys), (_, last, last_keys) = samples[0], samples[-1]
    return (
        load.counts["wrong"] == 0
        and crashes == 0
        and not troubles
        and last.resident_kib - first.resident_kib < _FLAT_KIB
        and last.files == first.files
        and last.mappings <= first.mappings
        and first_keys == last_keys
    )


if __name__ == "__main__":
    sys.exit(main())
