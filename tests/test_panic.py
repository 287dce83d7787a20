"""A defect in the module's own code costs one answer, and never the child."""

from __future__ import annotations

import pytest
from harness.inside import Inside
from harness.serve import Serve
from harness.server import Server


@pytest.fixture(autouse=True)
def _needs_fault_points(request: pytest.FixtureRequest) -> None:
    inside = Inside(request.getfixturevalue("serve"))
    if not inside("import _apache\nresult = hasattr(_apache, '_fault')"):
        pytest.skip("the module was built without --features fault-points")


def _hello(serve: Serve) -> Server:
    return serve("hello", directory="SetHandler mod_python\nPythonHandler hello")


def _fault(server: Server, place: str) -> int:
    return server.get(headers={"X-Fault": place}).status_code


@pytest.mark.parametrize("place", ["hook", "attached"])
def test_a_panic_is_a_500_and_the_child_serves_on(serve: Serve, place: str) -> None:
    server = _hello(serve)
    server.expect_log("^MPY0010")
    children = server.process.children()
    for _ in range(3):
        assert _fault(server, place) == 500
        assert server.text() == "Hello, World!"
    assert server.process.children() == children
    entries = server.log.find("^MPY0010")
    assert [entry.level for entry in entries] == ["crit"] * 3


def test_every_thread_serves_on(serve: Serve) -> None:
    server = _hello(serve)
    server.expect_log("^MPY0010")
    children = server.process.children()
    answers = server.at_once(16, headers={"X-Fault": "attached"})
    assert {answer.status_code for answer in answers} == {500}
    assert {answer.text for answer in server.at_once(16)} == {"Hello, World!"}
    assert server.process.children() == children


def test_a_panic_in_the_cleanup_does_not_touch_the_answer(serve: Serve) -> None:
    server = _hello(serve)
    server.expect_log("^MPY0010")
    children = server.process.children()
    for _ in range(3):
        assert server.text(headers={"X-Fault": "cleanup"}) == "Hello, World!"
    assert server.text() == "Hello, World!"
    server.log.wait_for("^MPY0010", count=3)
    assert server.process.children() == children


def test_a_panic_below_python_is_a_system_error(inside: Inside) -> None:
    inside.server.tolerate_log("^MPY0010")
    error = inside.error("import _apache\n_apache._fault()")
    assert error.startswith("SystemError: ")
    assert inside("result = 1 + 1") == 2


def test_two_panics_at_once_are_two(inside: Inside) -> None:
    inside.server.tolerate_log("^MPY0010")
    source = """
        import _apache
        def fails():
            try:
                _apache._fault()
            except SystemError:
                return "caught"
        result = [fails() for _ in range(100)]
    """
    assert inside(source) == ["caught"] * 100


def test_a_panic_says_where(serve: Serve) -> None:
    server = _hello(serve)
    server.expect_log("^MPY0010")
    _fault(server, "attached")
    (entry,) = server.log.find("^MPY0010")
    assert "PythonHandler" in entry.message or "handler" in entry.message
    assert ".rs:" in entry.message
