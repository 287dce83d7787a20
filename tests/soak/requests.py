"""A million requests to one child, and what they leave in its memory."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys

from soak import setting, table
from soak.process import sample

_SLICES = 20
_WARM_UP = 20_000
_FLAT_KIB = 1024


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/soak/requests", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000, help="requests (default: 1,000,000)")
    parser.add_argument("--mpm", default="event", choices=["event", "prefork", "worker"], help="default: event")
    parser.add_argument("--module", default="python", choices=["python", "c"], help="ours, or a plain C module")
    return parser.parse_args()


def main() -> int:
    options = _options()
    # Fewer than threads: when none is idle, event closes connections between requests.
    connections = 1 if options.mpm == "prefork" else 6
    rows: list[tuple[int, int]] = []
    with setting.running(options.module, children=1, threads=16) as server:
        _ask(server.port, connections, _WARM_UP)
        (child,) = server.process.children()
        done = 0
        rows.append((done, sample(child).resident_kib))
        while done < options.count:
            done += _ask(server.port, connections, options.count // _SLICES)
            rows.append((done, sample(child).resident_kib))
        same_child = server.process.children() == {child}
        troubles = [str(entry) for entry in server.process.log if entry.is_trouble]
    growth = rows[-1][1] - rows[0][1]
    print(f"{done:,} requests to one child, {options.mpm}, module {options.module}")
    table.show(["requests", "RSS KiB"], rows)
    print(f"growth after {_WARM_UP:,} requests of warm-up: {growth:,} KiB")
    for entry in troubles[:10]:
        print(entry)
    return 0 if same_child and not troubles and growth < _FLAT_KIB else 1


def _ask(port: int, connections: int, at_least: int) -> int:
    """Send at least so many requests; wrk counts by time. Returns how many they were."""
    done = 0
    while done < at_least:
        command = ["wrk", "--threads", "1", "--connections", str(connections), "--duration", "2s"]
        outcome = subprocess.run([*command, f"http://127.0.0.1:{port}/"], check=True, capture_output=True, text=True)
        if "Non-2xx" in outcome.stdout or "Socket errors" in outcome.stdout:
            raise SystemExit(f"not every request was answered:\n{outcome.stdout}")
        match = re.search(r"(\d+) requests in", outcome.stdout)
        assert match, outcome.stdout
        done += int(match[1])
    return done


if __name__ == "__main__":
    sys.exit(main())
