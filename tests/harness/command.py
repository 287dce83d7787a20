"""Runs the command `mod_python`, with the Python that the module was built for."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from harness import memcheck, site

PATIENCE = memcheck.patience(30)


def environment(package_path: Path, **extra: str) -> dict[str, str]:
    """The tester's, and which module and package are the ones under test."""
    return {**os.environ, "PYTHONPATH": str(package_path), "MOD_PYTHON_SO": str(site.MODULE), **extra}


@dataclass
class Command:
    """The command, for a copy of the package that httpd's user can read; `cwd` is where it is run, by `python`."""

    package_path: Path
    cwd: Path
    python: str = site.PYTHON

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.python, "-m", "mod_python", *arguments],
            cwd=self.cwd,
            env=environment(self.package_path, **env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=PATIENCE,
        )

    def output(self, *arguments: str) -> str:
        """What it prints, when it must succeed."""
        outcome = self.run(*arguments)
        assert outcome.returncode == 0, outcome.stderr
        return outcome.stdout

    def refusal(self, *arguments: str, status: int = 2, **env: str) -> str:
        """What it says when it must fail, and never a traceback."""
        outcome = self.run(*arguments, **env)
        assert outcome.returncode == status, outcome.stdout + outcome.stderr
        assert "Traceback" not in outcome.stderr
        assert outcome.stdout == ""
        return outcome.stderr

    @contextlib.contextmanager
    def serving(self, *arguments: str, **env: str) -> Iterator[Serving]:
        """`start-server` on a free port, from when it serves until the end of the `with`."""
        with self.starting(*arguments, **env) as process:
            assert process.stdout is not None
            said = process.stdout.readline()
            url = re.search(r"on (http://\S+)/ ", said)
            assert url, f"{said}{self._log.read_text()}"
            yield Serving(process, url[1], said, self._log)

    @contextlib.contextmanager
    def starting(self, *arguments: str, **env: str) -> Iterator[subprocess.Popen[str]]:
        """The same, as soon as the process is there."""
        with self._log.open("wb") as stderr:
            process = subprocess.Popen(
                [self.python, "-m", "mod_python", "start-server", *arguments, "--port", "0"],
                cwd=self.cwd,
                env=environment(self.package_path, **env),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                errors="surrogateescape",
                start_new_session=True,
            )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE)
            assert process.stdout is not None
            process.stdout.close()

    @property
    def _log(self) -> Path:
        """What start-server says on stderr, the last time."""
        return self.cwd / "start-server.log"


@dataclass
class Serving:
    """A running start-server: the first line it said, and the file that its stderr goes to."""

    process: subprocess.Popen[str]
    url: str
    said: str
    log: Path

    def get(self, path: str = "/", **options: object) -> httpx.Response:
        return httpx.get(self.url + path, trust_env=False, timeout=PATIENCE, **options)  # type: ignore[arg-type]

    def text(self, path: str = "/") -> str:
        """The body of an answer that must be a 200."""
        answer = self.get(path)
        assert answer.status_code == 200, f"{answer.text}\n{self.log.read_text()}"
        return answer.text

    def wait_for_log(self, text: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while text not in self.log.read_text("utf-8", "replace"):
            assert time.monotonic() < deadline, self.log.read_text("utf-8", "replace")
            time.sleep(0.02)

    def stop(self, how: signal.Signals) -> tuple[int, set[int]]:
        """Ask it to end: its exit status, and which processes it leaves behind."""
        started = descendants(self.process.pid)
        self.process.send_signal(how)
        status = self.process.wait(PATIENCE)
        deadline = time.monotonic() + PATIENCE
        while (left := {pid for pid in started if Path(f"/proc/{pid}").exists()}) and time.monotonic() < deadline:
            time.sleep(0.02)
        return status, left


def descendants(pid: int) -> set[int]:
    """Every process that this one has started, directly or not."""
    found: set[int] = set()
    waiting = {pid}
    while waiting:
        parent = waiting.pop()
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                waiting |= {int(word) for word in (task / "children").read_text().split()}
        found |= waiting
    return found
