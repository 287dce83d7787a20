"""What the status page counts: of all children, in memory that they share."""

from __future__ import annotations

import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from harness import memcheck, site, wait
from harness.serve import Serve
from harness.server import Server
from prometheus_client.openmetrics.parser import text_string_to_metric_families

_PAGE = '<Location "/python-status">\nSetHandler python-status\n</Location>\n'
_APP = "SetHandler mod_python\nPythonHandler status"
_MEBIBYTE = 1 << 20
_THREADS = pytest.mark.skipif(site.MPM == "prefork", reason="a child of prefork answers one request at a time")
_PYTHONS_ALLOCATORS = pytest.mark.skipif(
    memcheck.ENABLED, reason="a checker of memory has Python use another allocator"
)


def _serve(serve: Serve, directory: str = _APP, server: str = "", **config: Any) -> Server:
    return serve("status", directory=directory, server=f"{_PAGE}{server}", **config)


def _overview(server: Server) -> Any:
    return server.json("/python-status?json")


def _interpreter(server: Server, name: str = "main.test", member: int = 0) -> Any:
    [found] = [row for row in _overview(server)["interpreters"] if (row["name"], row["member"]) == (name, member)]
    return found


def _handler(server: Server, phase: str, handler: str) -> Any:
    """None if it was not called yet."""
    rows = _overview(server)["handlers"]
    return next((row for row in rows if (row["phase"], row["handler"]) == (phase, handler)), None)


def _is_called(server: Server, phase: str, handler: str, times: int) -> bool:
    row = _handler(server, phase, handler)
    return row is not None and row["calls"] == times


def _is_answered_by(server: Server, child: int) -> bool:
    return bool(_overview(server)["answered_by"] == child)


def _ask_until_all_children_have_answered(server: Server, children: int) -> int:
    """How many requests that took."""
    asked = 0
    while sum(child["requests"] > 0 for child in _overview(server)["children"]) < children:
        asked += len(server.at_once(4))
        assert asked < 4000, "one child answers them all"
    return asked


# --- children ---


def test_the_page_says_who_answers_with_which_python(serve: Serve) -> None:
    server = _serve(serve)
    found = _overview(server)
    assert found["server"] == "main.test"
    assert found["answered_by"] in server.process.children()
    assert found["python"]["version"].startswith("3.")
    assert found["python"]["prefix"].startswith("/")
    assert any(folder.endswith("/site-packages") or "python3" in folder for folder in found["python"]["path"])
    assert found["generation"] == 0


def test_children_are_added_up(serve: Serve) -> None:
    server = _serve(serve, children=2)
    asked = _ask_until_all_children_have_answered(server, 2)
    found = _overview(server)
    assert {child["process"] for child in found["children"]} == server.process.children()
    assert found["total"]["requests"] == sum(child["requests"] for child in found["children"]) == asked
    assert found["total"]["children"] == 2
    # main_interpreter and main.test in each.
    assert found["total"]["interpreters"] == 4
    assert _interpreter(server)["requests"] == asked
    assert _handler(server, "PythonHandler", "status")["calls"] == asked
    assert found["total"]["resident_bytes"] == sum(child["resident_bytes"] for child in found["children"]) > 0


def test_any_child_can_answer(serve: Serve) -> None:
    server = _serve(serve, children=2)
    _ask_until_all_children_have_answered(server, 2)
    total = _overview(server)["total"]["requests"]
    for child in server.process.children():
        wait.until(partial(_is_answered_by, server, child))
        assert _overview(server)["total"]["requests"] == total


@pytest.mark.skipif(memcheck.ENABLED, reason="a child that is killed reports nothing")
def test_what_a_killed_child_has_counted_stays(serve: Serve) -> None:
    server = _serve(serve, children=2)
    asked = _ask_until_all_children_have_answered(server, 2)
    before = server.process.children()
    victim = _overview(server)["children"][0]["process"]
    os.kill(victim, signal.SIGKILL)
    # It may have accepted what is asked until then.
    wait.until(lambda: victim not in server.process.children())
    wait.until(lambda: victim not in {child["process"] for child in _overview(server)["children"]})
    # main_interpreter and main.test of the one, main_interpreter of the one that has come.
    wait.until(lambda: _overview(server)["total"]["interpreters"] == 3)
    found = _overview(server)
    assert found["total"]["requests"] == asked
    [fresh] = [child for child in found["children"] if child["process"] not in before]
    assert fresh["requests"] == 0
    assert [(row["name"], row["requests"]) for row in fresh["interpreters"]] == [("main_interpreter", 0)]


