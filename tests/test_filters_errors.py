"""Filters that fail: what the client sees, and what the log says."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from harness import client
from harness.serve import Serve
from harness.server import Server


def _filtered(serve: Serve, function: str, handler: str = "several", more: str = "", **config: Any) -> Server:
    lines = (
        f"PythonOutputFilter failing::{function} f\nSetOutputFilter f\n"
        f"SetHandler mod_python\nPythonHandler failing::{handler}\n{more}"
    )
    return serve("filters", directory=lines, **config)


def _static(serve: Serve, function: str, content: str = "some text", **config: Any) -> Server:
    lines = f"PythonOutputFilter {function} f\nSetOutputFilter f\n{config.pop('directory', '')}"
    server = serve.prepare("filters", directory=lines, **config)
    (server.htdocs / "page.txt").write_text(content)
    server.start()
    return server


def _handler_noticed(server: Server) -> None:
    """The handler's own write failed."""
    server.expect_log("MPY0303: PythonHandler failing::.*OSError", "PythonHandler failing::")


def test_the_log_says_which_filter_failed_and_why(serve: Serve) -> None:
    server = _static(serve, "failing::at_once")
    server.get("/page.txt")
    server.expect_log(
        r"MPY0303: f failing::at_once \(interpreter 'main.test'\): .*RuntimeError: no <filtering> today",
        r"^f failing::at_once: RuntimeError: no <filtering> today",
        r"^f failing::at_once: ",
    )


@pytest.mark.parametrize("function", ["at_once", "after_writing", "exits"])
def test_an_answer_that_was_not_begun_becomes_500(serve: Serve, function: str) -> None:
    server = _static(serve, f"failing::{function}")
    response = server.get("/page.txt")
    assert response.status_code == 500
    assert "Internal Server Error" in response.text
    assert "written" not in response.text
    server.expect_log(f"MPY0303: f failing::{function}", f"f failing::{function}: ")


@pytest.mark.http1
@pytest.mark.parametrize("function", ["at_once", "after_writing"])
def test_so_does_that_of_a_python_handler(serve: Serve, function: str) -> None:
    server = _filtered(serve, function)
    response = server.get()
    assert response.status_code == 500
    assert "one" not in response.text
    server.expect_log(f"MPY0303: f failing::{function}", f"f failing::{function}: ")
    _handler_noticed(server)


def test_the_child_and_the_connection_serve_on(serve: Serve) -> None:
    server = _static(serve, "failing::only_here")
    (server.htdocs / "other.txt").write_text("other")
    with server.keeping_alive() as http:
        statuses = [http.get(f"/{name}.txt").status_code for name in ("page", "other", "page", "other")]
    assert statuses == [500, 200, 500, 200]
    server.expect_log("MPY0303: f failing::only_here", "f failing::only_here: ")


def test_an_answer_that_was_begun_does_not_look_whole(serve: Serve) -> None:
    server = _filtered(serve, "second")
    answer = server.raw(b"/")
    assert answer.status == 200
    assert answer.body == b"4\r\none \r\n"
    server.expect_log("MPY0303: f failing::second", "f failing::second: ")
    _handler_noticed(server)


def test_nor_does_one_that_lacks_nothing_but_its_end(serve: Serve) -> None:
    server = _filtered(serve, "at_end")
    with pytest.raises(httpx.RemoteProtocolError):
        server.get()
    server.expect_log("MPY0303: f failing::at_end", "f failing::at_end: ")


def test_a_handler_that_would_go_on_for_ever_learns_of_it(serve: Serve) -> None:
    server = _filtered(serve, "second", "endless")
    assert server.raw(b"/").body == b"5\r\nmore \r\n"
    server.expect_log("MPY0303: f failing::second", "f failing::second: ")
    _handler_noticed(server)


def test_what_is_not_text_for_the_log_is_no_reason_to_fail_again(serve: Serve) -> None:
    server = _static(serve, "failing::missing")
    assert server.get("/page.txt").status_code == 500
    server.expect_log("MPY0302: f failing::missing .*contains no 'missing'", "f failing::missing: ")


def test_a_module_that_is_not_there(serve: Serve) -> None:
    server = _static(serve, "no_such_module")
    assert server.get("/page.txt").status_code == 500
    server.expect_log("MPY0301: f no_such_module ", "f no_such_module: ")


def test_a_filter_that_no_section_in_force_names(serve: Serve) -> None:
    server = serve.prepare(
        "filters",
        directory="SetOutputFilter f",
        server='<Directory "/nowhere">\nPythonOutputFilter filters f\n</Directory>',
    )
    (server.htdocs / "page.txt").write_text("some text")
    server.start()
    assert server.get("/page.txt").status_code == 500
    server.expect_log("MPY0401: the filter 'f' has no handler here")


# --- PythonDebug ---


def test_debug_shows_the_traceback_escaped(serve: Serve) -> None:
    server = _static(serve, "failing::at_once", directory="PythonDebug On")
    response = server.get("/page.txt")
    assert response.status_code == 500
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert '<pre>\nmod_python error: "f failing::at_once"' in response.text.replace("&quot;", '"')
    assert "RuntimeError: no &lt;filtering&gt; today" in response.text
    assert "some text" not in response.text
    server.expect_log("MPY0303: f failing::at_once", "f failing::at_once: ")


def test_debug_shows_it_at_the_end_of_an_answer_that_was_begun(serve: Serve) -> None:
    server = _filtered(serve, "second", more="PythonDebug On")
    answer = server.raw(b"/")
    assert (answer.status, answer.body[:9]) == (200, b"4\r\none \r\n")
    assert b"RuntimeError: the second call" in answer.body
    assert not answer.body.endswith(b"0\r\n\r\n")
    server.expect_log("MPY0303: f failing::second", "f failing::second: ")
    _handler_noticed(server)


