"""What httpd does with what a handler returns or raises."""

from __future__ import annotations

import pytest
from harness.serve import Serve
from harness.server import Server


def _serve(serve: Serve, function: str) -> Server:
    return serve("results", directory=f"SetHandler mod_python\nPythonHandler results::{function}")


def test_ok_is_the_handlers_own_answer(serve: Serve) -> None:
    assert _serve(serve, "ok").text() == "body"


def test_declined_lets_httpd_serve_the_file(serve: Serve) -> None:
    server = _serve(serve, "declined")
    (server.htdocs / "page.txt").write_text("static")
    assert server.text("/page.txt") == "static"
    assert server.get("/missing").status_code == 404


def test_done_finishes_the_response_as_it_is(serve: Serve) -> None:
    assert _serve(serve, "done").text() == "done by handler"


@pytest.mark.parametrize(
    ("function", "status"),
    [
        ("not_found", 404),
        ("no_content", 204),
        ("raises_forbidden", 403),
        ("raises_with_none_status", 404),
        ("raises_three", 410),
        ("raises_subclass", 410),
    ],
)
def test_status_for(serve: Serve, function: str, status: int) -> None:
    assert _serve(serve, function).get().status_code == status


def test_an_error_status_gives_httpds_error_document(serve: Serve) -> None:
    server = serve(
        "results",
        directory="""
        SetHandler mod_python
        PythonHandler results::not_found
        ErrorDocument 404 "own document"
        """,
    )
    assert server.get().text == "own document"


def test_own_status_with_own_body(serve: Serve) -> None:
    answer = _serve(serve, "own_status").get()
    assert (answer.status_code, answer.text) == (409, "own body")


def test_returning_200_appends_httpds_page(serve: Serve) -> None:
    answer = _serve(serve, "two_hundred").get()
    assert answer.status_code == 200
    assert answer.text.startswith("body<!DOCTYPE")


@pytest.mark.parametrize(
    "function",
    ["returns_bool", "returns_none", "returns_str", "returns_int_subclass", "unknown_number", "huge_number"],
)
def test_anything_but_a_status_is_an_error(serve: Serve, function: str) -> None:
    server = _serve(serve, function)
    server.expect_log("MPY0304", f"PythonHandler results::{function}")
    assert server.get().status_code == 500


def test_server_return_ok_is_ok(serve: Serve) -> None:
    assert _serve(serve, "raises_ok").text() == "body"


def test_server_return_can_set_the_status(serve: Serve) -> None:
    answer = _serve(serve, "raises_with_status").get()
    assert (answer.status_code, answer.text) == (409, "own body")


def test_a_redirect_from_fixup_is_sent_as_it_was_made(serve: Serve) -> None:
    """21.2: 41. Neither the content handler nor a page for the status follows."""
    server = serve(
        "results",
        directory="PythonFixupHandler results\nSetHandler mod_python\nPythonHandler results::ok",
        server="ErrorDocument 302 /page",
    )
    answer = server.get()
    assert (answer.status_code, answer.headers["Location"], answer.text) == (302, "/dummy", "own body")


@pytest.mark.parametrize("function", ["raises_bare", "raises_str", "raises_tuple"])
def test_a_malformed_server_return_is_an_error(serve: Serve, function: str) -> None:
    server = _serve(serve, function)
    server.expect_log("MPY0306", f"PythonHandler results::{function}")
    assert server.get().status_code == 500


@pytest.mark.parametrize(
    ("function", "exception"),
    [("exits", "SystemExit: 3"), ("interrupts", "KeyboardInterrupt"), ("generator_exits", "GeneratorExit")],
)
def test_no_exception_ends_the_child(serve: Serve, function: str, exception: str) -> None:
    server = _serve(serve, function)
    server.expect_log("MPY0303", f"^PythonHandler results::{function}: ", exception)
    before = server.process.children()
    assert [server.get().status_code for _ in range(3)] == [500] * 3
    assert server.process.children() == before