@pytest.mark.parametrize("verb", ["graceful", "restart"])
def test_numbers_go_on_over_restarts(serve: Serve, verb: str) -> None:
    server = _serve(serve)
    for _ in range(3):
        server.text()
    server.control(verb)
    server.text()
    # The one before is there until the parent has noticed its end.
    wait.until(lambda: _overview(server)["total"]["children"] == 1)
    found = _overview(server)
    assert found["generation"] == 1
    assert found["total"]["requests"] == 4
    assert [child["generation"] for child in found["children"]] == [1]
    assert [child["requests"] for child in found["children"]] == [1]
    [row] = [row for row in found["children"][0]["interpreters"] if row["name"] == "main.test"]
    assert (row["requests"], row["made"], row["living"]) == (1, 1, 1)
    assert [(row["handler"], row["calls"]) for row in found["children"][0]["handlers"]] == [("status", 1)]
    assert _handler(server, "PythonHandler", "status")["calls"] == 4
    assert (_interpreter(server)["made"], _interpreter(server)["living"]) == (2, 1)


def test_numbers_begin_anew_with_httpd(serve: Serve) -> None:
    server = _serve(serve)
    server.text()
    server.process.stop()
    server.log.path.unlink()
    server.process.start()
    assert _overview(server)["total"]["requests"] == 0


def test_a_page_that_a_restart_brings_counts_from_then_on(serve: Serve) -> None:
    server = serve.prepare("status", directory=_APP)
    server.start()
    server.text()
    assert server.get("/python-status").text == "main.test"
    with (server.root / "httpd.conf").open("a") as config:
        config.write(_PAGE)
    server.control("graceful")
    server.text()
    assert _overview(server)["total"]["requests"] == 1


# --- interpreters ---


def test_requests_failures_and_times_of_an_interpreter(serve: Serve) -> None:
    server = _serve(serve, f'{_APP}\n<Files "x">\nPythonHandler status::failing\n</Files>')
    server.text()
    server.get("/x")
    server.expect_log("^MPY0303")
    server.tolerate_log("^PythonHandler status::failing: ")
    row = _interpreter(server)
    assert (row["requests"], row["errors"], row["living"], row["made"], row["busy"]) == (2, 1, 1, 1, 0)
    assert 0 <= row["idle_seconds"] <= row["age_seconds"] < 100
    assert row["entries"] >= 2
    assert 0 < row["gil_wait_seconds"] < 10


@pytest.mark.skipif(site.python_version() < (3, 13), reason="pools need CPython 3.13")
def test_members_of_a_pool_are_told_apart(serve: Serve) -> None:
    server = _serve(serve, server="PythonInterpreterOptions main.test pool=2")
    server.text()
    wait.until(lambda: len(_overview(server)["interpreters"]) == 3)
    members = [row for row in _overview(server)["interpreters"] if row["name"] == "main.test"]
    assert [(row["member"], row["kind"]) for row in members] == [(0, "own-gil"), (1, "own-gil")]


def test_a_successor_counts_on(serve: Serve) -> None:
    server = _serve(serve, f'{_APP}\n<Files "x">\nPythonHandler status::recycle\n</Files>')
    server.text()
    server.text("/x")
    server.log.wait_for("^MPY0205")
    wait.until(lambda: _interpreter(server)["living"] == 1)
    server.text()
    row = _interpreter(server)
    assert (row["requests"], row["made"]) == (3, 2)


@_THREADS
def test_threads_in_an_interpreter_are_busy(serve: Serve) -> None:
    server = _serve(serve, _APP + "::waiting")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(server.text)
        try:
            wait.until((server.spool / "begun").exists)
            busy = _interpreter(server)["busy"]
        finally:
            (server.spool / "release").touch()
        waiting.result()
    assert busy == 1
    wait.until(lambda: _interpreter(server)["busy"] == 0)


@_THREADS
def test_waiting_for_the_lock_is_counted(serve: Serve) -> None:
    """The page itself takes no lock."""
    server = _serve(serve, f'{_APP}\n<Files "x">\nPythonHandler status::holding_the_lock\n</Files>')
    with ThreadPoolExecutor(2) as pool:
        holding = pool.submit(server.text, "/x")
        try:
            wait.until((server.spool / "begun").exists)
            waiting = pool.submit(server.text)
            wait.until(lambda: _interpreter(server)["busy"] == 2)
            before = _interpreter(server)["gil_wait_seconds"]
        finally:
            (server.spool / "release").touch()
        holding.result()
        waiting.result()
    assert _interpreter(server)["gil_wait_seconds"] > before


