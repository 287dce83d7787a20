"""One httpd in the foreground, in a session of its own.

httpd signals its whole process group when it stops, and a test must be able to
end everything that it started, and nothing else.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from harness import site
from harness.log import ErrorLog

_PATIENCE = 20


class StartRefusedError(Exception):
    """httpd ended instead of serving; the text says what it wrote about that."""


class Process:
    def __init__(self, root: Path, env: dict[str, str]) -> None:
        self.root = root
        self.log = ErrorLog(root / "error_log")
        self.env = env
        self._stderr = root / "stderr"
        self._popen: subprocess.Popen[bytes] | None = None

    def peak_memory(self) -> int:
        """The most memory that any child ever had, in MiB."""
        status = [Path(f"/proc/{pid}/status").read_text() for pid in self.children()]
        lines = (line for text in status for line in text.splitlines())
        return max(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024

    def command(self, *options: str) -> list[str]:
        return [
            str(site.httpd()),
            "-d",
            str(self.root),
            "-f",
            str(self.root / "httpd.conf"),
            *options,
        ]

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run httpd as a tool: `-t`, `-L`, `-k graceful`."""
        return subprocess.run(
            self.command(*options),
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=_PATIENCE,
        )

    def start(self) -> None:
        with self._stderr.open("wb") as stderr:
            self._popen = subprocess.Popen(
                self.command("-D", "FOREGROUND"),
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
                start_new_session=True,
            )
        self._wait_until_serving()

    def _wait_until_serving(self) -> None:
        # The log and not the port: a port that answers may be somebody else's.
        deadline = time.monotonic() + _PATIENCE
        while not self.log.find("resuming normal operations"):
            if self._running.poll() is not None:
                raise StartRefusedError(f"{self.stderr()}\n{self.log}")
            if time.monotonic() > deadline:
                self.kill()
                raise StartRefusedError(f"httpd did not start in time\n{self.stderr()}\n{self.log}")
            time.sleep(0.005)

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        assert self._popen is not None, "httpd was not started"
        return self._popen

    @property
    def pid(self) -> int:
        return self._running.pid

    @property
    def is_running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    def children(self) -> set[int]:
        text = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return {int(word) for word in text.split()}

    def stderr(self) -> str:
        return self._stderr.read_text("utf-8", "surrogateescape")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """SIGTERM: at once. SIGWINCH: after the requests under way are answered."""
        if not self.is_running:
            return
        os.kill(self.pid, how)
        try:
            self._running.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"httpd did not stop after {how.name}:\n{self.log}") from None

    def kill(self) -> None:
        """End the session that `start` made, whatever it is doing."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._running.wait()
