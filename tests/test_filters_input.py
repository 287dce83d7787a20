"""Input filters: what readers of a body get."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from harness import client
from harness.serve import Serve
from harness.server import Server


def _filtered(serve: Serve, function: str, handler: str = "filters::echo", **config: Any) -> Server:
    """A Python handler that reads a body through one filter named `f`."""
    lines = f"PythonInputFilter {function} f\nSetInputFilter f\nSetHandler mod_python\nPythonHandler {handler}"
    return serve("filters", directory=lines + "\n" + config.pop("directory", ""), **config)


def test_a_body_is_transformed(serve: Serve) -> None:
    assert _filtered(serve, "filters").post("/", b"some body").text == "SOME BODY"


def test_what_a_filter_says(serve: Serve) -> None:
    answer = _filtered(serve, "inputs::facts").post("/", b"x").json()
    assert answer == {"name": "f", "is_input": 1, "handler": "inputs::facts", "closed": 0}


def test_a_chunked_body(serve: Serve) -> None:
    def parts() -> Iterator[bytes]:
        yield from (b"one ", b"two ", b"three")

    assert _filtered(serve, "filters").post("/", parts()).text == "ONE TWO THREE"


def test_no_body(serve: Serve) -> None:
    assert _filtered(serve, "filters").text() == ""


@pytest.mark.parametrize("size", [1, 8000, 8192, 100_000, 3_000_000])
def test_bodies_of_any_length(serve: Serve, size: int) -> None:
    body = (b"abcdefg" * (size // 7 + 1))[:size]
    assert _filtered(serve, "filters").post("/", body).content == body.upper()


def test_a_reader_gets_no_more_than_it_asks_for(serve: Serve) -> None:
    """Nothing of what a filter has in excess is lost."""
    server = _filtered(serve, "inputs::grows", "filters::echo_pieces")
    assert server.post("/", b"ab").text == "|".join(("ab" * 1000)[at : at + 7] for at in range(0, 2000, 7))


def test_a_great_excess(serve: Serve) -> None:
    body = b"x" * 5000
    assert _filtered(serve, "inputs::grows").post("/", body).content == body * 1000


def test_a_filter_may_keep_everything_until_the_end(serve: Serve) -> None:
    body = b"0123456789" * 10_000
    assert _filtered(serve, "inputs::buffers").post("/", body).content == body[::-1]


def test_the_end_is_not_lost_with_a_filter_that_does_not_close(serve: Serve) -> None:
    assert _filtered(serve, "inputs::does_not_close").post("/", b"some body").text == "SOME BODY"


def test_what_a_filter_does_not_read_goes_on(serve: Serve) -> None:
    assert _filtered(serve, "inputs::reads_nothing").post("/", b"some body").text == "some body"
    assert _filtered(serve, "inputs::reads_a_little").post("/", b"some body").text == "SOME body"


def test_pass_on_leaves_everything_as_it_is(serve: Serve) -> None:
    body = b"some body" * 10_000
    assert _filtered(serve, "inputs::passes_on").post("/", body).content == body


def test_a_disabled_filter_lets_everything_through(serve: Serve) -> None:
    body = b"some body" * 10_000
    assert _filtered(serve, "inputs::disables").post("/", body).content == b"[once]" + body


def test_a_body_may_be_invented(serve: Serve) -> None:
    assert _filtered(serve, "inputs::invents").post("/", b"some body").text == "invented"


def test_lines(serve: Serve) -> None:
    assert _filtered(serve, "inputs::lines").post("/", b"one\n\nlast").text == "4:one\n1:\n4:last"


def test_flushes_do_not_hurt(serve: Serve) -> None:
    body = b"some body" * 10_000
    assert _filtered(serve, "inputs::flushes").post("/", body).content == body.upper()


def test_a_closed_filter_is_not_read_or_written(serve: Serve) -> None:
    server = _filtered(serve, "inputs::after_close")
    assert server.post("/", b"body").text == ""
    server.log.wait_for(r"\['the filter is closed', 'the filter is closed', 'the filter is closed'\]")


def test_what_follows_an_early_end_is_no_request(serve: Serve) -> None:
    """The rest of the body is read from the connection before its next request."""
    server = _filtered(serve, "inputs::ends_early")
    smuggled = b"GET /smuggled HTTP/1.1\r\nHost: main.test\r\n\r\n"
    body = b"abc" + b"x" * 20_000 + smuggled
    first = b"POST / HTTP/1.1\r\nHost: main.test\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    second = b"GET / HTTP/1.1\r\nHost: main.test\r\nConnection: close\r\n\r\n"
    answer = client.exchange(server.port, first + second)
    assert answer.count(b"HTTP/1.1 ") == answer.count(b"HTTP/1.1 200") == 2


def test_several_filters_run_in_order(serve: Serve) -> None:
    lines = "PythonInputFilter inputs::lines g\nSetInputFilter f;g"
    server = _filtered(serve, "filters", directory=lines)
    assert server.post("/", b"one\ntwo").text == "4:ONE\n3:TWO"


def test_a_request_on_the_same_connection_starts_anew(serve: Serve) -> None:
    server = _filtered(serve, "filters")
    with server.keeping_alive() as http:
        assert [http.post("/", content=b"body").text for _ in range(3)] == ["BODY"] * 3


def test_both_directions_at_once(serve: Serve) -> None:
    lines = "PythonOutputFilter filters::marks g\nSetOutputFilter g"
    assert _filtered(serve, "filters", directory=lines).post("/page", b"body").text == "</page:BODY>"


@pytest.mark.parametrize("name", ["HTTP_IN", "deflate"])
def test_a_filter_of_another_module_cannot_be_replaced(serve: Serve, name: str) -> None:
    refusal = serve.refused("filters", server=f"PythonInputFilter filters {name}", modules=("filter", "deflate"))
    assert "another module's" in refusal


def test_the_same_name_may_be_an_input_and_an_output_filter(serve: Serve) -> None:
    lines = "PythonOutputFilter filters::does_not_close f\nSetOutputFilter f"
    assert _filtered(serve, "filters", directory=lines).post("/", b"Body").text == "body"


# --- errors ---


def test_the_reader_learns_of_a_failure(serve: Serve) -> None:
    server = _filtered(serve, "inputs::fails", "inputs::reads_on_error")
    assert server.post("/", b"some body").text == "noticed"
    server.expect_log(r"MPY0303: f inputs::fails .*RuntimeError: the input cannot be had", "f inputs::fails: ")


def test_a_handler_that_does_not_notice_fails(serve: Serve) -> None:
    server = _filtered(serve, "inputs::fails")
    assert server.post("/", b"some body").status_code == 500
    server.expect_log(
        r"MPY0303: f inputs::fails", "f inputs::fails: ", r"MPY0303: PythonHandler.*OSError", "PythonHandler "
    )


def test_what_follows_a_failure_is_no_request(serve: Serve) -> None:
    server = _filtered(serve, "inputs::fails", "inputs::reads_on_error")
    server.expect_log(r"MPY0303: f inputs::fails", "f inputs::fails: ")
    smuggled = b"GET /smuggled HTTP/1.1\r\nHost: main.test\r\n\r\n"
    body = b"x" * 20_000 + smuggled
    request = b"POST / HTTP/1.1\r\nHost: main.test\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    answer = client.exchange(server.port, request)
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("function", ["returns", "returns_at_once"])
def test_server_return_drops_what_was_not_passed_on(serve: Serve, function: str) -> None:
    assert _filtered(serve, f"inputs::{function}").post("/", b"some body").text == ""


# --- large bodies, HTTP/2 ---


def test_a_large_body_is_not_held_in_memory(serve: Serve) -> None:
    server = _filtered(serve, "filters::swaps", "filters::counts_body")

    def zeros(count: int) -> Iterator[bytes]:
        for _ in range(count):
            yield bytes(65536)

    assert server.post("/", zeros(16)).text == str(1024 * 1024)
    before = server.process.peak_memory()
    assert server.post("/", zeros(16 * 200)).text == str(200 * 1024 * 1024)
    assert server.process.peak_memory() - before < 20


def test_over_http2(serve: Serve) -> None:
    server = _filtered(serve, "filters", server="Protocols h2c http/1.1", modules=("http2",))
    server.tolerate_log("AH10034")
    with client.http2(server.port) as http:
        body = b"some body" * 50_000
        for _ in range(3):
            assert http.post("/", content=body).content == body.upper()


# --- what the client does is no failure of a filter ---


def test_a_body_that_is_malformed(serve: Serve) -> None:
    server = _filtered(serve, "inputs::does_not_close")
    with client.Conversation(server.port) as talk:
        talk.post(b"Transfer-Encoding: chunked", body=b"no length\r\n")
        assert talk.hear_all().startswith(b"HTTP/1.1 400")
    server.log.wait_for("^MPY0322: f inputs::does_not_close: ")
    server.log.wait_for("^MPY0322: PythonHandler filters::echo: ")


def test_a_body_that_is_too_large(serve: Serve) -> None:
    server = _filtered(serve, "inputs::does_not_close", directory="LimitRequestBody 10")
    with client.Conversation(server.port) as talk:
        talk.post(b"Transfer-Encoding: chunked", body=b"10\r\n0123456789abcdef\r\n0\r\n\r\n")
        assert talk.hear_all().startswith(b"HTTP/1.1 413")
    server.log.wait_for("^MPY0321: f inputs::does_not_close: ")
    server.log.wait_for("^MPY0321: PythonHandler filters::echo: ")
    server.tolerate_log("^AH0158[78]: ")


def test_a_client_that_leaves_in_the_middle_of_its_body(serve: Serve) -> None:
    server = _filtered(serve, "inputs::does_not_close")
    with client.Conversation(server.port) as talk:
        talk.post(b"Content-Length: 10", body=b"012345")
        talk.done_sending()
        assert talk.hear_all() == b""
    server.log.wait_for("^MPY0309: f inputs::does_not_close: ")
    server.log.wait_for("^MPY0309: PythonHandler filters::echo: ")
