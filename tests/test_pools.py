"""Several interpreters with locks of their own that serve one name."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from harness import site, wait
from harness.serve import Serve
from harness.server import Server

pytestmark = [
    pytest.mark.skipif(site.python_version() < (3, 13), reason="interpreters with a GIL of their own need 3.13"),
    pytest.mark.skipif(site.MPM == "prefork", reason="its children serve one request at a time"),
]


def _serve(serve: Serve, directory: str, members: int = 2, options: str = "", **config: Any) -> Server:
    return serve(
        "pooled",
        directory=f"SetHandler mod_python\n{directory}",
        server=f"PythonInterpreterOptions main.test pool={members} {options}",
        children=1,
        threads=12,
        **config,
    )


def _answers(server: Server, count: int, path: str = "/") -> list[dict[str, Any]]:
    answers = server.at_once(count, path)
    assert {answer.status_code for answer in answers} == {200}
    return [answer.json() for answer in answers]


def test_all_members_serve(serve: Serve) -> None:
    server = _serve(serve, "PythonHandler pooled::computes", members=3)
    seen: set[int] = set()

    def have_all_served() -> bool:
        seen.update(answer["index"] for answer in _answers(server, 10))
        return seen == {0, 1, 2}

    wait.until(have_all_served)


def test_handlers_that_wait_get_company(serve: Serve) -> None:
    server = _serve(serve, "PythonHandler pooled::waits")

    def have_several_waited_at_once() -> bool:
        return any(answer["most"] >= 4 for answer in _answers(server, 12))

    wait.until(have_several_waited_at_once)


def test_a_handler_that_waits_for_another_request_gets_it(serve: Serve) -> None:
    server = _serve(serve, "PythonHandler pooled::asks\n<Files plain>\nPythonHandler pooled::plain\n</Files>")
    answers = _answers(server, 6)
    assert all(answer["other"] in (0, 1) for answer in answers)


def test_all_phases_of_a_request_run_in_one_member(serve: Serve) -> None:
    server = _serve(serve, "PythonAccessHandler pooled::access\nPythonHandler pooled::content")
    for answer in [answer for _ in range(5) for answer in _answers(server, 10)]:
        assert answer["seen"] == [answer["index"]] * 2


def test_a_redirected_request_stays_in_its_member(serve: Serve) -> None:
    server = _serve(
        serve,
        "PythonAccessHandler pooled::access\nPythonHandler pooled::redirects\n"
        "<Files redirected>\nPythonHandler pooled::redirected\n</Files>",
    )
    for answer in [answer for _ in range(5) for answer in _answers(server, 10)]:
        assert answer["before"] == answer["index"]


def test_what_a_handler_raises_is_logged_with_its_request(serve: Serve) -> None:
    server = _serve(serve, "PythonHandler pooled::raises")
    server.expect_log("^MPY0303.*ValueError: raised in a pool", "^PythonHandler pooled::raises: ")
    assert {answer.status_code for answer in server.at_once(10)} == {500}
    assert len(server.log.find("^MPY0303")) >= 10


def test_what_is_printed_is_logged_with_its_request(serve: Serve) -> None:
    server = _serve(serve, "PythonHandler pooled::prints")
    server.expect_log("^a-query$")
    server.at_once(10, "/?a-query")
    assert len(server.log.find("a-query")) == 10


def test_uploads_and_long_answers_pass(serve: Serve) -> None:
    server = _serve(serve, "PythonHandler pooled::receives\n<Files long>\nPythonHandler pooled::streams\n</Files>")
    with ThreadPoolExecutor(10) as pool:
        lengths = list(pool.map(lambda n: server.post("/", b"x" * n * 1000).json()["length"], range(1, 11)))
    assert lengths == [n * 1000 for n in range(1, 11)]
    assert {len(answer.content) for answer in server.at_once(10, "/long")} == {500_000}


def test_a_log_handler_runs_in_the_member(serve: Serve) -> None:
    server = _serve(serve, "PythonHandler pooled::computes\nPythonLogHandler pooled::logs")
    server.expect_log("^logged [01]$")
    indexes = sorted(answer["index"] for answer in _answers(server, 10))
    wait.until(lambda: len(server.log.find("logged ")) >= 10)
    logged = sorted(int(entry.message[-1]) for entry in server.log.find("logged ")[-10:])
    assert logged == indexes


def test_a_client_that_leaves_gives_its_place_to_others(serve: Serve) -> None:
    server = _serve(serve, "PythonHandler pooled::streams\n<Files plain>\nPythonHandler pooled::plain\n</Files>")
    server.tolerate_log("^MPY0306")
    for _ in range(30):
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: main.test\r\n\r\n")
    assert len(_answers(server, 10, "/plain")) == 10


def test_members_are_replaced_while_others_wait(serve: Serve) -> None:
    server = _serve(serve, "PythonHandler pooled::computes", options="max-requests=20")

    def have_some_been_replaced() -> bool:
        _answers(server, 10)
        return len(server.log.find("^MPY0205")) >= 4

    wait.until(have_some_been_replaced, timeout=30)


def test_no_two_interpreters_import_datetime_at_the_same_time(serve: Serve) -> None:
    """CPython cannot do that; so each has it before it serves."""
    server = _serve(serve, "PythonHandler imported", vhosts={"main.test": "", "legacy.test": ""})
    for host in ("main.test", "legacy.test"):
        assert "_datetime" in server.text("/", host=host).split(), host
