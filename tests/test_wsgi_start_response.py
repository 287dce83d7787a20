"""`start_response` and `write` of a WSGI application (PEP 3333)."""

from __future__ import annotations

import re

import pytest
from harness import client, site
from harness.application import answering, application, expect_failure
from harness.serve import Serve

_REFUSED = [
    ("'200 OK', (('a', 'b'),)", "TypeError: headers must be a list"),
    ("'200 OK', [['a', 'b']]", "TypeError: a header must be a tuple"),
    ("'200 OK', [('a', 'b', 'c')]", "TypeError: a header must be a tuple"),
    ("'200 OK', [('a', 7)]", "TypeError: "),
    ("'200 OK', [(None, 'b')]", "TypeError: "),
    ("'200 OK', [('a', '\\u20ac')]", "TypeError: .*ISO-8859-1"),
    ("'200 OK', [('x', '1'), ('a', 'b\\r\\nc: d')]", "ValueError: "),
    ("'200 OK', [('x', '1'), ('a', 'b\\nc')]", "ValueError: "),
    ("'200 OK', [('x', '1'), ('a', 'b\\0c')]", "ValueError: "),
    ("'200 OK', [('x', '1'), ('a', 'b\\x1bc')]", "ValueError: header 'a'"),
    ("'200 OK', [('x', '1'), ('a b', 'c')]", "ValueError: header 'a b'"),
    ("'200 OK', [('x', '1'), ('a:', 'c')]", "ValueError: header 'a:'"),
    ("'200 OK', [('x', '1'), ('', 'c')]", "ValueError: header ''"),
    ("'200 OK', [('x', '1'), ('Connection', 'close')]", "ValueError: header 'Connection'"),
    ("'200 OK', [('x', '1'), ('transfer-encoding', 'chunked')]", "ValueError: header 'transfer-encoding'"),
    ("'200 OK', [('x', '1'), ('Content-Length', 'ten')]", "ValueError: header 'Content-Length'"),
    ("'200 OK', [('x', '1'), ('Content-Length', '-1')]", "ValueError: header 'Content-Length'"),
    ("'200 OK', [('Content-Length', '1'), ('content-length', '2')]", "ValueError: two Content-Lengths"),
    ("'200 OK\\r\\nx: y', []", "ValueError: "),
    ("'200 \\x01', []", "ValueError: a status cannot contain control characters"),
    ("'OK', []", "ValueError: a status starts with a number"),
    ("'600 High', []", "ValueError: a status starts with a number"),
    ("'2000', []", "ValueError: a status starts with a number"),
    ("'100 Continue', []", "ValueError: a status from 100 to 199"),
    ("200, []", "TypeError: "),
    ("None, []", "TypeError: "),
    ("'200 OK'", "TypeError: takes 2 or 3 arguments"),
    ("'200 OK', [], None, None", "TypeError: takes 2 or 3 arguments"),
    ("'200 OK', [], 7", "TypeError: exc_info must be the tuple"),
    ("'200 OK', [], (1, 2, 3)", "TypeError: 2 is no exception"),
]


def test_what_cannot_be_sent_is_refused(serve: Serve) -> None:
    """L7.2: 31. Nothing of it is set."""
    server = answering(
        serve,
        """
        try:
            eval(f"start_response({environ['wsgi.input'].read().decode()})")
        except Exception as error:
            refusal = f"{type(error).__name__}: {error}"
        start_response("201 Then", [("X-Then", "1")])
        return [refusal]
        """,
    )
    for arguments, error in _REFUSED:
        answer = server.post("/", arguments.encode())
        assert re.match(error, answer.text), (arguments, answer.text)
        assert (answer.status_code, answer.headers["X-Then"]) == (201, "1")
        assert not {"a", "x"} & set(answer.headers), arguments


def test_an_uncaught_refusal_is_an_error(serve: Serve) -> None:
    server = answering(serve, "start_response('200 OK', [('a', 'b\\r\\nSet-Cookie: c')])\nreturn [b'x']")
    answer = server.get()
    assert answer.status_code == 500
    assert "Set-Cookie" not in answer.headers
    expect_failure(server, "ValueError: ")


def test_headers_go_out_as_they_are(serve: Serve) -> None:
    """Several of one name, ISO-8859-1, tabs."""
    server = answering(
        serve,
        """
        start_response("200 OK", [
            ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-Text", "caf\\xe9\\tau"), ("Content-Type", "text/x"),
            (b"X-Bytes", b"\\xff"),
        ])
        return [b"x"]
        """,
    )
    answer = client.request(server.port, b"/")
    assert answer.head.count(b"Set-Cookie: ") == 2
    assert answer.header("X-Text") == b"caf\xe9\tau"
    assert answer.header("X-Bytes") == b"\xff"
    assert answer.header("Content-Type") == b"text/x"


def test_the_type_is_the_applications(serve: Serve) -> None:
    """Whatever mod_mime thinks of the file."""
    server = answering(
        serve,
        "start_response('200 OK', [('content-type', 'text/mine')])\nreturn [b'x']",
        modules=("mime",),
        directory="AddType text/other .py",
    )
    assert server.get("/app.py").headers["Content-Type"] == "text/mine"


def test_any_final_status(serve: Serve) -> None:
    server = answering(serve, "start_response(environ['HTTP_X_STATUS'], [])\nreturn [b'body']")
    for status in ("200", "299 Own", "500 Oops", "418 I'm a teapot"):
        answer = server.get(headers={"X-Status": status})
        assert (answer.status_code, answer.text) == (int(status[:3]), "body")
        if status[4:] and not site.HTTP2:
            assert answer.reason_phrase == status[4:]