# --- memory ---


@_PYTHONS_ALLOCATORS
@pytest.mark.parametrize("how", ["large", "small", "large+thread", "small+thread"])
def test_memory_is_that_of_the_interpreter_that_takes_it(serve: Serve, how: str) -> None:
    directory = f'{_APP}::keeping\n<Files "x">\nPythonHandler status::giving_back\n</Files>'
    server = _serve(serve, directory, vhosts={"main.test": "", "other.test": ""})
    for host in ("main.test", "other.test"):
        server.text("/x", host)
    before = {name: _interpreter(server, name)["memory_bytes"] for name in ("main.test", "other.test")}
    server.text(f"/?{how}")
    taken = _interpreter(server)["memory_bytes"] - before["main.test"]
    assert 15 * _MEBIBYTE < taken < 40 * _MEBIBYTE
    assert abs(_interpreter(server, "other.test")["memory_bytes"] - before["other.test"]) < 2 * _MEBIBYTE
    server.text("/x")
    assert _interpreter(server)["memory_bytes"] - before["main.test"] < taken / 4


@_PYTHONS_ALLOCATORS
def test_memory_of_an_interpreter_that_has_ended_is_given_back(serve: Serve) -> None:
    recycle = '<Files "x">\nPythonHandler status::recycle\n</Files>'
    server = _serve(serve, f"{_APP}::keeping\n{recycle}")
    server.text("/?large")
    assert _interpreter(server)["memory_bytes"] > 16 * _MEBIBYTE
    server.text("/x")
    server.log.wait_for("^MPY0205")
    wait.until(lambda: _interpreter(server)["living"] == 1)
    assert _interpreter(server)["memory_bytes"] < 16 * _MEBIBYTE


@_PYTHONS_ALLOCATORS
def test_allocators_for_debugging_are_left_alone(serve: Serve) -> None:
    server = serve("status", directory=_APP, server=_PAGE, env={"PYTHONMALLOC": "debug"})
    server.text()
    assert _interpreter(server)["memory_bytes"] is None


def test_what_a_script_forks_counts_for_itself(serve: Serve) -> None:
    name = "main_interpreter"
    server = _serve(serve, f"{_APP}::forking\nPythonInterpreter {name}")
    server.text()
    before = _interpreter(server, name)
    server.text()
    after = _interpreter(server, name)
    assert after["busy"] == 0
    assert after["requests"] == before["requests"] + 1
    if before["memory_bytes"] is not None:
        assert after["memory_bytes"] - before["memory_bytes"] < 8 * _MEBIBYTE


# --- handlers ---


def test_each_phase_has_its_times(serve: Serve) -> None:
    directory = f"""\
        {_APP}
        PythonOutputFilter status::passing PASSING
        <Files "x">
        PythonAccessHandler status::allowing
        PythonFixupHandler status::allowing
        PythonLogHandler status::allowing
        SetOutputFilter PASSING
        </Files>
        """
    server = _serve(serve, directory)
    server.text("/x")
    server.text("/x")
    for phase, handler in (
        ("PythonAccessHandler", "status::allowing"),
        ("PythonFixupHandler", "status::allowing"),
        ("PythonHandler", "status"),
        ("PythonLogHandler", "status::allowing"),
    ):
        wait.until(partial(_is_called, server, phase, handler, 2))
    assert _handler(server, "passing", "status::passing")["calls"] >= 2


def test_connections_have_theirs(serve: Serve) -> None:
    host = "<VirtualHost 127.0.0.1:{tls_port}>\nPythonConnectionHandler status::greeting\n</VirtualHost>"
    server = _serve(
        serve,
        server="Listen 127.0.0.1:{tls_port}\nAcceptFilter http none\nPythonPath \"sys.path + ['{htdocs}']\"\n" + host,
    )
    with socket.create_connection(("127.0.0.1", server.tls_port), memcheck.patience(20)) as connection:
        assert connection.recv(100) == b"hello\n"
    wait.until(lambda: _is_called(server, "PythonConnectionHandler", "status::greeting", 1))


def test_steps_tell_how_long_calls_took(serve: Serve) -> None:
    server = _serve(serve, f'{_APP}\n<Files "x">\nPythonHandler status::slow\n</Files>')
    server.text("/x")
    row = _handler(server, "PythonHandler", "status::slow")
    assert (row["calls"], sum(step["calls"] for step in row["steps"])) == (1, 1)
    assert row["seconds"] >= 0.3
    bounds = [step["at_most_seconds"] for step in row["steps"]]
    assert bounds[:-1] == sorted(bounds[:-1])
    assert bounds[-1] is None
    [step] = [step for step in row["steps"] if step["calls"]]
    assert step["at_most_seconds"] is None or step["at_most_seconds"] >= 0.3


