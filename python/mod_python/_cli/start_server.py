"""Serves one application with a private httpd, in the foreground, until Ctrl-C or SIGTERM.

APP is one of:
  a folder          pages of a PSP site if it has .psp files and no Python files,
                    else modules for the publisher
  file.py           a WSGI application if it defines `application`, a handler if it
                    defines `handler`
  module:object     a WSGI application
  module, module::object
                    a handler
"""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import mod_python
from mod_python import version
from mod_python._cli import private_conf
from mod_python._cli.application import KINDS, Application, recognise
from mod_python._cli.errors import CommandError, UsageError
from mod_python._httpd import account, modules, private

NAME = "start-server"
SUMMARY = "serve a handler, a folder or a WSGI application, at once"
START_SECONDS = 30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("app", metavar="APP", help="see above")
    parser.add_argument("--as", dest="kind", choices=KINDS, help="what APP is, whatever it looks like")
    parser.add_argument("--port", type=_port, default=8000, help="default: %(default)s; 0 takes a free one")
    parser.add_argument("--host", metavar="ADDR", default="127.0.0.1", help="default: %(default)s, this machine alone")
    parser.add_argument(
        "--threads", metavar="N", type=_threads, default=8, help="requests at once; default: %(default)s"
    )
    parser.add_argument("--reload", action="store_true", help="run changed modules anew (PythonAutoReload On)")
    parser.add_argument("--debug", action="store_true", help="show tracebacks in the browser (PythonDebug On)")
    parser.add_argument("--access-log", action="store_true", help="log each request to stderr")


def _port(text: str) -> int:
    return _number(text, 0, 65535)


def _threads(text: str) -> int:
    # httpd's own ThreadLimit.
    return _number(text, 1, 20000)


def _number(text: str, least: int, most: int) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from {least} to {most}")
    return int(text)


def run(options: argparse.Namespace) -> int:
    app = recognise(options.app, options.kind)
    private.interrupt_on_signals()
    try:
        _refuse_what_is_missing()
        _refuse_unreadable(app.folder, _package_folder())
        port = options.port or _free_port(options.host)
        private.refuse_unusable_port(options.host, port)
        settings = private_conf.Settings(
            options.host, port, options.threads, options.reload, options.debug, options.access_log
        )
        _serve(options.app, app, settings)
    except (private.ServerError, account.NoAccountError) as error:
        raise CommandError(str(error)) from None
    except KeyboardInterrupt:
        print("Stopped.")
    return 0


# --- what can be known before httpd starts ---


def _refuse_what_is_missing() -> None:
    if not Path(version.HTTPD).is_file():
        raise CommandError("httpd was not found: install Apache httpd 2.4, or name its apxs with APXS=/path/to/apxs")
    module = modules.python_module()
    if not module.is_file():
        raise CommandError(f"there is no {module}: build it with `make`, or name it with MOD_PYTHON_SO=/path")


def _refuse_unreadable(*folders: Path) -> None:
    user = account.unprivileged()
    for folder in folders:
        if user is not None and not user.can_read(folder):
            raise CommandError(f"httpd's user {user.name} cannot read {folder}: run this as yourself, and not as root")


def _package_folder() -> Path:
    return Path(mod_python.__file__).resolve().parents[1]


def _free_port(host: str) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        try:
            probe.bind((host, 0))
        except OSError as error:
            raise UsageError(f"cannot listen on {host} ({error.strerror})") from None
        port: int = probe.getsockname()[1]
        return port


# --- the server ---


def _serve(shown: str, app: Application, settings: private_conf.Settings) -> None:
    with private.temporary_folder("mod_python-server-") as root:
        conf = root / "httpd.conf"
        conf.write_text(_configuration(app, settings, root), "utf-8", "surrogateescape")
        command = [version.HTTPD, "-d", str(root), "-f", str(conf), "-D", "FOREGROUND"]
        env = private.environment(_package_folder())
        with _relayed() as (output, is_serving), private.running(command, env, output) as httpd:
            _wait_until_serving(httpd, is_serving)
            print(f"Serving {shown} ({app.kind}) on http://{settings.address}/ - Ctrl-C stops it", flush=True)
            httpd.wait()
            raise CommandError(f"httpd ended by itself with status {httpd.returncode}; it says above why")


def _configuration(app: Application, settings: private_conf.Settings, root: Path) -> str:
    try:
        return str(private_conf.configuration(app, settings, root))
    except ValueError as error:
        raise UsageError(str(error)) from None


@contextlib.contextmanager
def _relayed() -> Iterator[tuple[int, threading.Event]]:
    """A pipe whose text goes to stderr, and whether httpd has said in it that it serves.

    httpd opens /dev/stderr as a file, which a pipe can be, and what our own stderr is may not.
    """
    reading, writing = os.pipe()
    is_serving = threading.Event()
    relay = threading.Thread(target=_relay, args=(reading, is_serving), daemon=True)
    relay.start()
    try:
        yield writing, is_serving
    finally:
        os.close(writing)
        # A program that a handler has started may hold the pipe open for ever.
        relay.join(1)


def _relay(reading: int, is_serving: threading.Event) -> None:
    with open(reading, "rb") as output:
        for line in output:
            if b"resuming normal operations" in line:
                is_serving.set()
            # Whoever read our stderr may have left; httpd must not wait for them.
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.buffer.write(line)
                sys.stderr.buffer.flush()


def _wait_until_serving(httpd: subprocess.Popen[bytes], is_serving: threading.Event) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_serving.wait(0.02):
        if httpd.poll() is not None or time.monotonic() > deadline:
            raise CommandError("httpd did not start; it says above why")
