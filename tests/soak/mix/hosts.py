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

# What CPython itself does not give back of an interpreter that ends, in KiB: docs/interpreters.md has the
# measurements, and here is some room for what those here have imported.
_LOST_KIB = {"legacy": {(3, 11): 0, (3, 12): 300, (3, 13): 500}, "own": {(3, 13): 4096}}


def every() -> list[Host]:
    return [host for host in _HOSTS if site.python_version() >= host.needs]


@functools.cache
def common() -> list[Host]:
    return [host for host in every() if host.is_common]


def options(seconds: float) -> list[str]:
    """The directives; how often interpreters are replaced depends on how long the run is."""
    # Some hundreds of times in hours, a few times in seconds.
    max_requests = int(min(1000, max(20, seconds * 10)))
    return [
        f"PythonInterpreterOptions {host.name} {host.options.format(max_requests=max_requests)}"
        for host in every()
        if host.options
    ]


def lost_kib(interpreter: str) -> int:
    """How much memory may be gone when an interpreter of that name has ended."""
    has_own_lock = any(
        host.name == interpreter and ("own" in host.options or "pool" in host.options) for host in _HOSTS
    )
    by_version = _LOST_KIB["own" if has_own_lock or interpreter == "conn.test" else "legacy"]
    return by_version.get(site.python_version(), max(by_version.values()))