# --- again ---


def test_a_second_call_is_an_error(serve: Serve) -> None:
    """L7.2: 31. In 3.5 the headers added up. `exc_info=None` counts as none."""
    server = answering(
        serve,
        "start_response('200 OK', [('X-First', '1')])\nstart_response('404 No', [('X-Second', '2')], None)\nreturn []",
    )
    assert server.get().status_code == 500
    expect_failure(server, r"RuntimeError: start_response\(\) was called before")


def test_none_for_exc_info_is_none(serve: Serve) -> None:
    """L7.2: 31. In 3.5 that was a SystemError."""
    assert answering(serve, "start_response('200 OK', [], None)\nreturn [b'x']").text() == "x"


_ERROR = "try:\n    1 / 0\nexcept ZeroDivisionError:\n    exc_info = sys.exc_info()\n"


def test_an_error_replaces_what_was_not_sent(serve: Serve) -> None:
    server = answering(
        serve,
        "start_response('200 OK', [('X-Old', '1'), ('Content-Length', '999'), ('Content-Type', 'text/old')])\n"
        + _ERROR
        + "start_response('503 Later', [('X-New', '1'), ('Content-Type', 'text/new')], exc_info)\nreturn [b'sorry']",
    )
    answer = server.get()
    assert (answer.status_code, answer.text) == (503, "sorry")
    assert "X-Old" not in answer.headers
    assert (answer.headers["X-New"], answer.headers["Content-Type"]) == ("1", "text/new")
    assert answer.headers["Content-Length"] == "5"


def test_an_error_after_the_headers_is_raised_again(serve: Serve) -> None:
    server = answering(
        serve,
        "start_response('200 OK', [])(b'begun')\n"
        + _ERROR
        + "try:\n    start_response('500 Oops', [('X-New', '1')], exc_info)\n"
        "except ZeroDivisionError as error:\n    assert error is exc_info[1]\n    return [b', raised']",
    )
    assert server.text() == "begun, raised"


def test_exc_info_may_come_first(serve: Serve) -> None:
    server = answering(serve, _ERROR + "start_response('500 Oops', [], exc_info)\nreturn [b'x']")
    answer = server.get()
    assert (answer.status_code, answer.text) == (500, "x")


def test_an_answer_that_was_not_begun_is_200(serve: Serve) -> None:
    """As in 3.5: nobody asks whether start_response was called."""
    assert answering(serve, "return [b'x']").text() == "x"


def test_it_may_be_called_as_late_as_for_the_first_block(serve: Serve) -> None:
    server = application(
        serve,
        """
        def application(environ, start_response):
            yield b""
            start_response("202 Late", [])
            yield b"x"
        """,
    )
    answer = server.get()
    assert (answer.status_code, answer.text) == (202, "x")


# --- write ---


def test_write_sends_before_the_blocks(serve: Serve) -> None:
    server = answering(
        serve, "write = start_response('200 OK', [])\nwrite(b'one ')\nwrite('caf\\xe9 ')\nreturn [b'three']"
    )
    assert server.text() == "one caf\xe9 three"


def test_write_goes_out_at_once(serve: Serve) -> None:
    server = answering(
        serve,
        """
        write = start_response("200 OK", [])
        write(b"first")
        environ["wsgi.input"].read()
        return [b"second"]
        """,
    )
    with client.Conversation(server.port) as conversation:
        conversation.post(b"Content-Length: 1", b"Connection: close")
        heard = b""
        while b"first" not in heard:
            heard += conversation.hear()
        assert b"second" not in heard
        conversation.say(b"x")
        assert b"second" in conversation.hear_all()


def test_write_counts(serve: Serve) -> None:
    server = answering(serve, "start_response('200 OK', [('Content-Length', '6')])(b'123')\nreturn iter([b'456'])")
    answer = client.request(server.port, b"/")
    assert (answer.header("Content-Length"), answer.body) == (b"6", b"123456")


def test_write_beyond_the_length_is_an_error(serve: Serve) -> None:
    """PEP 3333: what fits is sent."""
    server = answering(
        serve,
        """
        write = start_response("200 OK", [("Content-Length", "4")])
        try:
            write(b"123456")
        except ValueError as error:
            assert str(error) == "more than the Content-Length of 4 bytes"
            return []
        """,
    )
    assert client.request(server.port, b"/").body == b"1234"


@pytest.mark.parametrize("data", ["7", "None", "bytearray(b'x')", "[b'x']"])
def test_write_takes_bytes(serve: Serve, data: str) -> None:
    server = answering(serve, f"start_response('200 OK', [])({data})\nreturn []")
    assert server.get().status_code == 500
    expect_failure(server, "TypeError: a WSGI application must give bytes")


def test_what_is_kept_too_long_is_of_no_use(serve: Serve) -> None:
    server = application(
        serve,
        """
        kept = []

        def application(environ, start_response):
            if kept:
                try:
                    kept[0](b"x")
                except ReferenceError:
                    kept[1:] = [True]
                try:
                    kept.pop(0)
                except ReferenceError:
                    pass
                start_response("200 OK", [])
                return [repr(kept)]
            kept.append(start_response("200 OK", []))
            return [b"kept"]
        """,
    )
    assert [server.text(), server.text()] == ["kept", "[True]"]


def test_another_thread_may_write(serve: Serve) -> None:
    server = answering(
        serve,
        """
        write = start_response("200 OK", [])
        thread = threading.Thread(target=write, args=(b"from a thread",))
        thread.start()
        thread.join()
        return []
        """,
    )
    assert server.text() == "from a thread"
