"""Filters that a script registers for its own request, and places."""

from __future__ import annotations

from typing import Any

import pytest
from harness.serve import Serve
from harness.server import Server


def _handled(serve: Serve, function: str, more: str = "", **config: Any) -> Server:
    lines = f"SetHandler mod_python\nPythonHandler own::{function}\n{more}"
    return serve("filters", directory=lines, **config)


def test_registered_and_added(serve: Serve) -> None:
    """21.2: 46."""
    assert _handled(serve, "handler").text() == "SOME TEXT"


def test_the_object_by_default(serve: Serve) -> None:
    assert _handled(serve, "default_object").text() == "SOME TEXT"


def test_it_has_the_name_that_it_was_registered_under(serve: Serve) -> None:
    """Q25."""
    server = _handled(serve, "facts")
    seen = server.json()
    assert (seen["name"], seen["handler"], seen["dir"]) == ("Mine", "filters::facts", f"{server.htdocs}/")


def test_registering_does_not_place(serve: Serve) -> None:
    assert _handled(serve, "registered_only").text() == "some text"


@pytest.mark.parametrize("name", ["f", "F"])
def test_a_configured_filter_can_be_added(serve: Serve, name: str) -> None:
    """21.2: 45."""
    assert _handled(serve, "configured", "PythonOutputFilter filters f").text(f"/?{name}") == "SOME TEXT"


def test_a_filter_of_another_module_can_be_added(serve: Serve) -> None:
    server = _handled(serve, "configured", modules=("filter", "deflate"))
    response = server.get("/?DEFLATE", headers={"Accept-Encoding": "gzip"})
    assert (response.text, response.headers["Content-Encoding"]) == ("some text", "gzip")


@pytest.mark.parametrize("function", ["configured", "exact_name"])
def test_an_unknown_filter_is_logged(serve: Serve, function: str) -> None:
    server = _handled(serve, function)
    assert server.text("/?nothing") == "some text"
    server.expect_log("AH00082: an unknown filter was not added")


def test_several_run_in_the_order_of_their_placing(serve: Serve) -> None:
    assert _handled(serve, "two").text("/page") == "</page:TEXT>"


def test_an_input_filter(serve: Serve) -> None:
    assert _handled(serve, "input").post("/", b"some body").text == "SOME BODY"


def test_the_two_directions_are_apart(serve: Serve) -> None:
    assert _handled(serve, "same_name").post("/page", b"body").text == "</page:BODY>"


def test_the_last_registration_of_a_name_counts(serve: Serve) -> None:
    assert _handled(serve, "replaced").text() == "SOME TEXT"


def test_for_a_file(serve: Serve) -> None:
    server = serve.prepare("filters", directory="PythonFixupHandler own")
    (server.htdocs / "page.txt").write_text("text")
    server.start()
    assert server.text("/page.txt") == "TEXT"


def test_another_request_does_not_have_it(serve: Serve) -> None:
    server = serve(
        "filters",
        directory="SetHandler mod_python\nPythonHandler own\n<Files plain>\nPythonHandler filters\n</Files>",
    )
    assert [server.text(path) for path in ("/", "/plain", "/")] == ["SOME TEXT", "some text", "SOME TEXT"]


def test_a_write_after_the_end_does_no_harm(serve: Serve) -> None:
    server = _handled(serve, "from_cleanup")
    for _ in range(3):
        assert server.text() == "SOME TEXT"


@pytest.mark.http1
def test_the_carrier_of_such_filters_does_nothing_by_itself(serve: Serve) -> None:
    server = _handled(serve, "registered_only", "SetOutputFilter MOD_PYTHON")
    assert server.get().status_code == 500
    server.expect_log(
        "MPY0401: the filter 'mod_python' has no handler here", "MPY0303: PythonHandler", "PythonHandler "
    )


def test_wrong_arguments(serve: Serve) -> None:
    types = ["TypeError", "TypeError", "ValueError", "TypeError", "TypeError", "TypeError", "TypeError"]
    assert _handled(serve, "wrong").json() == [*types, "ValueError", "ValueError", "ValueError"]
