"""Which functions the instructions above the floor are spent in."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from pathlib import Path

from .instructions import FEW, MANY, profile_path
from .rows import Row

SHOWN = 40

# "1,234 (5.6%)  file.c:function'2 [/path/of/object.so]"
ENTRY = re.compile(r"^\s*([\d,]+) \([^)]*\)\s+(.*?):(.*?)(?: \[(.*)\])?$")


def above_floor(keep: Path, row: Row, floor: Row) -> str:
    own, base = _per_request(keep, row), _per_request(keep, floor)
    own.subtract(base)
    lines = [f"{row.title}: own instructions of each function, per request, above {floor.title}"]
    lines += [f"{cost:>10,.0f}  {name}" for name, cost in own.most_common(SHOWN) if cost >= 1]
    return "\n".join(lines)


def _per_request(keep: Path, row: Row) -> Counter[str]:
    many, few = (_own_costs(profile_path(keep, row, requests)) for requests in (MANY, FEW))
    many.subtract(few)
    return Counter({name: round(cost / (MANY - FEW)) for name, cost in many.items()})


def _own_costs(written: Path) -> Counter[str]:
    command = ["callgrind_annotate", "--threshold=100", "--auto=no", str(written)]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    costs: Counter[str] = Counter()
    for line in text.splitlines():
        if entry := ENTRY.match(line):
            cost, _, function, binary = entry.groups()
            costs[_name(function, binary)] += int(cost.replace(",", ""))
    return costs


def _name(function: str, binary: str | None) -> str:
    """Recursion levels are added up, and so is what has no symbol in one library."""
    if function.startswith("0x"):
        return f"(no symbol) {Path(binary).name}" if binary else "(no symbol)"
    return re.sub(r"'\d+$", "", function)
