"""Makes the servers of one test, and gives the verdict on all of them at its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.config import Config
from harness.process import StartRefusedError
from harness.server import Server


class Serve:
    """Makes servers; remembers them for the end of the test."""

    def __init__(self, folder: Path, package_path: Path) -> None:
        self.folder = folder
        self.servers: list[Server] = []
        self._package_path = package_path

    def __call__(self, app: str | None = None, env: dict[str, str] | None = None, **config: Any) -> Server:
        """Start a server whose document root is a copy of `tests/apps/<app>`."""
        server = self.prepare(app, env, **config)
        server.start()
        return server

    def prepare(self, app: str | None = None, env: dict[str, str] | None = None, **config: Any) -> Server:
        """The same, laid out but not started: the test may still add files."""
        root = self.folder / f"server-{len(self.servers)}"
        server = Server(root, Config(**config), app, self._environment(env or {}))
        self.servers.append(server)
        return server

    def refused(self, app: str | None = None, **config: Any) -> str:
        """Start a server that must not start; return what it said."""
        server = self.prepare(app, **config)
        try:
            server.start()
        except StartRefusedError as refusal:
            server.log.path.unlink(missing_ok=True)
            return str(refusal)
        raise AssertionError("httpd started")

    def _environment(self, extra: dict[str, str]) -> dict[str, str]:
        # httpd's own environment, and nothing of the tester's.
        return {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(self._package_path),
            **extra,
        }

    def finish(self) -> list[str]:
        """Stop every server; return what is wrong with their error logs."""
        problems = []
        for server in self.servers:
            try:
                server.stop()
            except AssertionError as stuck:
                problems.append(str(stuck))
            # Captured by pytest, and shown when the test fails.
            print(f"--- error log of {server.root.name} ---\n{server.log}")
            problems += server.verdict()
        return problems
