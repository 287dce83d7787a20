"""Malformed requests to a child with Python in every phase, and what they leave in it."""

from __future__ import annotations

import argparse
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from harness import malformed

from soak import setting, table
from soak.process import Sample, sample

_SLICES = 10
_WARM_UP = 2000
_FLAT_KIB = 1024


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/soak/malformed", description=__doc__)
    parser.add_argument(
        "--count", type=int, default=20_000, help="connections, half under each HttpProtocolOptions (default: 20,000)"
    )
    parser.add_argument("--mpm", default="event", choices=["event", "prefork", "worker"], help="default: event")
    parser.add_argument("--seed", type=int, default=1, help="other requests for another one (default: 1)")
    return parser.parse_args()


def main() -> int:
    options = _options()
    numbers = range(options.count)
    half = options.count // 2
    return max(_run(options, "Strict", numbers[:half]), _run(options, "Unsafe", numbers[half:]))


def _run(options: argparse.Namespace, protocol: str, numbers: range) -> int:
    clients = 1 if options.mpm == "prefork" else 4
    statuses: Counter[str] = Counter()
    rows: list[tuple[int, Sample]] = []
    with setting.running(protocol, children=1, threads=8) as server, ThreadPoolExecutor(clients) as pool:
        children = server.process.children()
        (child,) = children

        def ask(some: range) -> None:
            statuses.update(pool.map(_asking(server.port, options.seed), some))
            # The child is well, and the last connection has ended.
            request = urllib.request.Request(f"http://127.0.0.1:{server.port}/sound", data=b"sound")
            with urllib.request.urlopen(request, timeout=30) as answer:
                assert answer.read() == b"/sound\nsound", "wrong"
            # As long as httpd waits for clients that do not close (lingering close).
            time.sleep(2.5)
            rows.append((statuses.total(), sample(child)))

        ask(range(-_WARM_UP, 0))
        step = max(1, len(numbers) // _SLICES)
        for start in range(0, len(numbers), step):
            ask(numbers[start : start + step])
        same_child = server.process.children() == children
        unforeseen = malformed.unforeseen(server.process.log)
    # Each thread has memory of its own to warm up.
    (_, first), (_, middle), (_, last) = rows[0], rows[len(rows) // 2], rows[-1]
    print(f"{statuses.total():,} malformed connections to one child, {options.mpm}, HttpProtocolOptions {protocol}")
    print("first answers:", ", ".join(f"{count:,} {status}" for status, count in statuses.most_common()))
    table.show(["connections", "RSS KiB", "open files"], [(n, s.resident_kib, s.files) for n, s in rows])
    print(f"growth after {_WARM_UP:,} connections of warm-up: {last.resident_kib - first.resident_kib:,} KiB")
    print(f"growth in the second half: {last.resident_kib - middle.resident_kib:,} KiB")
    print("the same child" if same_child else "THE CHILD DIED")
    print("\n".join(unforeseen[:10]))
    flat = last.resident_kib - middle.resident_kib < _FLAT_KIB and last.files == first.files
    return 0 if same_child and flat and not unforeseen else 1


def _asking(port: int, seed: int) -> Callable[[int], str]:
    """What sends the case of a number, and says with which status the first answer begins."""

    def ask(number: int) -> str:
        answer = malformed.send(port, malformed.case(seed, number))
        if answer.startswith(b"HTTP/1.1 "):
            return answer[9:12].decode()
        return "without a status" if answer else "nothing"

    return ask


if __name__ == "__main__":
    sys.exit(main())
