"""`req.register_cleanup`: what runs when a request is destroyed."""

from __future__ import annotations

from harness.inside import Inside
from harness.serve import Serve
from harness.server import Server


def _serve(serve: Serve, function: str, more: str = "") -> Server:
    return serve("cleanup", directory=f"SetHandler mod_python\nPythonHandler cleanups::{function}\n{more}")


def _said(server: Server, last: str) -> list[str]:
    server.log.wait_for(last)
    return [entry.message for entry in server.log.find("^clean-up ")]


def test_it_is_given_its_data(serve: Serve) -> None:
    """6.2; 21.2: 33. The request, its attributes and its tables are whole."""
    server = _serve(serve, "with_request")
    server.expect_log("^clean-up ")
    server.text("/page?x=1")
    assert _said(server, "clean-up") == ["clean-up mark /page None cleanup-test"]


def test_without_data_it_is_given_none(serve: Serve) -> None:
    """6.2."""
    server = _serve(serve, "without_data")
    server.expect_log("^clean-up ")
    server.text()
    assert _said(server, "clean-up") == ["clean-up None"]


def test_the_last_one_registered_runs_first_and_the_handler_of_the_phase_last(serve: Serve) -> None:
    """6.2, 4.9."""
    server = _serve(serve, "several", "PythonCleanupHandler cleanups::last")
    server.expect_log("^clean-up ")
    server.text()
    assert _said(server, "clean-up handler") == ["clean-up c", "clean-up b", "clean-up a", "clean-up handler"]


def test_a_failure_is_logged_with_its_traceback_and_stops_nothing(serve: Serve) -> None:
    """6.2."""
    server = _serve(serve, "failing")
    server.expect_log("^clean-up ", "MPY0303: register_cleanup .*LookupError: on purpose", "^register_cleanup ")
    server.text()
    assert _said(server, "clean-up after") == ["clean-up after"]


def test_a_clean_up_may_register_another(serve: Serve) -> None:
    server = _serve(serve, "nested")
    server.expect_log("^clean-up ")
    server.text()
    assert _said(server, "clean-up inner") == ["clean-up outer", "clean-up inner"]


def test_it_runs_in_the_interpreter_that_registered_it(serve: Serve) -> None:
    """6.2."""
    server = _serve(serve, "interpreter", "PythonInterpreter of_its_own")
    server.expect_log("^clean-up ")
    server.text()
    assert _said(server, "clean-up") == ["clean-up of_its_own"]


def test_after_it_the_request_is_gone(serve: Serve) -> None:
    """Q43."""
    server = _serve(serve, "keeps")
    assert server.text() == "None"
    assert server.text().startswith("ReferenceError")


def test_only_callables_can_be_registered(inside: Inside) -> None:
    """6.2."""
    assert inside.error("req.register_cleanup(1)").startswith("ValueError")
    assert inside.error("req.register_cleanup()").startswith("TypeError")
