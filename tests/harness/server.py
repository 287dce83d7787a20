"""A test's view of its server: requests, restarts, and the verdict of the error log."""

from __future__ import annotations

import re
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from harness import client, files, memcheck, site
from harness.config import Config
from harness.log import Entry
from harness.process import Process, StartRefusedError
from harness.transport import TransportOfEachThread

_PORT_ATTEMPTS = 10


class Server:
    def __init__(self, root: Path, config: Config, app: str | None, env: dict[str, str]) -> None:
        self.root = root
        self.htdocs = root / "htdocs"
        self.config = config
        self.port = 0
        # For a configuration that listens on two ports.
        self.tls_port = 0
        self.process = Process(root, env)
        self.log = self.process.log
        self._expected: list[str] = []
        self._tolerated: list[str] = []
        self._lay_out(app)

    def _lay_out(self, app: str | None) -> None:
        self.htdocs.mkdir(parents=True)
        if app is not None:
            files.copy_tree(site.APPS / app, self.htdocs)
        if self.config.htaccess is not None:
            (self.htdocs / ".htaccess").write_text(self.config.htaccess)
        (self.root / "run").mkdir()
        # Where handlers may write what the test reads.
        self.spool.mkdir()
        self.spool.chmod(0o777)

    @property
    def spool(self) -> Path:
        """A folder that handlers may write to, as `../spool` from the document root."""
        return self.root / "spool"

    # --- life ---

    def write_config(self) -> None:
        self.port, self.tls_port = _free_port(), _free_port()
        (self.root / "httpd.conf").write_text(self.config.render(self.root, self.port, self.tls_port))

    def start(self) -> None:
        for attempt in range(1, _PORT_ATTEMPTS + 1):
            self.write_config()
            try:
                self.process.start()
            except StartRefusedError as refusal:
                if "AH00072" not in str(refusal) or attempt == _PORT_ATTEMPTS:
                    raise
                # Somebody took the port meanwhile. What was logged about it is not the test's.
                self.log.path.unlink(missing_ok=True)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if "http" in self.__dict__:
            self.http.close()
        self._let_connections_end()
        self.process.stop(how)

    def _let_connections_end(self) -> None:
        """httpd's event MPM may crash when it is told to stop or restart just as a connection ends.

        It does so without our module as well (2.4.71: `close_worker_sockets` meets a
        socket whose memory a worker thread has given back).
        """
        deadline = time.monotonic() + 0.5
        while self._is_busy() and time.monotonic() < deadline:
            time.sleep(0.002)

    def _is_busy(self) -> bool:
        if not self.process.is_running:
            return False
        return _has_connections(self.port) or any(_has_running_thread(pid) for pid in self.process.children())

    def control(self, verb: str) -> None:
        """`httpd -k graceful` or `httpd -k restart`; returns when the new children serve."""
        started = len(self.log.find("resuming normal operations"))
        old = self.process.children()
        if verb == "restart":
            self._let_connections_end()
        outcome = self.process.run("-k", verb)
        assert outcome.returncode == 0, outcome.stderr
        self.log.wait_for("resuming normal operations", count=started + 1)
        self._wait_until_replaced(old)

    def _wait_until_replaced(self, old: set[int]) -> None:
        deadline = time.monotonic() + memcheck.patience(20)
        while old & self.process.children():
            assert time.monotonic() < deadline, f"old children stay\n{self.log}"
            time.sleep(0.01)

    # --- requests ---

    @cached_property
    def http(self) -> httpx.Client:
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            transport=TransportOfEachThread(_transport),
            trust_env=False,
            timeout=memcheck.patience(20),
        )

    def keeping_alive(self) -> httpx.Client:
        """A client whose requests share a connection."""
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False, timeout=memcheck.patience(20))

    def get(self, path: str = "/", host: str = "main.test", **options: Any) -> httpx.Response:
        headers = {"Host": host, **options.pop("headers", {})}
        return self.http.get(path, headers=headers, **options)

    def text(self, path: str = "/", host: str = "main.test", **options: Any) -> str:
        """The body of an answer that must be a 200."""
        response = self.get(path, host, **options)
        assert response.status_code == 200, (response.status_code, response.text)
        return response.text

    def json(self, path: str = "/", host: str = "main.test", **options: Any) -> Any:
        response = self.get(path, host, **options)
        assert response.status_code == 200, (response.status_code, response.text)
        return response.json()

    def post(self, path: str, content: Any, **options: Any) -> httpx.Response:
        return self.http.post(path, content=content, **options)

    def raw(self, target: bytes, *headers: bytes, method: bytes = b"GET") -> client.RawResponse:
        return client.request(self.port, target, *headers, method=method)

    def at_once(self, count: int, path: str = "/", **options: Any) -> list[httpx.Response]:
        """The answers to `count` simultaneous requests."""
        self.http  # noqa: B018  (made here, before threads race to make it)
        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(lambda _: self.get(path, **options), range(count)))

    # --- the error log ---

    def expect_log(self, *patterns: str) -> None:
        """Declare entries that this test provokes. Each must be there when the server stops."""
        self._expected += patterns

    def tolerate_log(self, *patterns: str) -> None:
        """Entries that this test may provoke, depending on timing or Python version."""
        self._tolerated += patterns

    def verdict(self) -> list[str]:
        """What is wrong with the error log of the stopped server."""
        entries = list(self.log)
        problems = [f"unexpected: {entry}" for entry in entries if entry.is_trouble and not self._is_expected(entry)]
        problems += [
            f"missing: {pattern}"
            for pattern in self._expected
            if not any(re.search(pattern, entry.message) for entry in entries)
        ]
        return problems + memcheck.verdict(self.root)

    def _is_expected(self, entry: Entry) -> bool:
        return any(re.search(pattern, entry.message) for pattern in self._expected + self._tolerated)


def _transport() -> httpx.HTTPTransport:
    return httpx.HTTPTransport(
        verify=False,
        http1=not site.HTTP2,
        http2=site.HTTP2,
        # One connection per request: an idle one would occupy prefork's only child.
        limits=httpx.Limits(max_keepalive_connections=0),
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _has_connections(port: int) -> bool:
    """Whether the server's side of any connection is still open."""
    listening, waiting = "0A", "06"
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return any(int(row[1][-4:], 16) == port and row[3] not in (listening, waiting) for row in rows)


def _has_running_thread(pid: int) -> bool:
    try:
        states = [task.read_text().rpartition(")")[2].split()[0] for task in Path(f"/proc/{pid}/task").glob("*/stat")]
    except OSError:
        # A thread that ended between the two calls.
        return True
    return any(state != "S" for state in states)
