"""One counter in a session for many clients at once, and a million sessions that have expired."""

from __future__ import annotations

import argparse
import sys
import time

from harness import session_load, session_store, site

from soak import setting, table


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/soak/sessions", description=__doc__)
    parser.add_argument("what", choices=["count", "clean"], help="the counter, or the expired sessions")
    parser.add_argument("--mpm", default="event", choices=["event", "prefork", "worker"], help="default: event")
    parser.add_argument(
        "--kind", action="append", choices=session_store.COUNTED, help="class (default: each that fits)"
    )
    parser.add_argument("--clients", type=int, default=16, help="at once (default: 16)")
    parser.add_argument("--requests", type=int, default=10_000, help="of each client (default: 10,000)")
    parser.add_argument("--stored", type=int, default=1_000_000, help="expired sessions (default: 1,000,000)")
    parser.add_argument("--live", type=int, default=1_000, help="sessions among them that stay (default: 1,000)")
    return parser.parse_args()


def main() -> int:
    options = _options()
    return _count(options) if options.what == "count" else _clean(options)


def _count(options: argparse.Namespace) -> int:
    rows = []
    failed = False
    # Several processes do not see each other's memory.
    several = [kind for kind in session_store.COUNTED if kind != "MemorySession"]
    kinds = options.kind or (several if site.MPM == "prefork" else session_store.COUNTED)
    for kind in kinds:
        children = 16 if site.MPM == "prefork" else 1 if kind == "MemorySession" else 4
        threads = 1 if site.MPM == "prefork" else 32 if kind == "MemorySession" else 8
        with setting.running(kind, children, threads) as server:
            counted = session_load.count(server.port, options.clients, options.requests)
            troubles = [str(entry) for entry in server.process.log if entry.is_trouble]
        failed = failed or counted.lost != 0 or bool(troubles)
        per_second = int(counted.requests / counted.seconds)
        slowest = f"{counted.slowest:.3f}"
        rows.append(
            (
                kind,
                counted.requests,
                counted.lost,
                per_second,
                slowest,
                counted.processes,
                counted.threads,
                len(troubles),
            )
        )
        print(*troubles[:10], sep="\n", end="")
    print(f"{options.clients} clients count one counter up, {options.requests:,} times each, {site.MPM}")
    heads = ["class", "requests", "lost", "per second", "slowest s", "processes", "threads", "log"]
    table.show(heads, rows)
    return 1 if failed else 0


def _clean(options: argparse.Namespace) -> int:
    rows = []
    for kind in options.kind or session_store.SHARED:
        with setting.running(kind, children=4, threads=1 if site.MPM == "prefork" else 4) as server:
            store = server.root / "store"
            begun = time.monotonic()
            session_load.fill(kind, store, options.stored, options.live)
            print(f"{kind}: stored in {time.monotonic() - begun:.0f} seconds", flush=True)
            cleaned = session_load.clean(kind, server.port, store, options.live)
            others = sorted(cleaned.others)
            print(*server.process.log.find("^MPY0921")[-3:], sep="\n", flush=True)
        middle, last = others[len(others) // 2], others[-1]
        times = [cleaned.seconds, cleaned.answered, cleaned.delayed, middle, others[len(others) * 99 // 100], last]
        rows.append((kind, options.stored, cleaned.requests, *(f"{seconds:.3f}" for seconds in times)))
    print(f"expired sessions among {options.live:,} others, {site.MPM}; times in seconds")
    heads = ["class", "expired", "requests", "in all", "answered", "next", "others", "99 %", "slowest"]
    table.show(heads, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
