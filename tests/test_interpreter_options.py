"""PythonInterpreterOptions and PythonMaxInterpreters."""

from __future__ import annotations

import pytest
from harness import site, wait
from harness.serve import Serve

_OPTIONS_APP = "SetHandler mod_python\nPythonHandler generations::options"
_OWN_GIL = pytest.mark.skipif(site.python_version() < (3, 13), reason="interpreters with a GIL of their own need 3.13")


def test_path_comes_first(serve: Serve) -> None:
    server = serve("generations", directory=_OPTIONS_APP, server="PythonInterpreterOptions * path=/one:/two")
    path = server.json()["path"]
    assert path.index("/one") + 1 == path.index("/two") < path.index(next(p for p in path if "lib/python3" in p))


def test_warnings_are_filters_as_of_the_command_line(serve: Serve) -> None:
    server = serve(
        "generations",
        directory=_OPTIONS_APP,
        server="PythonInterpreterOptions main.test warnings=ignore::DeprecationWarning,error::UserWarning",
    )
    assert server.json()["filters"][:2] == [["error", "UserWarning"], ["ignore", "DeprecationWarning"]]


def test_the_switch_interval_is_that_of_the_shared_lock(serve: Serve) -> None:
    server = serve("generations", directory=_OPTIONS_APP, server="PythonInterpreterOptions * switch-interval=0.02")
    assert server.json()["interval"] == pytest.approx(0.02)


@pytest.mark.parametrize(("level", "are_checked"), [(0, True), (1, False), (2, False)])
def test_optimize_is_the_interpreters(serve: Serve, level: int, are_checked: bool) -> None:
    server = serve(
        "generations",
        directory=_OPTIONS_APP,
        server=f"PythonInterpreterOptions a.test optimize={level}",
        vhosts={"a.test": "", "b.test": ""},
    )
    assert server.json(host="a.test")["debug"] is are_checked
    assert server.json(host="b.test")["debug"] is True


def test_its_own_line_counts_more_than_that_for_all(serve: Serve) -> None:
    lines = "PythonInterpreterOptions a.test optimize=0\nPythonInterpreterOptions * optimize=1"
    server = serve("generations", directory=_OPTIONS_APP, server=lines, vhosts={"a.test": "", "b.test": ""})
    assert server.json(host="a.test")["debug"] is True
    assert server.json(host="b.test")["debug"] is False


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("x", "needs a name and at least one key=value"),
        ("x gil", "'gil' is not of the form key=value"),
        ("x gil=mine", "gil=mine: expected shared or own"),
        ("x pool=0", "pool=0: expected a whole number from 1 to 256"),
        ("x colour=red", "colour=red: there is no such option"),
        ("main_interpreter pool=2", "pool is not for main_interpreter"),
        ("main_interpreter gil=own", "gil=own is not for main_interpreter"),
        ("main_interpreter max-requests=5", "max-requests is not for main_interpreter"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(serve: Serve, line: str, said: str) -> None:
    refusal = serve.refused("generations", server=f"PythonInterpreterOptions {line}")
    assert said in refusal
    assert "on line" in refusal


@pytest.mark.skipif(site.python_version() >= (3, 13), reason="it is allowed there")
@pytest.mark.parametrize("option", ["gil=own", "pool=2"])
def test_a_lock_of_its_own_is_refused_before_3_13(serve: Serve, option: str) -> None:
    refusal = serve.refused("generations", server=f"PythonInterpreterOptions x {option}")
    assert "need Python 3.13 or later" in refusal


@_OWN_GIL
def test_an_interpreter_with_a_lock_of_its_own_serves(serve: Serve) -> None:
    server = serve(
        "generations",
        directory="SetHandler mod_python\nPythonHandler generations",
        server="PythonInterpreterOptions * gil=own",
        vhosts={"a.test": "", "b.test": ""},
        children=1,
    )
    a, b = server.json(host="a.test"), server.json(host="b.test")
    assert a["token"] != b["token"]
    assert (a["interpreter"], a["index"]) == ("a.test", 0)


@_OWN_GIL
@pytest.mark.skipif(site.MPM == "prefork", reason="one request at a time keeps one member busy")
def test_a_pool_has_so_many_members_under_one_name(serve: Serve) -> None:
    server = serve(
        "generations",
        directory="SetHandler mod_python\nPythonHandler generations::busy",
        server="PythonInterpreterOptions main.test pool=3",
        children=1,
        threads=8,
    )
    answers = [server.json()]

    def have_all_answered() -> bool:
        answers.extend(answer.json() for answer in server.at_once(8))
        return len({answer["token"] for answer in answers}) == 3

    wait.until(have_all_answered)
    assert {answer["index"] for answer in answers} == {0, 1, 2}
    assert {answer["interpreter"] for answer in answers} == {"main.test"}
    by_token = {answer["token"]: answer["index"] for answer in answers}
    assert sorted(by_token.values()) == [0, 1, 2]


@_OWN_GIL
@pytest.mark.skipif(site.MPM == "prefork", reason="one request at a time keeps one member busy")
def test_an_idle_pool_ends_and_comes_back_as_a_whole(serve: Serve) -> None:
    server = serve(
        "generations",
        directory="SetHandler mod_python\nPythonHandler generations::handler",
        server="PythonInterpreterOptions main.test pool=2 idle-timeout=1",
        children=1,
        threads=8,
    )

    def have_both_answered() -> bool:
        return {answer.json()["index"] for answer in server.at_once(8)} == {0, 1}

    wait.until(have_both_answered)
    server.log.wait_for("^MPY0205", count=2)
    wait.until(have_both_answered)


def test_more_interpreters_than_allowed_get_503_and_one_log_line(serve: Serve) -> None:
    server = serve(
        "whoami",
        directory="SetHandler mod_python\nPythonHandler whoami",
        server="PythonMaxInterpreters 2",
        vhosts={"a.test": "", "b.test": "", "c.test": ""},
        children=1,
    )
    server.expect_log("^MPY0207")
    # Beside main_interpreter.
    assert server.get(host="a.test").status_code == 200
    assert [server.get(host=host).status_code for host in ("b.test", "c.test", "b.test")] == [503, 503, 503]
    assert server.get(host="a.test").status_code == 200
    (entry,) = server.log.find("^MPY0207")
    assert "PythonMaxInterpreters" in entry.message


def test_main_interpreter_is_there_with_the_least_maximum(serve: Serve) -> None:
    server = serve(
        "whoami",
        directory="SetHandler mod_python\nPythonHandler whoami\nPythonInterpreter main_interpreter",
        server="PythonMaxInterpreters 1",
    )
    assert server.json()["interpreter"] == "main_interpreter"


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_the_maximum_is_a_number(serve: Serve, number: str) -> None:
    assert "whole number from 1" in serve.refused("whoami", server=f"PythonMaxInterpreters {number}")
