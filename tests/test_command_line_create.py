"""`mod_python create`, genconfig, start, restart and stop: from nothing to a server, and back."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from harness import site
from harness.command import PATIENCE, Command

pytestmark = pytest.mark.skipif(site.MPM != "event", reason="the command chooses the MPM by itself")

HANDLERS = [
    "mod_python.publisher",
    "mod_python.psp",
    "mod_python.wsgi",
    "mod_python.cgihandler",
    "mod_python.testhandler",
    "hello",
    "hello::handler",
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(condition: object) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextlib.contextmanager
def ended(pid_file: Path) -> Iterator[None]:
    """Whatever a test comes to, its server ends with it."""
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.kill(int(pid_file.read_text()), signal.SIGTERM)


def answers(port: int) -> str | None:
    """The first page, or None when nobody answers."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/", trust_env=False, timeout=PATIENCE).text
    except httpx.TransportError:
        return None


@pytest.mark.parametrize("handler", HANDLERS)
def test_every_handler_gets_a_configuration_that_httpd_accepts(command: Command, handler: str) -> None:
    """L7.2: 34. With any handler but mod_python.wsgi create crashed, and no MPM was loaded."""
    said = command.output("create", "site", "--pythonhandler", handler, "--listen", f"127.0.0.1:{free_port()}")
    assert "mod_python genconfig " in said
    conf = command.cwd / "site/conf/httpd.conf"
    conf.write_text(command.output("genconfig", "site/conf/httpd_conf.py"))
    assert f"PythonHandler {handler}" in conf.read_text()
    tested = subprocess.run([site.httpd(), "-t", "-f", conf], capture_output=True, text=True)
    assert "Syntax OK" in tested.stderr


def test_the_wsgi_comment_names_the_options_as_they_are(command: Command) -> None:
    """L7.2: 34. It said base_url."""
    command.output("create", "site", "--pythonhandler", "mod_python.wsgi")
    written = (command.cwd / "site/conf/httpd_conf.py").read_text()
    assert "Comment('PythonOption mod_python.wsgi.base_uri " in written
    assert "base_url" not in written


def test_no_path_is_no_pythonpath(command: Command) -> None:
    """L7.2: 34."""
    command.output("create", "site", "--pythonhandler", "hello", "--pythonpath", "")
    assert "PythonPath" not in (command.cwd / "site/conf/httpd_conf.py").read_text()


def test_nothing_is_overwritten(command: Command) -> None:
    """L7.2: 34. Refusing ended with 0."""
    command.output("create", "site", "--pythonhandler", "hello")
    file = command.cwd / "site/conf/httpd_conf.py"
    before = file.read_text()
    assert "exists already" in command.refusal("create", "site", "--pythonhandler", "other", status=1)
    assert file.read_text() == before


def test_a_folder_that_cannot_be_made_is_one_sentence(command: Command) -> None:
    assert "No such file or directory" in command.refusal("create", "no/site", "--pythonhandler", "x", status=1)


def test_a_value_that_is_two_lines_is_wrong_usage(command: Command) -> None:
    said = command.refusal("create", "site", "--pythonhandler", "x", "--pythonoption", "a b\nListen 1", status=2)
    assert "line break" in said
    assert not (command.cwd / "site").exists()


def test_a_created_site_starts_restarts_and_stops(command: Command) -> None:
    """L7.2: 34. L7.1: 1."""
    port = free_port()
    (command.cwd / "my code").mkdir()
    (command.cwd / "my code/answers.py").write_text(
        "def handler(req):\n    req.write(req.get_options()['greeting'])\n    return 0\n"
    )
    command.output(
        *("create", "site", "--pythonhandler", "answers", "--listen", f"127.0.0.1:{port}"),
        *("--pythonpath", f"{command.cwd}/my code:/no/such/folder", "--pythonoption", "greeting Hello"),
    )
    conf = command.cwd / "site/conf/httpd.conf"
    conf.write_text(command.output("genconfig", "site/conf/httpd_conf.py"))
    pid_file = command.cwd / "site/logs/httpd.pid"
    with ended(pid_file):
        # A relative path, which httpd itself would look for elsewhere.
        command.output("start", "site/conf/httpd.conf")
        wait_until(lambda: answers(port) == "Hello")
        conf.write_text(conf.read_text().replace("greeting Hello", "greeting Again"))
        command.output("restart", "site/conf/httpd.conf")
        wait_until(lambda: answers(port) == "Again")
        command.output("stop", "site/conf/httpd.conf")
        wait_until(lambda: answers(port) is None and not pid_file.exists())
