"""A virtual host for each kind of interpreter."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from harness import site


@dataclass(frozen=True)
class Host:
    # Its ServerName.
    name: str
    # PythonInterpreterOptions of the interpreter of that name.
    options: str = ""
    lines: str = ""
    # Whether every actor may ask it.
    is_common: bool = True
    needs: tuple[int, int] = (3, 10)

    @property
    def interpreter(self) -> str:
        return "main_interpreter" if "main_interpreter" in self.lines else self.name


_HOSTS = [
    Host("main.test", lines="PythonInterpreter main_interpreter"),
    Host("legacy.test"),
    Host("fresh.test", options="max-requests={max_requests}"),
    Host("own.test", options="gil=own", needs=(3, 13)),
    Host("pool.test", options="pool=2", needs=(3, 13)),
    Host("idle.test", options="idle-timeout=1", is_common=False),
    Host("slow.test", lines="Timeout 1", is_common=False),
]

# How much memory may be gone with each interpreter that has ended, in KiB, because CPython does not give it back.
#
# docs/interpreters.md has that for a few modules of the standard library. Those here import some 270. Without httpd,
# a program that makes and destroys interpreters with the standard library's part of them (`_interpreters`, of 3.13.0)
# loses 870 KiB each time, and 7,400 where they have locks of their own. The rest is for modules that CPython alone
# does not have, and for the heap between.
_LOST_KIB = {(3, 11): 256, (3, 12): 1024, (3, 13): 1536}
_LOST_WITH_ITS_LOCK_KIB = 10_240


def every() -> list[Host]:
    return [host for host in _HOSTS if site.python_version() >= host.needs]


@functools.cache
def common() -> list[Host]:
    return [host for host in every() if host.is_common]


def options(seconds: float) -> list[str]:
    """The directives; how often interpreters are replaced depends on how long the run is."""
    # Some hundreds of times in hours, a few times in seconds.
    max_requests = int(min(5000, max(20, seconds * 2)))
    return [
        f"PythonInterpreterOptions {host.name} {host.options.format(max_requests=max_requests)}"
        for host in every()
        if host.options
    ]


def lost_kib(interpreter: str) -> int:
    """How much memory may be gone when an interpreter of that name has ended."""
    options = {host.name: host.options for host in _HOSTS}.get(interpreter, "")
    if "gil=own" in options or "pool=" in options:
        return _LOST_WITH_ITS_LOCK_KIB
    return _LOST_KIB.get(site.python_version(), max(_LOST_KIB.values()))
