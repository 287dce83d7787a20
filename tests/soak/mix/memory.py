"""Whether a child's memory, files and threads are flat.

Compared are the second quarter of the run and the last one; the first warms up. A child may hold
more at the end by `FLAT_KIB`, which is what heaps of so many threads grow by chance, and by what
CPython does not give back of the interpreters that ended between the two (`hosts.lost_kib`).
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from soak.mix import hosts
from soak.mix.watch import Moment

FLAT_KIB = 16 * 1024
FLAT_FILES = 3
FLAT_THREADS = 3

# Less than that is all warm-up.
SHORTEST = 100


@dataclass(frozen=True)
class Growth:
    child: int
    before_kib: int
    after_kib: int
    allowed_kib: int
    ended: int
    files: int
    threads: int
    # MiB in each tenth of the run.
    tenths: list[int]

    def problems(self) -> list[str]:
        found = []
        if self.after_kib - self.before_kib > self.allowed_kib:
            grown = self.after_kib - self.before_kib
            found.append(f"child {self.child}: memory grew by {grown:,} KiB; {self.allowed_kib:,} are allowed")
        if self.files > FLAT_FILES:
            found.append(f"child {self.child} has {self.files} open files more")
        if self.threads > FLAT_THREADS:
            found.append(f"child {self.child} has {self.threads} threads more")
        return found


def growth(child: int, moments: Sequence[Moment]) -> Growth:
    quarter = max(1, len(moments) // 4)
    before, after = moments[quarter : 2 * quarter] or moments, moments[-quarter:]
    between = _middle(after).ended - _middle(before).ended
    allowed = FLAT_KIB + sum(hosts.lost_kib(name) * count for name, count in between.items())
    return Growth(
        child,
        before_kib=int(statistics.median(moment.sample.resident_kib for moment in before)),
        after_kib=int(statistics.median(moment.sample.resident_kib for moment in after)),
        allowed_kib=allowed,
        ended=between.total(),
        # What requests under way hold comes and goes: the least counts.
        files=min(m.sample.files for m in after) - min(m.sample.files for m in before),
        threads=min(m.sample.threads for m in after) - min(m.sample.threads for m in before),
        tenths=[moments[len(moments) * tenth // 10].sample.resident_kib // 1024 for tenth in range(10)],
    )


def _middle(moments: Sequence[Moment]) -> Moment:
    return moments[len(moments) // 2]
