"""Serves apxs/demo, and the guest book of the tests, with a private httpd until it is told to stop.

The second half of apxs/run-demo, which has made sure that everything needed is
there. In Python because a shell script cannot catch a signal that it was
started with as ignored, as a background job of another script is.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
# This is the checkout's package that is not installed.
sys.path.insert(0, str(CHECKOUT / "python"))

from mod_python import version  # noqa: E402
from mod_python._httpd import account, private  # noqa: E402
from mod_python._httpd.private import ServerError  # noqa: E402

START_SECONDS = 20


def main() -> int:
    options = parse_options()
    private.interrupt_on_signals()
    try:
        check(options.port)
        if not options.check:
            serve(options.port, options.module.resolve())
    except (ServerError, account.NoAccountError) as error:
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


# --- what can be known before httpd starts ---


def check(port: int) -> None:
    private.refuse_unusable_port("127.0.0.1", port)
    user = account.unprivileged()
    if user is not None and not user.can_read(os.__file__):
        raise ServerError(
            f"httpd's user {user.name} cannot read {Path(os.__file__).parent}; "
            "run this as yourself, or choose a Python for everybody: PYTHON=/usr/bin/python3"
        )


# --- the private server ---


def serve(port: int, module: Path) -> None:
    with private.temporary_folder("mod_python-demo-") as root:
        lay_out(root)
        environment = private.environment(root / "python")
        with (
            (root / "error.log").open("ab") as log,
            private.running(httpd_command(root, port, module), environment, log) as httpd,
        ):
            wait_until_answering(httpd, root, port)
            announce(root, port)
            httpd.wait()
            raise ServerError(f"httpd ended by itself with status {httpd.returncode}:\n{log_of(root)}")


def lay_out(root: Path) -> None:
    """Copies, because httpd's children may not be allowed to enter the checkout."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(CHECKOUT / "tests/apps/classic", root / "guestbook", ignore=ignore)
    shutil.copytree(CHECKOUT / "apxs/demo", root, ignore=ignore, dirs_exist_ok=True)
    shutil.copytree(CHECKOUT / "python", root / "python", ignore=ignore)
    if os.geteuid() == 0:
        root.chmod(0o755)
        for path in root.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
    make_private(root / "guestbook/data")


def make_private(folder: Path) -> None:
    """What the guest book keeps is for httpd's user alone, who writes there."""
    folder.chmod(0o700)
    user = account.unprivileged()
    if user is not None:
        for path in (folder, *folder.iterdir()):
            os.chown(path, user.uid, user.gid)


def httpd_command(root: Path, port: int, module: Path) -> list[str]:
    defined = {
        "ROOT": str(root),
        "PORT": str(port),
        "MODULES": version.LIBEXECDIR,
        "MOD_PYTHON": str(module),
    }
    user = account.unprivileged()
    if user is not None:
        defined |= {"ACCOUNT": user.name, "GROUP": user.group}
    command = [version.HTTPD, "-d", str(root), "-f", str(root / "httpd.conf"), "-D", "FOREGROUND"]
    for name, value in defined.items():
        command += ["-C", f'Define {name} "{value}"']
    return command


def wait_until_answering(httpd: subprocess.Popen[bytes], root: Path, port: int) -> None:
    url = f"http://127.0.0.1:{port}/hello/"
    deadline = time.monotonic() + START_SECONDS
    while httpd.poll() is None and time.monotonic() < deadline:
        status = status_of(url)
        if status == 200:
            return
        if status is not None:
            raise ServerError(f"{url} answers {status}; httpd's log says:\n{log_of(root)}")
        time.sleep(0.05)
    raise ServerError(f"httpd did not start; its log says:\n{log_of(root)}")


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

  {here}/hello/       a handler named in .htaccess
  {here}/request/     the request as Python sees it
  {here}/guestbook/   a guest book; its moderator is demo, password apache

Its files are in {root}/site and
{root}/guestbook: change
site/hello/hello.py there and reload the page. Errors go to {root}/error.log.
Press Ctrl-C to stop; the folder is removed then.""",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
