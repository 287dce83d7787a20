"""A PostgreSQL server of a test's own: a new cluster in a temporary folder, reached by a socket in it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness import site, wait

# Debian keeps each major version's programs in a folder of its own, and only psql and its like on PATH.
_DEBIAN = Path("/usr/lib/postgresql")
_OPTIONS = {
    "listen_addresses": "",
    # What a crash of the machine would lose is lost anyway.
    "fsync": "off",
    # What waits for something that never comes fails, rather than its test hanging.
    "statement_timeout": "30s",
}


class Postgres:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # It refuses root, and httpd's user has to reach the socket: in a folder that is closed to others.
        account = site.unprivileged()
        self._as: dict[str, Any] = {}
        if account is not None:
            shutil.chown(folder, *account)
            self._as = {"user": account[0], "group": account[1], "extra_groups": []}
        self._run("initdb", "-D", "data", "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.start()

    @property
    def dsn(self) -> str:
        """How libpq is told where it is."""
        return f"host={self.folder} user=tester dbname=postgres"

    def start(self) -> None:
        options = [word for name, value in _OPTIONS.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [_program("postgres"), "-D", "data", "-k", str(self.folder), *options],
                stdout=log,
                stderr=log,
                **self._where(),
            )
        wait.until(self._answers, timeout=60)

    def stop(self) -> None:
        """Connections are cut, transactions rolled back; what was committed is there after the next start."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        self._process.wait(60)

    def execute(self, statements: str) -> str:
        """What psql says of them, without any ornament."""
        return self._run("psql", "-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-d", self.dsn, "-c", statements)

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self.folder / "log").read_text()
        ready = [_program("pg_isready"), "-q", "-h", str(self.folder)]
        return subprocess.run(ready, **self._where()).returncode == 0

    def _run(self, program: str, *arguments: str) -> str:
        command = [_program(program), *arguments]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **self._where())
        text: str = done.stdout.decode()
        assert done.returncode == 0, text
        return text.strip()

    def _where(self) -> dict[str, Any]:
        return {"cwd": self.folder, "env": {"PATH": os.defpath, "LC_ALL": "C"}, **self._as}


@contextmanager
def postgres() -> Iterator[Postgres]:
    folder = Path(tempfile.mkdtemp(prefix="mod_python-postgres-", dir="/tmp"))
    server = None
    try:
        server = Postgres(folder)
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _program(name: str) -> str:
    versions = sorted(_DEBIAN.glob("[0-9]*/bin"), key=lambda folder: int(folder.parent.name), reverse=True)
    found = shutil.which(name, path=os.pathsep.join([*map(str, versions), os.environ.get("PATH", os.defpath)]))
    assert found, f"PostgreSQL's {name} is missing"
    return found
