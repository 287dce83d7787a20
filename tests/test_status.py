"""The status page: SetHandler python-status."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from harness import site, wait
from harness.serve import Serve
from harness.server import Server

_PAGE = '<Location "/python-status">\nSetHandler python-status\n</Location>'
_APP = "SetHandler mod_python\nPythonHandler status"
_THREADS = pytest.mark.skipif(site.MPM == "prefork", reason="a child of prefork answers one request at a time")


def _serve(serve: Serve, directory: str = _APP, server: str = "", **config: Any) -> Server:
    return serve("status", directory=directory, server=f"{_PAGE}\n{server}", children=1, **config)


def _facts(server: Server) -> dict[str, str]:
    """What programs are told of the process."""
    return dict(line.split(": ", 1) for line in server.text("/python-status?auto").splitlines())


def _interpreters(server: Server) -> dict[str, dict[str, str]]:
    """What programs are told of each interpreter, by name; of several, of the one made last."""
    numbered: dict[str, dict[str, str]] = {}
    for key, value in _facts(server).items():
        if match := re.fullmatch(r"PythonInterpreter(\d+)(\w+)", key):
            numbered.setdefault(match[1], {})[match[2]] = value
    return {facts["Name"]: facts for facts in numbered.values()}


def test_the_page_names_each_interpreter(serve: Serve) -> None:
    server = _serve(serve)
    assert server.text("/") == "main.test"
    answer = server.get("/python-status")
    assert answer.headers["content-type"] == "text/html; charset=UTF-8"
    assert answer.headers["cache-control"] == "no-store"
    assert ">main_interpreter</td>" in answer.text
    assert ">main.test</td>" in answer.text


def test_programs_get_lines(serve: Serve) -> None:
    server = _serve(serve, server="PythonMaxInterpreters 9")
    answer = server.get("/python-status?auto")
    assert answer.headers["content-type"] == "text/plain; charset=UTF-8"
    facts = _facts(server)
    assert facts["PythonRunning"] == "1"
    assert facts["PythonMaxInterpreters"] == "9"
    assert re.fullmatch(r"3\.\d+\.\d+\S*", facts["PythonVersion"])
    assert re.fullmatch(r"\d+", facts["PythonUptime"])
    assert facts["PythonProcess"] in {str(pid) for pid in server.process.children()}


def test_nothing_is_answered_with_python(serve: Serve) -> None:
    server = _serve(serve)
    for _ in range(3):
        assert set(_interpreters(server)) == {"main_interpreter"}
    assert _facts(server)["PythonRequests"] == "0"


def test_requests_are_counted(serve: Serve) -> None:
    server = _serve(serve)
    for _ in range(3):
        server.text("/")
    found = _interpreters(server)
    assert (found["main.test"]["Requests"], found["main_interpreter"]["Requests"]) == ("3", "0")
    assert _facts(server)["PythonRequests"] == "3"


def test_kinds_are_told_apart(serve: Serve) -> None:
    own = site.python_version() >= (3, 13)
    options = "PythonInterpreterOptions main.test gil=own" if own else ""
    server = _serve(serve, server=options, vhosts={"main.test": "", "other.test": ""})
    server.text("/")
    server.text("/", host="other.test")
    kinds = {name: facts["Kind"] for name, facts in _interpreters(server).items()}
    assert kinds == {
        "main_interpreter": "main",
        "main.test": "own-gil" if own else "legacy",
        "other.test": "legacy",
    }


@_THREADS
def test_what_keeps_an_interpreter_is_counted(serve: Serve) -> None:
    server = _serve(serve, _APP + "::waiting")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(server.text, "/")
        try:
            wait.until((server.spool / "begun").exists)
            found = _interpreters(server)["main.test"]
        finally:
            (server.spool / "release").touch()
        waiting.result()
    assert (int(found["Leases"]) > 0, found["Threads"]) == (True, "1")
    wait.until(lambda: _interpreters(server)["main.test"]["Leases"] == "0")


@_THREADS
def test_it_answers_while_a_script_keeps_the_lock(serve: Serve) -> None:
    server = _serve(serve, _APP + "::holding_the_lock")
    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(server.text, "/")
        try:
            wait.until((server.spool / "begun").exists)
            found = _interpreters(server)["main.test"]
            page = server.text("/python-status")
            assert not holding.done()
        finally:
            (server.spool / "release").touch()
        holding.result()
    assert int(found["Leases"]) > 0
    assert "main.test" in page


def test_what_was_replaced_and_has_ended_still_counts(serve: Serve) -> None:
    server = _serve(serve, _APP + "::recycle")
    server.text("/")
    server.log.wait_for("^MPY0205")
    wait.until(lambda: _facts(server)["PythonInterpretersEnded"] == "1")
    facts = _facts(server)
    assert facts["PythonInterpretersMade"] == "3"
    assert (facts["PythonInterpreters"], facts["PythonRequests"]) == ("2", "1")


@_THREADS
def test_a_replaced_one_is_retired_until_its_last_request_ends(serve: Serve) -> None:
    directory = f'{_APP}::waiting\n<Files "recycle">\nPythonHandler status::recycle\n</Files>'
    server = _serve(serve, directory)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(server.text, "/")
        try:
            wait.until((server.spool / "begun").exists)
            server.text("/recycle")
            wait.until(lambda: "Stage: retired" in server.text("/python-status?auto"))
        finally:
            (server.spool / "release").touch()
        waiting.result()
    wait.until(lambda: "Stage: retired" not in server.text("/python-status?auto"))


def test_names_are_text(serve: Serve) -> None:
    name = "<b>&\"'\\\\é"
    server = _serve(serve, f'{_APP}\nPythonInterpreter "{name.replace(chr(34), chr(92) + chr(34))}"')
    server.text("/")
    page = server.text("/python-status")
    assert ">&lt;b&gt;&amp;&quot;&#39;\\" in page
    assert "<b>" not in page


def test_head_has_no_body(serve: Serve) -> None:
    answer = _serve(serve).http.head("/python-status")
    assert (answer.status_code, answer.content) == (200, b"")


def test_other_methods_are_refused(serve: Serve) -> None:
    answer = _serve(serve).post("/python-status", b"x")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


def test_it_is_for_whom_the_configuration_lets_in(serve: Serve) -> None:
    page = _PAGE.replace("</Location>", "Require ip 192.0.2.1\n</Location>")
    server = serve("status", server=page, modules=("authz_host",))
    server.expect_log("AH01630")
    assert server.get("/python-status").status_code == 403


def test_no_other_url_is_answered(serve: Serve) -> None:
    server = _serve(serve, directory="")
    assert server.get("/elsewhere").status_code == 404
    assert server.get("/python-statuses").status_code == 404


@pytest.mark.parametrize(
    "said", ["AddHandler python-status .state", '<Files "x.state">\nSetHandler python-status\n</Files>']
)
def test_other_ways_to_name_the_handler(serve: Serve, said: str) -> None:
    server = serve.prepare("status", directory=said, modules=("mime",))
    (server.htdocs / "x.state").write_text("")
    server.start()
    assert "Python Status" in server.text("/x.state")


def test_mod_status_has_a_part_of_it(serve: Serve) -> None:
    server = _serve(
        serve, server='<Location "/server-status">\nSetHandler server-status\n</Location>', modules=("status",)
    )
    server.text("/")
    page = server.text("/server-status")
    assert "<td>main.test</td>" in page
    assert page.index("Apache Server Status") < page.index("Python in the process") < page.index("</body>")
    assert "PythonInterpreter1Name: main.test\n" in server.text("/server-status?auto")


def test_a_child_without_the_package_answers_too(serve: Serve) -> None:
    server = _serve(serve, directory="", env={"PYTHONPATH": "/nowhere"})
    server.expect_log("^MPY0008")
    server.tolerate_log("^mod_python: ")
    assert _facts(server)["PythonInterpreters"] == "0"
