"""Serves apxs/demo with a private httpd until it is told to stop.

The second half of apxs/run-demo, which has made sure that everything needed is
there. In Python because a shell script cannot catch a signal that it was
started with as ignored, as a background job of another script is.
"""

from __future__ import annotations

import argparse
import contextlib
import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

CHECKOUT = Path(__file__).resolve().parents[1]
START_SECONDS = 20
STOP_SECONDS = 20


class DemoError(Exception):
    """Why the demo cannot run, in one sentence for its user."""


@dataclass(frozen=True)
class Account:
    """Whom httpd's children run as when it is started by root."""

    name: str
    group: str
    uid: int
    gid: int


def main() -> int:
    options = parse_options()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        check(options.port)
        if not options.check:
            serve(options.port, options.module.resolve())
    except DemoError as error:
        print(f"run-demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.")
    return 0


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run-demo")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--module", type=Path, default=CHECKOUT / "target/release/libmod_python.so")
    parser.add_argument("--check", action="store_true", help="only say what would go wrong")
    return parser.parse_args()


def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


# --- what can be known before httpd starts ---


def check(port: int) -> None:
    refuse_unusable_port(port)
    account = unprivileged_account()
    if account is not None:
        refuse_unreadable_python(account)


def refuse_unusable_port(port: int) -> None:
    with socket.socket() as probe:
        # As httpd does: connections that just ended must not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else "no such port"
            raise DemoError(f"cannot listen on 127.0.0.1:{port} ({reason}); choose another port with --port") from None


def unprivileged_account() -> Account | None:
    """None when we are not root: httpd then stays the user that started it."""
    if os.geteuid() != 0:
        return None
    for name in ("www-data", "apache", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            group = grp.getgrgid(user.pw_gid).gr_name
            return Account(name, group, user.pw_uid, user.pw_gid)
    raise DemoError("none of the users www-data, apache and nobody exists; run this as yourself")


def refuse_unreadable_python(account: Account) -> None:
    reader = subprocess.run(
        ["/bin/sh", "-c", 'test -r "$0"', os.__file__],
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        check=False,
    )
    if reader.returncode != 0:
        raise DemoError(
            f"httpd's user {account.name} cannot read {Path(os.__file__).parent}; "
            "run this as yourself, or choose a Python for everybody: PYTHON=/usr/bin/python3"
        )


# --- the private server ---


def serve(port: int, module: Path) -> None:
    with private_root() as root:
        lay_out(root)
        with running(httpd_command(root, port, module), root) as httpd:
            wait_until_answering(httpd, root, port)
            announce(root, port)
            httpd.wait()
            raise DemoError(f"httpd ended by itself with status {httpd.returncode}:\n{log_of(root)}")


@contextlib.contextmanager
def private_root() -> Iterator[Path]:
    # Root's TMPDIR may be a folder that httpd's children cannot enter.
    parent = "/tmp" if os.geteuid() == 0 else None
    root = Path(tempfile.mkdtemp(prefix="mod_python-demo-", dir=parent))
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


def lay_out(root: Path) -> None:
    """Copies, because httpd's children may not be allowed to enter the checkout."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(CHECKOUT / "apxs/demo", root, ignore=ignore, dirs_exist_ok=True)
    shutil.copytree(CHECKOUT / "python", root / "python", ignore=ignore)
    if os.geteuid() == 0:
        root.chmod(0o755)
        for path in root.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)


def httpd_command(root: Path, port: int, module: Path) -> list[str]:
    defined = {
        "ROOT": str(root),
        "PORT": str(port),
        "MODULES": ask_apxs("LIBEXECDIR"),
        "MOD_PYTHON": str(module),
    }
    account = unprivileged_account()
    if account is not None:
        defined |= {"ACCOUNT": account.name, "GROUP": account.group}
    httpd = Path(ask_apxs("SBINDIR")) / ask_apxs("PROGNAME")
    command = [str(httpd), "-d", str(root), "-f", str(root / "httpd.conf"), "-D", "FOREGROUND"]
    for name, value in defined.items():
        command += ["-C", f'Define {name} "{value}"']
    return command


def ask_apxs(variable: str) -> str:
    apxs = os.environ.get("APXS") or "apxs"
    return subprocess.run([apxs, "-q", variable], check=True, capture_output=True, text=True).stdout.strip()


@contextlib.contextmanager
def running(command: list[str], root: Path) -> Iterator[subprocess.Popen[bytes]]:
    # PYTHON* variables of the user's shell are not about the Python inside httpd.
    environment = {name: value for name, value in os.environ.items() if name[:6] != "PYTHON"}
    environment["PYTHONPATH"] = str(root / "python")
    with (root / "error.log").open("ab") as log:
        # A session of its own: httpd signals its whole process group when it stops.
        httpd = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield httpd
    finally:
        stop(httpd)


def stop(httpd: subprocess.Popen[bytes]) -> None:
    # A second Ctrl-C must not leave httpd behind.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    httpd.terminate()
    try:
        httpd.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        # Its session holds nothing but its own children.
        os.killpg(httpd.pid, signal.SIGKILL)
        httpd.wait()


def wait_until_answering(httpd: subprocess.Popen[bytes], root: Path, port: int) -> None:
    url = f"http://127.0.0.1:{port}/hello/"
    deadline = time.monotonic() + START_SECONDS
    while httpd.poll() is None and time.monotonic() < deadline:
        status = status_of(url)
        if status == 200:
            return
        if status is not None:
            raise DemoError(f"{url} answers {status}; httpd's log says:\n{log_of(root)}")
        time.sleep(0.05)
    raise DemoError(f"httpd did not start; its log says:\n{log_of(root)}")


def status_of(url: str) -> int | None:
    """None as long as nobody answers."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=START_SECONDS) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def log_of(root: Path) -> str:
    lines = (root / "error.log").read_text("utf-8", "replace").splitlines()
    return "\n".join(lines[-15:])


def announce(root: Path, port: int) -> None:
    here = f"http://127.0.0.1:{port}"
    print(
        f"""
The demo is running. Open {here}/

  {here}/hello/     a handler named in .htaccess
  {here}/request/   the request as Python sees it
  {here}/members/   asks for a password: user demo, password apache

Its files are in {root}/site: change
hello/hello.py there and reload the page. Errors go to {root}/error.log.
Press Ctrl-C to stop; the folder is removed then.""",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
