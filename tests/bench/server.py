"""A private httpd for one row: own root, own port, own session."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .backend import running_backend
from .rows import Row, host_name
from .toolchain import BenchError, Httpd

Mpm = Literal["prefork", "event", "worker"]

START_DEADLINE = 120.0
STOP_DEADLINE = 60

_ONE_CHILD = "StartServers 1\nServerLimit 1\nThreadsPerChild 25\nMaxRequestWorkers 25\nMinSpareThreads 1"

# One child with threads, so that what one interpreter lock allows is what is seen. Both
# have a few more workers than connections, or httpd logs that it ran out.
LIMITS = {
    "prefork": "StartServers 10\nMinSpareServers 1\nMaxSpareServers 12\nMaxRequestWorkers 12",
    "event": _ONE_CHILD,
    "worker": _ONE_CHILD,
}

# The same for every row, and nothing of the caller's: no other Python is found by accident.
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
}

CONFIGURATION = """\
ServerRoot "{root}"
ServerName bench.localhost
Listen 127.0.0.1:{port}
PidFile "{root}/httpd.pid"
DefaultRuntimeDir "{root}"
ErrorLog "{root}/error.log"
LogLevel warn
{identity}
{modules}
{limits}
MaxConnectionsPerChild 0
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 60
{server}
DocumentRoot "{root}/htdocs"
# As everywhere; without it httpd looks for .htaccess from the root folder down.
<Directory "/">
AllowOverride None
</Directory>
<Directory "{root}/htdocs">
Require all granted
{directives}
</Directory>
{hosts}
"""


@dataclass(frozen=True)
class Server:
    row: Row
    root: Path
    port: int
    process: subprocess.Popen[bytes]
    # Process ids of the sessions that do the work: httpd's, and that of the server behind it.
    sessions: frozenset[int]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hello"

    def connect(self) -> socket.socket:
        """The first connection that is taken. One that is refused costs the server nothing."""
        deadline = time.monotonic() + START_DEADLINE
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                return socket.create_connection(("127.0.0.1", self.port), timeout=START_DEADLINE)
            except ConnectionRefusedError:
                time.sleep(0.05)
        raise BenchError(f"The server of row {self.row.key} did not start.\n{self.log()}")

    def log(self) -> str:
        texts = [self.root / name for name in ("error.log", "output.log", "backend.log")]
        return "".join(path.read_text(errors="replace") for path in texts if path.exists())

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_DEADLINE)
        except subprocess.TimeoutExpired:
            # Its session is its own, so its process group holds nothing else.
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise BenchError(f"The server of row {self.row.key} did not stop.\n{self.log()}") from None

    def require_clean_log(self) -> None:
        """A server that complains does not do the work that the row stands for."""
        bad = [line for line in self.log().splitlines() if _is_complaint(line)]
        if bad:
            raise BenchError(f"The server of row {self.row.key} complained:\n" + "\n".join(bad))


@contextmanager
def running(httpd: Httpd, row: Row, mpm: Mpm, *, single: bool = False, under: Sequence[str] = ()) -> Iterator[Server]:
    """Starts httpd in the foreground, `single` without any child; `under` runs it under another program."""
    root = Path(tempfile.mkdtemp(prefix="mod_python_bench_"))
    try:
        _lay_out(root, row)
        port = _free_port()
        (root / "httpd.conf").write_text(_configuration(httpd, row, mpm, root, port))
        mode = ["-X"] if single else ["-D", "FOREGROUND"]
        command = [*under, str(httpd.binary), *mode, "-f", str(root / "httpd.conf")]
        with running_backend(row, root, ENVIRONMENT) as backend:
            with (root / "output.log").open("wb") as output:
                process = subprocess.Popen(
                    command,
                    env=ENVIRONMENT | {"PYTHONPATH": str(root / "python")},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            server = Server(row, root, port, process, frozenset([process.pid, *backend]))
            try:
                yield server
                # How a peer behaves while it is stopped is no part of what was measured.
                server.require_clean_log()
            finally:
                server.stop()
    finally:
        shutil.rmtree(root)


def _lay_out(root: Path, row: Row) -> None:
    """Everything below the root is readable by httpd's user, wherever the checkout lies."""
    root.chmod(0o755)
    (root / "htdocs").mkdir()
    for name, text in row.files.items():
        (root / "htdocs" / name).write_text(text)
        if text.startswith("#!"):
            (root / "htdocs" / name).chmod(0o755)
    if row.module and row.module.python_path:
        shutil.copytree(row.module.python_path, root / "python", ignore=shutil.ignore_patterns("__pycache__"))


def _configuration(httpd: Httpd, row: Row, mpm: Mpm, root: Path, port: int) -> str:
    lines = [httpd.load_line(name) for name in (f"mpm_{mpm}", "unixd", "authz_core", *row.modules)]
    if row.module:
        lines.append(f'LoadModule {row.module.symbol} "{row.module.path}"')
    return CONFIGURATION.format(
        root=root,
        port=port,
        identity=_identity(),
        modules="\n".join(line for line in lines if line),
        limits=LIMITS[mpm],
        server=row.server.replace("{root}", str(root)),
        directives=row.directives,
        hosts="\n".join(_host(number, root, port) for number in range(row.hosts)),
    )


def _host(number: int, root: Path, port: int) -> str:
    name = host_name(number)
    return f'<VirtualHost *:{port}>\nServerName {name}\nDocumentRoot "{root}/htdocs"\n</VirtualHost>'


def _identity() -> str:
    found = account()
    return "" if found is None else f"User {found[0]}\nGroup #{found[1]}"


def account() -> tuple[str, int] | None:
    """Root's httpd hands its children to another user, of this name and group; anyone else's keeps its own."""
    if os.geteuid() != 0:
        return None
    for name in ("www-data", "apache", "nobody"):
        try:
            return name, pwd.getpwnam(name).pw_gid
        except KeyError:
            continue
    raise BenchError("No user www-data, apache or nobody exists to run httpd's children.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_complaint(line: str) -> bool:
    return any(f":{level}]" in line for level in ("warn", "error", "crit", "alert", "emerg"))
