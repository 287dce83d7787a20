"""Everything at once for as long as you like: no crash, no deadlock, no unforeseen log entry, memory flat."""

from __future__ import annotations

import argparse
import sys

from harness import site

from soak.mix import play


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/soak/run", description=__doc__)
    parser.add_argument("--minutes", type=float, default=120, help="how long (default: 120)")
    parser.add_argument("--mpm", default="event", choices=["event", "prefork", "worker"], help="default: event")
    parser.add_argument("--python", default="system", help="system, or a version such as 3.13 (default: system)")
    parser.add_argument("--seed", type=int, default=1, help="other choices of the actors for another one (default: 1)")
    return parser.parse_args()


def main() -> int:
    options = _options()
    outcome = play.play(options.minutes * 60, options.seed)
    version = ".".join(map(str, site.python_version()))
    print(f"{outcome.seconds / 60:.1f} minutes of everything, {options.mpm}, Python {version}, seed {options.seed}")
    play.show(outcome)
    return 1 if outcome.problems else 0


if __name__ == "__main__":
    sys.exit(main())
