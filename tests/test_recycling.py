"""Interpreters that are replaced while their child serves on."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from harness import site, wait
from harness.serve import Serve
from harness.server import Server

_APP = "SetHandler mod_python\nPythonHandler generations"
_OPTIONS = "PythonInterpreterOptions main.test"


def _serve(serve: Serve, function: str = "handler", options: str = "", threads: int = 4) -> Server:
    return serve("generations", directory=f"{_APP}::{function}", server=options, children=1, threads=threads)


def _wait_for_another(server: Server, token: str) -> str:
    tokens: list[str] = []

    def changed() -> bool:
        tokens.append(server.json("/state")["token"])
        return tokens[-1] != token

    wait.until(changed)
    return tokens[-1]


@pytest.fixture
def recycling(serve: Serve) -> Server:
    """/recycle has its interpreter replaced; /state tells which one answers."""
    directory = f'{_APP}\n<Files "recycle">\nPythonHandler generations::recycle\n</Files>'
    return serve("generations", directory=directory, children=1)


def test_recycle_gives_the_name_a_fresh_interpreter(recycling: Server) -> None:
    before = recycling.json("/recycle")
    assert before["began"] is True
    after = _wait_for_another(recycling, before["token"])
    state = recycling.json("/state")
    assert (state["token"], state["pid"], state["interpreter"]) == (after, before["pid"], "main.test")


def test_the_old_interpreter_ends_when_the_new_one_serves(recycling: Server) -> None:
    token = recycling.json("/recycle")["token"]
    _wait_for_another(recycling, token)
    recycling.log.wait_for("^MPY0205: interpreter 'main.test' was replaced and has ended")


def test_main_interpreter_is_not_replaced(serve: Serve) -> None:
    server = serve("generations", directory=f"{_APP}::recycle\nPythonInterpreter main_interpreter", children=1)
    first = server.json()
    assert first["began"] is False
    assert server.json()["token"] == first["token"]


def test_a_request_in_the_old_one_goes_on_to_its_end(serve: Serve) -> None:
    server = serve.prepare(
        "generations",
        directory=f'{_APP}\n<Files "slow">\nPythonHandler generations::slow\n</Files>',
        children=1 if site.MPM != "prefork" else 2,
    )
    server.start()
    release = server.spool / "release"
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(server.json, "/slow")
        if site.MPM == "prefork":
            # Its one thread is in the old interpreter, so only that request is here to see it.
            server.log.wait_for("MPY0201.*main.test")
        else:
            wait.until(lambda: server.json("/state")["served"] == 1)
        assert not slow.done()
        assert not server.log.find("^MPY0205")
        release.touch()
        assert slow.result()["served"] >= 1
    server.log.wait_for("^MPY0205")


def test_a_request_stays_in_one_interpreter(serve: Serve) -> None:
    directory = (
        "SetHandler mod_python\nPythonAccessHandler generations::access\nPythonHandler generations::after_access"
    )
    server = serve("generations", directory=directory, children=1)
    for _ in range(3):
        answer = server.json()
        assert answer["at_access"] == answer["token"]


@pytest.mark.parametrize("limit", [1, 5])
def test_max_requests_replaces_after_so_many(serve: Serve, limit: int) -> None:
    server = _serve(serve, options=f"{_OPTIONS} max-requests={limit}")
    answers = [server.json() for _ in range(limit)]
    assert len({answer["token"] for answer in answers}) == 1
    _wait_for_another(server, answers[0]["token"])
    assert len({answer["pid"] for answer in answers}) == 1


def test_no_request_fails_while_interpreters_come_and_go(serve: Serve) -> None:
    server = _serve(serve, options=f"{_OPTIONS} max-requests=5", threads=8)
    answers: list[dict[str, Any]] = []

    def have_four_served() -> bool:
        answers.extend(pool.map(lambda _: server.json(), range(100)))
        return len({answer["token"] for answer in answers}) > 3

    with ThreadPoolExecutor(6) as pool:
        wait.until(have_four_served)
    assert len({answer["pid"] for answer in answers}) == 1
    server.log.wait_for("^MPY0205", count=3)


def test_an_idle_interpreter_ends_and_comes_back(serve: Serve) -> None:
    server = _serve(serve, options=f"{_OPTIONS} idle-timeout=1")
    first = server.json()
    server.log.wait_for("^MPY0205")
    second = server.json()
    assert (second["token"] != first["token"], second["served"], second["pid"]) == (True, 1, first["pid"])


def _warmed(serve: Serve, option: str) -> Server:
    """Says whether the PythonImport of its interpreter has run to its end."""
    server = serve.prepare(
        "generations",
        server=f"PythonPath \"['{{htdocs}}'] + sys.path\"\nPythonImport warm main.test\n{_OPTIONS} {option}",
        directory="SetHandler mod_python\nPythonHandler ready",
        children=1,
    )
    (server.htdocs / "warm.py").write_text("import time\ntime.sleep(0.2)\nis_ready = True\n")
    (server.htdocs / "ready.py").write_text(
        "import sys\n\ndef handler(req):\n    req.write(str('warm' in sys.modules and sys.modules['warm'].is_ready))\n"
        "    return 0\n"
    )
    server.start()
    return server


def test_imports_have_run_when_the_fresh_one_serves(serve: Serve) -> None:
    server = _warmed(serve, "max-requests=1")
    assert [server.text() for _ in range(20)] == ["True"] * 20
    server.log.wait_for("^MPY0205")


def test_imports_have_run_when_an_idle_one_comes_back(serve: Serve) -> None:
    server = _warmed(serve, "idle-timeout=1")
    assert server.text() == "True"
    server.log.wait_for("^MPY0205")
    assert server.text() == "True"


def test_what_was_registered_for_the_end_runs_at_the_end(serve: Serve) -> None:
    server = serve("generations", directory=f"{_APP}::at_exit", children=1)
    server.json()
    server.log.wait_for("^MPY0205")
    # First what mod_python was asked for, then threads, then atexit.
    assert (server.spool / "written").read_text().split() == ["cleanup", "thread", "atexit"]


def test_an_interpreter_with_a_daemon_thread_is_left(serve: Serve) -> None:
    server = _serve(serve, "daemon")
    server.expect_log("^MPY0206")
    token = server.json()["token"]
    (entry,) = server.log.wait_for("^MPY0206")
    assert "threads that scripts started are still running" in entry.message
    assert entry.level == "warn"
    # It serves no more.
    assert server.json()["token"] != token


def test_thread_locals_and_callbacks_are_right_after_many_generations(serve: Serve) -> None:
    """Threads of httpd that have served interpreters which are gone."""
    server = serve(
        "whoami",
        directory="SetHandler mod_python\nPythonHandler whoami",
        server="PythonInterpreterOptions * max-requests=2",
        vhosts={"a.test": "", "b.test": "", "c.test": ""},
        children=1,
        threads=4,
    )
    barrier = threading.Barrier(3)

    def ask(host: str) -> set[str]:
        barrier.wait()
        return {server.json(host=host)["interpreter"] for _ in range(40)}

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(ask, ["a.test", "b.test", "c.test"])) == [{"a.test"}, {"b.test"}, {"c.test"}]


@pytest.mark.skipif(site.python_version() < (3, 13), reason="pools need 3.13")
def test_a_child_that_exits_makes_no_more_members(serve: Serve) -> None:
    """It is asked to exit while the second of three is made, and takes its time; that is no error."""
    server = serve.prepare(
        "generations",
        server=f"PythonPath \"['{{htdocs}}'] + sys.path\"\nPythonImport warm main.test\n{_OPTIONS} pool=3",
        directory=_APP,
        children=1,
    )
    (server.htdocs / "warm.py").write_text(
        "import atexit, time\nfrom mod_python import apache\n"
        "if apache.interpreter_index:\n    apache.log_error('comes')\n    time.sleep(1)\n"
        "atexit.register(time.sleep, 2)\n"
    )
    server.start()
    server.tolerate_log("comes", "AH00045")
    server.json()
    server.log.wait_for("comes")
    server.stop()
