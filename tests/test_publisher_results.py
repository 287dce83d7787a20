"""What the publisher makes of what a published object is or returns."""

from __future__ import annotations

import pytest
from harness.serve import Serve
from harness.server import Server

PUBLISHER = "SetHandler mod_python\nPythonHandler mod_python.publisher"


@pytest.fixture
def server(serve: Serve) -> Server:
    return serve("publisher", directory=PUBLISHER)


def _answers(server: Server, *paths: str) -> dict[str, tuple[bytes, str | None]]:
    """Body and content type of each."""
    answers = {path: server.get(path) for path in paths}
    assert {answer.status_code for answer in answers.values()} == {200}
    return {path: (answer.content, answer.headers.get("Content-Type")) for path, answer in answers.items()}


TEXT = "text/plain; charset=utf-8"


def test_values_are_sent_as_their_text(server: Server) -> None:
    assert _answers(server, "/NUMBER", "/TEXT", "/EMPTY", "/LIST", "/DICT", "/instance") == {
        "/NUMBER": (b"42", TEXT),
        "/TEXT": (b"text <b>", TEXT),
        "/EMPTY": (b"", TEXT),
        "/LIST": (b"['a', 1]", TEXT),
        "/DICT": (b"{'key': 'value'}", TEXT),
        "/instance": (b"str of an instance", TEXT),
    }


def test_results_of_functions_are_sent_as_their_text(server: Server) -> None:
    """L7.3: 13. A number is text and no status."""
    assert _answers(server, "/returns_number", "/returns_list") == {
        "/returns_number": (b"404", TEXT),
        "/returns_list": (b"['a', {'b': 1}]", TEXT),
    }


def test_none_is_an_empty_answer_without_a_type(server: Server) -> None:
    assert _answers(server, "/NOTHING", "/returns_none") == {"/NOTHING": (b"", None), "/returns_none": (b"", None)}


def test_bytes_are_sent_as_they_are(server: Server) -> None:
    """L7.2: 22. As text of no stated encoding, unless the script says what they are."""
    assert _answers(server, "/BYTES", "/returns_bytes", "/returns_bytearray") == {
        "/BYTES": (b"\xff\x00raw", "text/plain"),
        "/returns_bytes": (b"\xff\x00raw", "text/plain"),
        "/returns_bytearray": (b"array", "text/plain"),
    }


def test_the_end_of_a_text_tells_html(server: Server) -> None:
    answers = _answers(server, "/html", "/not_html")
    assert answers["/html"][1] == "text/html; charset=utf-8"
    assert answers["/not_html"][1] == TEXT


def test_a_type_that_the_script_has_set_stays(server: Server) -> None:
    assert _answers(server, "/typed") == {"/typed": (b'{"a": 1}', "application/json")}


def test_what_a_function_writes_is_its_answer(server: Server) -> None:
    assert _answers(server, "/writes") == {"/writes": (b"written", "text/x-written")}


def test_items_of_iterators_are_sent_one_after_the_other(server: Server) -> None:
    """L7.1: 45. Those that a function returns: one that a module keeps would be at its end for the second client."""
    assert _answers(server, "/generates", "/iterates", "/streams") == {
        "/generates": (b"one 2 three", "text/plain"),
        "/iterates": (b"ab", TEXT),
        "/streams": (b"ab", "text/x-stream"),
    }
    assert server.text("/FILE").startswith("<_io.TextIOWrapper")


def test_a_callable_result_is_called_with_the_form(server: Server) -> None:
    """L7.2: 22. The body is read once, and its fields are there for the second call too."""
    assert server.text("/returns_function?x=1") == "inner 1"
    assert server.http.post("/returns_function", data={"x": "2"}).text == "inner 2"
    assert server.text("/returns_class") == "str of an instance"


def test_a_function_that_returns_itself_ends(server: Server) -> None:
    server.expect_log("RecursionError")
    server.tolerate_log(".")
    assert server.get("/returns_itself").status_code == 500


def test_a_form_that_was_read_before_is_used(serve: Serve) -> None:
    """As by an authentication handler that looks for a token."""
    server = serve.prepare("publisher", directory=f"{PUBLISHER}\nPythonFixupHandler fixup")
    (server.htdocs / "fixup.py").write_text(
        "from mod_python import apache, util\n"
        "def fixuphandler(req):\n"
        "    req.form = util.FieldStorage(req, keep_blank_values=1)\n"
        "    return apache.OK\n"
    )
    server.start()
    assert server.http.post("/keeps_form", data={"a": "1"}).text == "1 1"


def test_functions_find_the_form_in_the_request(server: Server) -> None:
    assert server.text("/keeps_form?a=") == " "
    assert server.text("/keeps_form") == "none None"


def test_status_and_server_return_are_the_functions_business(server: Server) -> None:
    answer = server.get("/conflict")
    assert (answer.status_code, answer.text) == (409, "short and stout")
    assert server.get("/gone").status_code == 410


def test_bytes_of_a_client_that_are_no_utf_8_leave_as_they_came(server: Server) -> None:
    answer = server.raw(b"/echo?value=%ff%C3%A4")
    assert (answer.status, answer.body) == (200, b"\xff\xc3\xa4")


def test_surrogates_that_stand_for_no_byte_are_an_error(server: Server) -> None:
    server.expect_log("UnicodeEncodeError")
    server.tolerate_log(".")
    assert server.get("/surrogate").status_code == 500