def test_failures_are_counted_by_handler(serve: Serve) -> None:
    server = _serve(serve, _APP + "::failing")
    server.get()
    server.expect_log("^MPY0303")
    server.tolerate_log("^PythonHandler status::failing: ")
    assert _handler(server, "PythonHandler", "status::failing")["errors"] == 1


# --- what happened last ---


def test_slow_calls_are_listed(serve: Serve) -> None:
    server = _serve(
        serve,
        f'{_APP}\n<Files "x">\nPythonHandler status::slow\n</Files>',
        "PythonOption mod_python.status.slow 0.25",
    )
    server.text("/")
    server.text("/x?secret")
    [found] = _overview(server)["slow_calls"]
    assert found["handler"] == "PythonHandler status::slow"
    assert found["request"] == "GET /x"
    assert found["interpreter"] == "main.test"
    assert found["process"] in server.process.children()
    assert 0.3 <= found["seconds"] < 10


def test_of_slow_and_failed_calls_the_last_are_kept(serve: Serve) -> None:
    server = _serve(serve, _APP + "::failing")
    server.expect_log("^MPY0303")
    server.tolerate_log("^PythonHandler status::failing: ")
    for number in range(20):
        server.get(f"/{number}?secret")
    found = _overview(server)["exceptions"]
    assert [event["request"] for event in found] == [f"GET /{number}" for number in range(19, 3, -1)]
    assert {event["exception"] for event in found} == {"KeyError: 'what is missing'"}
    assert {event["handler"] for event in found} == {"PythonHandler status::failing"}


@pytest.mark.parametrize("value", ["soon", "-1", "nan", "1e400"])
def test_a_limit_that_is_none_is_refused(serve: Serve, value: str) -> None:
    said = serve.refused("status", server=f"{_PAGE}PythonOption mod_python.status.slow {value}")
    assert "MPY0949" in said
    assert f"'{value}' is not a number of seconds" in said


# --- Prometheus ---


def _families(text: str) -> list[Any]:
    """As Prometheus' own reader for Python sees them: it refuses what the format does not allow."""
    return list(text_string_to_metric_families(text))  # type: ignore[no-untyped-call]


def test_prometheus_understands_it(serve: Serve) -> None:
    server = _serve(serve, _APP + "::slow")
    server.text()
    answer = server.get("/python-status?openmetrics")
    assert answer.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    families = {family.name: family for family in _families(answer.text)}

    def value(name: str, family: str | None = None, **labels: str) -> float:
        [found] = [
            sample.value
            for sample in families[family or name.removesuffix("_total")].samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        return float(found)

    assert value("mod_python_requests_total", interpreter="main.test") == 1
    assert value("mod_python_children") == 1
    assert value("mod_python_interpreters", interpreter="main.test", member="0", kind="legacy") == 1
    # With the allocator for a checker of memory, only what is taken raw is known.
    at_least = 0 if memcheck.ENABLED else _MEBIBYTE
    assert value("mod_python_interpreter_memory_bytes", interpreter="main_interpreter") > at_least
    assert value("mod_python_gil_wait_seconds_total", interpreter="main.test") > 0
    handler = {"phase": "PythonHandler", "handler": "status::slow"}
    times = "mod_python_handler_seconds"
    assert value(f"{times}_count", times, **handler) == 1
    assert value(f"{times}_sum", times, **handler) >= 0.3
    assert value(f"{times}_bucket", times, le="0.25", **handler) == 0
    assert value(f"{times}_bucket", times, le="+Inf", **handler) == 1
    assert families[times].type == "histogram"


def test_names_of_any_kind_are_labels_and_text(serve: Serve) -> None:
    name = b'a"b\\<b>\xff{}\x01'
    server = _serve(serve, _APP + "::allowing")
    quoted = name.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    (server.htdocs / ".htaccess").write_bytes(b'PythonInterpreter "' + quoted + b'"\n')
    server.text()
    shown = name.decode(errors="replace")
    assert shown in [row["name"] for row in _overview(server)["interpreters"]]
    families = _families(server.text("/python-status?openmetrics"))
    names = {sample.labels.get("interpreter") for family in families for sample in family.samples}
    assert shown in names