# --- no recursion ---


def test_an_error_document_that_fails_in_a_filter_again_ends_in_a_plain_page(serve: Serve) -> None:
    server = _static(serve, "failing::at_once", server="ErrorDocument 500 /page.txt")
    response = server.get("/page.txt")
    assert response.status_code == 500
    assert "Internal Server Error" in response.text
    assert len(server.log.find("MPY0303")) <= 2
    server.expect_log("MPY0303: f failing::at_once", "f failing::at_once: ")


def test_an_error_document_in_python_gets_through(serve: Serve) -> None:
    server = serve.prepare(
        "filters",
        server="ErrorDocument 500 /sorry.txt",
        directory="PythonOutputFilter failing::only_here f\nSetOutputFilter f",
    )
    (server.htdocs / "page.txt").write_text("page")
    (server.htdocs / "sorry.txt").write_text("sorry")
    server.start()
    response = server.get("/page.txt")
    assert (response.status_code, response.text) == (500, "sorry")
    server.expect_log("MPY0303: f failing::only_here", "f failing::only_here: ")


@pytest.mark.http1
def test_a_page_is_broken_off_with_its_part(serve: Serve) -> None:
    """mod_include sends what comes before a part, the headers at least."""
    server = serve.prepare(
        "filters",
        directory='Options +Includes\nPythonOutputFilter failing::at_once f\n<Files "part.txt">\nSetOutputFilter f\n'
        '</Files>\n<Files "page.shtml">\nSetOutputFilter INCLUDES\n</Files>',
        modules=("include",),
    )
    (server.htdocs / "page.shtml").write_text('before <!--#include virtual="part.txt" --> after')
    (server.htdocs / "part.txt").write_text("part")
    server.start()
    with pytest.raises(httpx.RemoteProtocolError):
        server.get("/page.shtml")
    server.expect_log("MPY0303: f failing::at_once", "f failing::at_once: ", "unable to include")


# --- SERVER_RETURN ---


def test_server_return_drops_the_data_of_its_call(serve: Serve) -> None:
    """The end of the stream is not dropped, nor is the filter disabled."""
    assert _filtered(serve, "returns").text() == "lostone lostthreelost"


def test_server_return_can_set_the_status(serve: Serve) -> None:
    response = _static(serve, "failing::returns_status").get("/page.txt")
    assert (response.status_code, response.content) == (503, b"")


def test_server_return_without_a_status_is_logged(serve: Serve) -> None:
    server = _static(serve, "failing::returns_nothing")
    assert server.get("/page.txt").content == b""
    server.expect_log("MPY0306: f failing::returns_nothing", "f failing::returns_nothing: ")


# --- other ends ---


def test_a_client_that_leaves_is_no_error(serve: Serve) -> None:
    server = _static(serve, "failing::swallows", "x" * 30_000_000)
    with server.http.stream("GET", "/page.txt") as response:
        next(response.iter_bytes())
    server.log.wait_for("nobody listens")


def test_a_handler_that_fails_behind_a_filter(serve: Serve) -> None:
    """The broken end goes through the filter, which is in the same interpreter."""
    lines = (
        "PythonOutputFilter filters f\nSetOutputFilter f\n"
        "SetHandler mod_python\nPythonHandler failing::fails_after_sending"
    )
    server = serve("filters", directory=lines)
    assert server.raw(b"/").body == b"9\r\nSOME TEXT\r\n"
    server.expect_log("MPY0303: PythonHandler failing::fails_after_sending", "PythonHandler failing::")


def test_over_http2_a_broken_answer_does_not_look_whole(serve: Serve) -> None:
    server = _filtered(serve, "second", server="Protocols h2c http/1.1", modules=("http2",))
    server.tolerate_log("AH10034")
    with client.http2(server.port) as http, pytest.raises(httpx.RemoteProtocolError):
        http.get("/")
    server.expect_log("MPY0303: f failing::second", "f failing::second: ")
    # Whether the stream counts as aborted by then is a matter of timing.
    server.tolerate_log("MPY0303: PythonHandler failing::", "PythonHandler failing::")


def test_over_http2_an_answer_that_was_not_begun_becomes_500(serve: Serve) -> None:
    server = _static(serve, "failing::at_once", server="Protocols h2c http/1.1", modules=("http2",))
    server.tolerate_log("AH10034")
    with client.http2(server.port) as http:
        assert http.get("/page.txt").status_code == 500
    server.expect_log("MPY0303: f failing::at_once", "f failing::at_once: ")


def test_a_panic_in_a_filter_does_not_end_the_child(serve: Serve) -> None:
    server = _static(serve, "filters")
    assert server.get("/page.txt", headers={"X-Fault": "filter"}).status_code == 500
    assert server.text("/page.txt") == "SOME TEXT"
    server.expect_log("MPY0010: internal error in a filter: fault point filter")


def test_nor_does_one_in_an_input_filter(serve: Serve) -> None:
    lines = "PythonInputFilter filters f\nSetInputFilter f\nSetHandler mod_python\nPythonHandler inputs::reads_on_error"
    server = serve("filters", directory=lines)
    assert server.post("/", b"some body", headers={"X-Fault": "filter"}).text == "noticed"
    assert server.post("/", b"some body").text == "unnoticed"
    server.expect_log("MPY0010: internal error in a filter: fault point filter")
