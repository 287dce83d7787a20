"""PythonRequestTimeout: handlers that take too long are ended, or else their child is replaced."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import httpx
import pytest
from harness import site, wait
from harness.serve import Serve
from harness.server import Server

_APP = "SetHandler mod_python\nPythonHandler stuck\nPythonRequestTimeout 1"
_THREADED = pytest.mark.skipif(site.MPM == "prefork", reason="a child of prefork serves one request at a time")
_OWN_GIL = pytest.param(
    "own",
    marks=pytest.mark.skipif(site.python_version() < (3, 13), reason="interpreters with a lock of their own need 3.13"),
)
# Names of interpreters, by what they are.
_NAMES = {"main": "main_interpreter", "legacy": "legacy.test", "own": "own.test"}
_INTERPRETERS = ["main", "legacy", _OWN_GIL]


def _options() -> str:
    own = f"PythonInterpreterOptions {_NAMES['own']} gil=own" if site.python_version() >= (3, 13) else ""
    return f"PythonInterruptTimeout 1\nPythonShutdownTimeout 1\n{own}"


def _serve(serve: Serve, directory: str = "", kind: str = "legacy", late: str = "") -> Server:
    lines = f"{_APP}\nPythonInterpreter {_NAMES[kind]}\n{directory}"
    return serve("stuck", directory=lines, server=_options(), late=late, children=1, threads=4)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def _expect_timeout(server: Server) -> None:
    server.expect_log("^MPY0208: ")
    server.expect_log("^PythonHandler stuck: File ")


def _expect_raised(server: Server) -> None:
    _expect_timeout(server)
    server.expect_log("^MPY0303: PythonHandler stuck .*RequestTimeout")
    server.expect_log(r"(?s)^PythonHandler stuck: (Traceback|  File|[\w.]*RequestTimeout)")


def _expect_replaced(server: Server) -> None:
    server.expect_log("^MPY0211: ")
    server.expect_log("^MPY0212: ")
    # A loop leaves little of a busy machine to exit callbacks.
    server.tolerate_log("^MPY0005: ")


def _stack(server: Server) -> list[str]:
    return [entry.message for entry in server.log.find("^PythonHandler stuck: File ")]


def _is_cut_off(answer: Future[httpx.Response]) -> bool:
    return isinstance(answer.exception(), httpx.RemoteProtocolError | httpx.ReadError)


# --- what the exception ends ---


@pytest.mark.parametrize("kind", _INTERPRETERS)
def test_a_loop_is_ended_by_the_exception(serve: Serve, kind: str) -> None:
    server = _serve(serve, kind=kind)
    _expect_raised(server)
    before = server.text("/answers")
    assert server.get("/loops").status_code == 504
    assert server.text("/answers") == before
    [entry] = server.log.find("^MPY0208")
    assert f"(interpreter '{_NAMES[kind]}'): GET /loops has taken 1 s, of 1 s" in entry.message
    assert re.search(r"stuck\.py\", line \d+, in loops$", _stack(server)[-1])


def test_except_exception_does_not_catch_it(serve: Serve) -> None:
    server = _serve(serve)
    _expect_raised(server)
    assert server.get("/catches").status_code == 504


def test_finally_runs(serve: Serve) -> None:
    server = _serve(serve)
    _expect_raised(server)
    assert server.get("/finishes").status_code == 504
    assert (server.spool / "finally").exists()


def test_what_ends_in_time_is_not_disturbed_nor_is_the_next_request(serve: Serve) -> None:
    server = _serve(serve)
    for _ in range(3):
        server.text("/nearly")
    assert not server.log.find("^MPY02(08|09|1)")


def test_the_request_after_a_timeout_is_not_disturbed(serve: Serve) -> None:
    server = serve("stuck", directory=_APP, server=_options(), children=1, threads=1)
    _expect_raised(server)
    for _ in range(2):
        assert server.get("/loops").status_code == 504
        server.text("/nearly")


def test_an_inner_request_is_ended_and_the_handler_around_it_goes_on(serve: Serve) -> None:
    server = _serve(serve, directory='<Files "redirects">\nPythonHandler stuck::redirects\n</Files>')
    _expect_raised(server)
    server.get("/redirects")
    [entry] = server.log.find("^MPY0208")
    assert "PythonHandler stuck (" in entry.message


def test_the_error_page_has_the_time_anew(serve: Serve) -> None:
    page = '<Files "page">\nPythonHandler stuck::error_page\n</Files>\nErrorDocument 504 /page'
    server = _serve(serve, directory=page)
    _expect_raised(server)
    answer = server.get("/loops")
    assert (answer.status_code, answer.text) == (504, "sorry")


def test_a_loop_at_import_is_ended_and_the_import_tried_again(serve: Serve) -> None:
    server = _serve(serve, directory='<Files "importing">\nPythonHandler loops_once\n</Files>')
    server.expect_log("^MPY0208: ")
    server.expect_log("^PythonHandler loops_once: ")
    server.expect_log("^MPY0301: PythonHandler loops_once .*RequestTimeout")
    assert server.get("/importing").status_code == 504
    assert server.text("/importing") == "imported"


def test_a_filter_is_ended(serve: Serve) -> None:
    server = _serve(serve, directory="PythonOutputFilter stuck::loops_in_filter LOOPS\nSetOutputFilter LOOPS")
    server.expect_log("^MPY0208: loops stuck::loops_in_filter ")
    server.expect_log("^loops stuck::loops_in_filter: ")
    server.expect_log("^MPY0303: loops stuck::loops_in_filter .*RequestTimeout")
    # What the handler makes of it, to which writing fails then.
    server.tolerate_log("^(MPY0303: )?PythonHandler stuck")
    assert server.get("/answers").status_code == 500


def test_a_log_handler_has_the_time_for_itself(serve: Serve) -> None:
    server = _serve(serve, directory="PythonLogHandler stuck::logs")
    server.expect_log("^MPY0208: PythonLogHandler stuck::logs .* has taken 1 s")
    server.expect_log("^PythonLogHandler stuck::logs: ")
    server.expect_log("^MPY0303: PythonLogHandler stuck::logs .*RequestTimeout")
    server.text("/nearly")
    server.log.wait_for("^MPY0303")


def test_zero_lifts_the_limit(serve: Serve) -> None:
    server = _serve(serve, directory='<Files "slow">\nPythonHandler stuck::slow\nPythonRequestTimeout 0\n</Files>')
    _expect_raised(server)
    assert server.get("/loops").status_code == 504
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(server.text, "/slow")
        # Longer than others may take.
        time.sleep(2)
        (server.spool / "release").touch()
        assert slow.result().startswith("begun ")


# --- what it does not end ---


def _is_replaced(server: Server, answer: Future[httpx.Response], pid: str) -> bool:
    wait.until(answer.done)
    return _is_cut_off(answer) and server.text("/answers") != pid


@pytest.mark.parametrize(
    ("way", "kind"),
    [*((way, kind) for way in ("sleeps", "locks") for kind in _NAMES), ("swallows", "legacy")],
)
def test_the_child_is_replaced(serve: Serve, pool: ThreadPoolExecutor, way: str, kind: str) -> None:
    if kind == "own" and site.python_version() < (3, 13):
        pytest.skip("interpreters with a lock of their own need 3.13")
    server = _serve(serve, kind=kind)
    _expect_timeout(server)
    server.expect_log(f"^MPY0209: PythonHandler stuck .*/{way} ")
    _expect_replaced(server)
    pid = server.text("/answers")
    assert _is_replaced(server, pool.submit(server.get, f"/{way}"), pid)
    assert any(f"in {way}" in line for line in _stack(server))


@pytest.mark.parametrize("kind", _INTERPRETERS)
def test_the_child_is_replaced_where_the_interpreter_does_not_answer(
    serve: Serve, pool: ThreadPoolExecutor, kind: str
) -> None:
    server = _serve(serve, kind=kind)
    server.expect_log(rf"^MPY0210: PythonHandler stuck \(interpreter '{_NAMES[kind]}'\): GET /holds has taken 2 s")
    _expect_replaced(server)
    pid = server.text("/answers")
    assert _is_replaced(server, pool.submit(server.get, "/holds"), pid)


# The client takes HTTP/2's announcement that a child is going for the end of its request.
@pytest.mark.http1
@_THREADED
def test_other_requests_end_before_the_child_goes(serve: Serve, pool: ThreadPoolExecutor) -> None:
    slow = '<Files "slow">\nPythonHandler stuck::slow\nPythonRequestTimeout 0\n</Files>'
    timeouts = "PythonInterruptTimeout 4\nPythonShutdownTimeout 1"
    server = serve("stuck", directory=f"{_APP}\n{slow}", server=timeouts, children=1, threads=4)
    _expect_timeout(server)
    server.expect_log("^MPY0209: ")
    _expect_replaced(server)
    other = pool.submit(server.text, "/slow")
    stuck = pool.submit(server.get, "/sleeps")
    server.log.wait_for(r"^MPY0211: .*\(1 at the moment\)")
    pid = (server.spool / "began-sleeps").read_text()
    # Another child takes what comes now, but for one that worker may wait for already, while
    # this one is still there.
    wait.until(lambda: server.text("/answers") != pid)
    assert not other.done()
    (server.spool / "release").touch()
    assert other.result() == f"begun {pid}"
    wait.until(stuck.done)
    assert _is_cut_off(stuck)
    assert server.log.wait_for("^MPY0212: .* 1 stuck, 0 others")


@_THREADED
def test_others_are_cut_off_after_the_interrupt_timeout(serve: Serve, pool: ThreadPoolExecutor) -> None:
    slow = '<Files "slow">\nPythonHandler stuck::slow\nPythonRequestTimeout 0\n</Files>'
    server = serve("stuck", directory=f"{_APP}\n{slow}", server=_options(), children=1, threads=4)
    _expect_timeout(server)
    server.expect_log("^MPY0209: ")
    _expect_replaced(server)
    others = [pool.submit(server.get, path) for path in ("/slow", "/sleeps")]
    assert server.log.wait_for("^MPY0212: .* 1 stuck, 1 others")
    wait.until(lambda: all(other.done() for other in others))
    assert all(_is_cut_off(other) for other in others)


@_THREADED
@pytest.mark.skipif(site.python_version() < (3, 13), reason="interpreters with a lock of their own need 3.13")
def test_another_interpreter_goes_on_beside_a_held_lock(serve: Serve, pool: ThreadPoolExecutor) -> None:
    vhosts = {
        name: f'DocumentRoot "{{htdocs}}"\nPythonInterpreter {name}\nPythonInterpreterOptions {name} gil=own'
        for name in ("one.test", "two.test")
    }
    server = serve("stuck", directory=_APP, server=_options(), vhosts=vhosts, children=1, threads=4)
    server.expect_log("^MPY0210: ")
    _expect_replaced(server)
    pid = server.text("/answers", host="two.test")
    stuck = pool.submit(server.get, "/holds", host="one.test")
    wait.until((server.spool / "began-holds").exists)
    assert server.text("/nearly", host="two.test") == pid
    assert _is_replaced(server, stuck, pid)
