"""register_cleanup of a server and of the apache module: what runs when a child exits."""

from __future__ import annotations

import signal

import pytest
from harness import site
from harness.inside import Inside
from harness.serve import Serve
from harness.server import Server


def _registered(serve: Serve, handler: str, lines: str = "") -> Server:
    server = serve(
        "child_cleanup",
        directory=f"SetHandler mod_python\nPythonHandler cleanups::{handler}\n{lines}",
        children=1,
    )
    assert server.text() == "registered"
    return server


def _lines(server: Server) -> list[str]:
    spool = server.spool / "lines"
    return spool.read_text().splitlines() if spool.exists() else []


def test_both_kinds_log_when_the_child_exits(serve: Serve) -> None:
    """21.1: 4, 5."""
    server = _registered(serve, "registers")
    assert server.log.find("cleanup says") == []
    server.stop()
    assert [entry.message for entry in server.log.find("cleanup says")] == [
        "cleanup says test 2",
        "cleanup says test 1",
    ]


def test_they_run_at_a_graceful_restart_too(serve: Serve) -> None:
    server = _registered(serve, "registers")
    server.control("graceful")
    assert len(server.log.find("cleanup says")) == 2


def test_the_last_one_runs_first_and_atexit_after_them(serve: Serve) -> None:
    """Section 6.3."""
    server = _registered(serve, "in_order")
    server.stop()
    assert _lines(server) == [f"main.test {what}" for what in ("None", "four", "three", "two", "one", "atexit")]


@pytest.mark.parametrize("interpreter", ["chosen", "main_interpreter"])
def test_they_run_in_the_interpreter_that_registered_them(serve: Serve, interpreter: str) -> None:
    """Section 6.3."""
    server = _registered(serve, "in_order", f"PythonInterpreter {interpreter}")
    server.stop()
    assert {line.split()[0] for line in _lines(server)} == {interpreter}
    assert len(_lines(server)) == 6


def test_one_may_register_another(serve: Serve) -> None:
    server = _registered(serve, "another")
    server.stop()
    assert _lines(server) == ["main.test registered by another"]


def test_one_that_fails_is_logged_and_the_others_run(serve: Serve) -> None:
    """Section 6.3."""
    server = _registered(serve, "raises")
    server.expect_log(
        r"^MPY0303: register_cleanup <function .*lambda.* \(interpreter 'main.test'\): .*KeyError: 'no such key'",
        "^register_cleanup .*Traceback",
    )
    server.tolerate_log("^register_cleanup ")
    server.stop()
    assert _lines(server) == ["main.test first"]


def test_a_failure_goes_to_the_log_of_the_server(serve: Serve) -> None:
    server = serve(
        "child_cleanup",
        directory="SetHandler mod_python\nPythonHandler cleanups::raises",
        vhosts={"a.test": 'ErrorLog "other_log"'},
        children=1,
    )
    assert server.text(host="a.test") == "registered"
    server.stop()
    assert "no such key" in (server.root / "other_log").read_text()
    assert server.log.find("no such key") == []


def test_one_can_tell_a_thread_to_end(serve: Serve) -> None:
    """They come before the wait for threads that are not daemons."""
    server = _registered(serve, "ends_a_thread")
    server.stop()
    assert _lines(server) == ["main.test thread ended"]


def test_one_that_hangs_is_given_up(serve: Serve) -> None:
    server = _registered(serve, "hangs")
    server.expect_log("^MPY0005")
    server.tolerate_log("AH00045|AH00046")
    server.stop(signal.SIGWINCH)


@pytest.mark.skipif(site.MPM != "event", reason="the arguments are read the same everywhere")
@pytest.mark.parametrize(
    "call",
    [
        "apache.register_cleanup(1)",
        "apache.register_cleanup(None, 'data')",
        "req.server.register_cleanup(req, 1)",
        "req.server.register_cleanup(None, print)",
        "req.server.register_cleanup(req.server, print)",
        "_apache.register_cleanup(apache.interpreter, req, print)",
        "_apache.register_cleanup(apache.interpreter, None, print)",
        "_apache.register_cleanup(apache.interpreter, req.server, 1)",
        "_apache.register_cleanup('another', req.server, print)",
    ],
)
def test_what_cannot_be_called_is_refused(inside: Inside, call: str) -> None:
    """Section 6.3."""
    assert inside.error(f"import _apache\n{call}").startswith("ValueError: ")


@pytest.mark.parametrize(
    "call",
    [
        "apache.register_cleanup()",
        "req.server.register_cleanup(req)",
        "req.server.register_cleanup(req, print, 1, 2)",
        "_apache.register_cleanup(apache.interpreter, req.server)",
        "_apache.register_cleanup(1, req.server, print)",
    ],
)
def test_a_wrong_number_or_kind_of_arguments_is_refused(inside: Inside, call: str) -> None:
    assert inside.error(f"import _apache\n{call}").startswith("TypeError: ")
