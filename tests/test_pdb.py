"""PythonEnablePdb."""

from __future__ import annotations

import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

from harness.serve import Serve

SITE = "SetHandler mod_python\nPythonHandler hello\nPythonEnablePdb On"


def test_a_server_of_one_process_debugs_its_handlers(serve: Serve) -> None:
    """4.3: on the terminal that httpd was started from."""
    server = serve.prepare("hello", directory=SITE)
    server.write_config()
    with (
        (server.root / "stderr").open("wb") as stderr,
        subprocess.Popen(
            server.process.command("-X"),
            env=server.process.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            start_new_session=True,
        ) as httpd,
        ThreadPoolExecutor(1) as pool,
    ):
        try:
            server.log.wait_for("MPY0001")
            answer = pool.submit(server.get, "/any")
            assert httpd.stdin is not None
            httpd.stdin.write("p 'at ' + req.uri\nc\n")
            httpd.stdin.flush()
            assert answer.result().text == "Hello, World!"
        finally:
            os.killpg(httpd.pid, signal.SIGKILL)
        terminal, _ = httpd.communicate()
    assert "'at /any'" in terminal


def test_a_server_with_children_has_no_terminal(serve: Serve) -> None:
    assert serve("hello", directory=SITE).text() == "Hello, World!"
