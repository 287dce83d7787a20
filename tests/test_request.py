"""The request object: what it says, takes, sends and refuses."""

from __future__ import annotations

import socket

import pytest
from harness import client, memcheck
from harness.inside import Inside
from harness.serve import Serve
from harness.server import Server

_ECHO = "SetHandler mod_python\nPythonHandler echo"


def _echo(serve: Serve, function: str = "") -> Server:
    return serve("echo", directory=_ECHO + (f"::{function}" if function else ""))


# --- what it says ---


@pytest.mark.http1
def test_the_request_as_python_sees_it(serve: Serve) -> None:
    """21.7: 101 among others."""
    server = _echo(serve)
    seen = server.json("/a/b?x=1&y=%20", headers={"X-One": "1"})
    assert seen["method"] == "GET"
    assert seen["uri"] == "/a/b"
    assert seen["unparsed_uri"] == "/a/b?x=1&y=%20"
    assert seen["args"] == "x=1&y=%20"
    assert seen["the_request"] == "GET /a/b?x=1&y=%20 HTTP/1.1"
    assert seen["filename"] == f"{server.htdocs}/a"
    assert seen["path_info"] == "/b"
    assert seen["status"] == 200
    assert seen["handler"] == "mod_python"
    assert seen["interpreter"] == "main.test"
    assert ["X-One", "1"] in seen["headers_in"]
    assert ["Host", "main.test"] in seen["headers_in"]


def test_what_is_not_there_is_none(serve: Serve) -> None:
    seen = _echo(serve).json("/page")
    assert seen["args"] is None
    assert seen["user"] is None
    assert seen["content_type"] is None
    assert seen["path_info"] == ""


def test_an_empty_query_is_not_a_missing_one(serve: Serve) -> None:
    assert _echo(serve).json("/page?")["args"] == ""


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "PROPFIND", "MADEUP"])
def test_any_method_reaches_the_handler(serve: Serve, method: str) -> None:
    server = _echo(serve)
    assert server.http.request(method, "/page").json()["method"] == method


def test_each_of_many_requests_at_once_sees_its_own_facts(serve: Serve) -> None:
    server = serve("echo", directory=_ECHO + "::args", children=2)
    answers = [server.text(f"/?{number}") for number in range(20)]
    assert answers == [str(number) for number in range(20)]
    assert {answer.text for answer in server.at_once(12, "/?same")} == {"same"}


def test_several_requests_on_one_connection(serve: Serve) -> None:
    server = _echo(serve, "args")
    requests = b"".join(b"GET /?%d HTTP/1.1\r\nHost: main.test\r\n\r\n" % number for number in range(5))
    last = b"GET /?last HTTP/1.1\r\nHost: main.test\r\nConnection: close\r\n\r\n"
    answer = client.exchange(server.port, requests + last)
    bodies = [part.split(b"\r\n")[1] for part in answer.split(b"\r\n\r\n") if b"\r\n" in part and part[:1].isdigit()]
    assert bodies == [b"0", b"1", b"2", b"3", b"4", b"last"]


# --- the type ---


def test_the_type_prints_without_a_module(inside: Inside) -> None:
    assert inside("result = [str(type(req)), type(req).__name__]") == ["<class 'mp_request'>", "mp_request"]


def test_a_script_cannot_make_one(inside: Inside) -> None:
    assert inside.error("type(req)()").startswith("TypeError: ")


def test_a_request_is_hashable_by_identity(inside: Inside) -> None:
    assert inside("result = [req in {req}, req == req, {req: 1}[req]]") == [True, True, 1]


def test_own_attributes_come_and_go(inside: Inside) -> None:
    source = """
        req.mine = [1]
        first = req.mine
        del req.mine
        result = [first, hasattr(req, "mine")]
    """
    assert inside(source) == [[1], False]


def test_own_attributes_do_not_outlive_the_request(inside: Inside) -> None:
    assert inside("req.mine = 1\nresult = req.mine") == 1
    assert inside("result = hasattr(req, 'mine')") is False


@pytest.mark.parametrize("source", ["req.no_such_attribute", "del req.no_such_attribute"])
def test_an_unknown_attribute_is_an_attribute_error(inside: Inside, source: str) -> None:
    assert inside.error(source).startswith("AttributeError: ")


@pytest.mark.parametrize("name", ["method", "the_request", "unparsed_uri", "interpreter", "headers_in", "headers_out"])
def test_read_only(inside: Inside, name: str) -> None:
    assert inside.error(f"req.{name} = 'x'").startswith("AttributeError: ")


@pytest.mark.parametrize("name", ["status", "content_type", "uri", "filename", "args", "user", "method", "headers_in"])
def test_built_in_attributes_cannot_be_deleted(inside: Inside, name: str) -> None:
    assert inside.error(f"del req.{name}").split(":")[0] in {"AttributeError", "TypeError"}
    assert inside("result = 1") == 1


@pytest.mark.parametrize("name", ["uri", "filename", "path_info", "args", "user", "content_type", "handler"])
def test_text_attributes_take_text_and_bytes(inside: Inside, name: str) -> None:
    source = f"""
        class Text(str):
            pass
        result = []
        for value in ("text", b"bytes", Text("subclass"), ""):
            req.{name} = value
            result.append(req.{name})
    """
    assert inside(source) == ["text", "bytes", "subclass", ""]


@pytest.mark.parametrize("name", ["uri", "filename", "path_info", "args", "user", "content_type", "handler"])
@pytest.mark.parametrize("value", ["7", "['x']", "object()"])
def test_text_attributes_take_nothing_else(inside: Inside, name: str, value: str) -> None:
    assert inside.error(f"req.{name} = {value}").startswith("TypeError: ")


@pytest.mark.parametrize("name", ["args", "handler"])
def test_none_clears(inside: Inside, name: str) -> None:
    assert inside(f"req.{name} = 'x'\nreq.{name} = None\nresult = req.{name}") is None


@pytest.mark.parametrize("name", ["uri", "filename", "user", "content_type"])
def test_none_is_refused(inside: Inside, name: str) -> None:
    assert inside.error(f"req.{name} = None").startswith("TypeError: ")


@pytest.mark.parametrize("name", ["uri", "filename", "path_info", "args", "user", "content_type", "handler"])
def test_a_nul_never_truncates(inside: Inside, name: str) -> None:
    assert inside.error(f"req.{name} = 'a\\0b'").startswith("ValueError: ")
    assert inside.error(f"req.{name} = b'a\\0b'").startswith("ValueError: ")


def test_status_is_a_number(inside: Inside) -> None:
    assert inside("req.status = 404\nresult = req.status\nreq.status = 200") == 404
    assert inside.error("req.status = '404'").startswith("TypeError: ")
    assert inside.error("req.status = None").startswith("TypeError: ")
    assert inside.error("req.status = 2**80").startswith("OverflowError: ")


@pytest.mark.parametrize(
    "source", ["req.write(data='x')", "req.write()", "req.write('x', 0, 0)", "req.read(len=1)", "req.flush(1)"]
)
def test_arguments_are_positional_and_counted(inside: Inside, source: str) -> None:
    assert inside.error(source).startswith("TypeError: ")


# --- bytes from outside ---


@pytest.mark.parametrize("target", [b"/%ff%fe", b"/\xff\xfe"])
def test_a_url_that_is_not_utf8_is_latin1_text(serve: Serve, target: bytes) -> None:
    server = _echo(serve)
    answer = server.raw(target + b"?\xe9")
    assert answer.status == 200
    assert b'"uri": "/\\u00ff\\u00fe"' in answer.body
    assert b'"args": "\\u00e9"' in answer.body


def test_a_file_name_that_is_not_utf8_is_surrogate_escaped(serve: Serve) -> None:
    answer = _echo(serve).raw(b"/%ff")
    assert answer.status == 200
    assert b"\\udcff" in answer.body


@pytest.mark.parametrize("value", [b"\xff\xfe", b"caf\xe9", "grün".encode(), b"\xed\xa0\x80", b"\xf0\x9f"])
def test_bytes_pass_unchanged_through_python(serve: Serve, value: bytes) -> None:
    server = _echo(serve, "sends_back")
    answer = server.raw(b"/" + value, b"X-Header: " + value)
    assert answer.status == 200
    assert answer.header("X-Header") == value
    assert answer.header("X-Uri") == b"/" + value
    assert answer.body.endswith(b"/" + value + b"\r\n0\r\n\r\n") or answer.body.endswith(b"/" + value)


def test_a_strange_header_name_is_only_a_key(serve: Serve) -> None:
    assert _echo(serve).raw(b"/", b"X!#$%&'*+-.^_`|~: x").status == 200


@pytest.mark.http1
def test_many_large_headers_arrive(serve: Serve) -> None:
    server = _echo(serve)
    seen = server.json("/", headers={f"X-{number}": "v" * 4000 for number in range(80)})
    assert sum(name.startswith("X-") for name, _ in seen["headers_in"]) == 80


# --- headers to the client ---


@pytest.mark.http1
def test_response_headers_are_sent(inside: Inside) -> None:
    """21.2: 34."""
    source = """
        req.headers_out["X-Text"] = "text"
        req.headers_out["X-Bytes"] = b"b\\xfftes"
        req.headers_out["X-Latin"] = "caf\\xe9"
        req.headers_out.add("X-Two", "1")
        req.headers_out.add("X-Two", "2")
    """
    answer = inside.server.post("/", source.replace("\n        ", "\n").encode())
    headers = dict(answer.headers.raw)
    assert headers[b"X-Text"] == b"text"
    assert headers[b"X-Bytes"] == b"b\xfftes"
    assert headers[b"X-Latin"] == b"caf\xe9"
    assert answer.headers.get_list("X-Two") == ["1", "2"]


_INJECTIONS = ["a\\rb", "a\\nb", "a\\r\\nSet-Cookie: x=1", "a\\0b", "\\n", "\\0"]


@pytest.mark.parametrize(
    "statement",
    [
        "req.headers_out['X-A'] = {}",
        "req.headers_out.add('X-A', {})",
        "req.headers_out.setdefault('X-A', {})",
        "req.headers_out.update({{'X-A': {}}})",
        "req.content_type = {}",
        "req.headers_out[{}] = 'x'",
        "req.headers_out.add({}, 'x')",
    ],
)
def test_no_line_break_or_nul_enters_a_header(inside: Inside, statement: str) -> None:
    for text in _INJECTIONS:
        assert inside.error(statement.format(f"'{text}'")).startswith("ValueError: ")
        # update() turns bytes into the text of their literal, which has no line break.
        if "update" not in statement:
            assert inside.error(statement.format(f"b'{text}'")).startswith("ValueError: ")


@pytest.mark.parametrize("statement", ["req.headers_out['X-A'] = '\\u20ac'", "req.content_type = '\\u20ac'"])
def test_a_character_beyond_latin1_is_refused(inside: Inside, statement: str) -> None:
    kind = inside.error(statement).split(":")[0]
    assert kind in {"UnicodeEncodeError", "ValueError", "TypeError"}


def test_content_type_is_sent(inside: Inside) -> None:
    seen = inside("req.content_type = 'text/x-own'\nresult = req.content_type")
    assert seen == "text/x-own"


# --- write ---


@pytest.mark.parametrize(
    ("data", "body"),
    [
        ("'text'", b"text"),
        ("'gr\\xfcn \\U0001f40d'", "grün \U0001f40d".encode()),
        ("b'by\\xfftes'", b"by\xfftes"),
        ("bytearray(b'array')", b"array"),
        ("memoryview(b'a view')[2:]", b"view"),
        ("b''", b""),
        ("''", b""),
        ("'nul\\0inside'", b"nul\0inside"),
    ],
)
def test_write(inside: Inside, data: str, body: bytes) -> None:
    server = inside.server
    answer = server.post("/", f"req.write({data})".encode())
    assert answer.content == body + b'{"result": null}'


@pytest.mark.parametrize("data", ["7", "None", "['x']", "object()"])
def test_write_refuses_what_is_no_data(inside: Inside, data: str) -> None:
    assert inside.error(f"req.write({data})").startswith("TypeError: ")


def test_write_refuses_a_lone_surrogate(inside: Inside) -> None:
    assert inside.error("req.write('\\udc80')").startswith("UnicodeEncodeError: ")


def test_write_returns_none(inside: Inside) -> None:
    server = inside.server
    assert server.post("/", b"result = req.write('x')").text == 'x{"result": null}'


@pytest.mark.http1
def test_write_sends_at_once_unless_told_not_to(inside: Inside) -> None:
    server = inside.server
    at_once = server.post("/", b"req.write('x' * 10)")
    assert at_once.headers.get("Transfer-Encoding") == "chunked"
    # The evaluator's own answer is what flushes this one; the header may still be added.
    later = server.post("/", b"req.write('x' * 10, 0)\nreq.headers_out['X-Late'] = '1'")
    assert later.headers["X-Late"] == "1"
    early = server.post("/", b"req.write('x' * 10)\nreq.headers_out['X-Late'] = '1'")
    assert "X-Late" not in early.headers


def test_flush_sends_what_was_buffered(inside: Inside) -> None:
    source = b"req.write('x', 0)\nreq.flush()\nreq.headers_out['X-Late'] = '1'"
    assert "X-Late" not in inside.server.post("/", source).headers


def test_a_large_answer_arrives_whole(inside: Inside) -> None:
    source = b"for n in range(64):\n    req.write(bytes([n]) * 65536, 0)"
    body = inside.server.post("/", source).content
    assert body == b"".join(bytes([n]) * 65536 for n in range(64)) + b'{"result": null}'


def test_another_thread_runs_while_one_writes(serve: Serve) -> None:
    """A client that does not read must not hold up the interpreter."""
    server = serve("aborts", directory="SetHandler mod_python\nPythonHandler aborts::catches", children=2)
    with socket.create_connection(("127.0.0.1", server.port)) as slow:
        slow.sendall(b"GET / HTTP/1.0\r\nHost: main.test\r\n\r\n")
        slow.recv(1)
        with socket.create_connection(("127.0.0.1", server.port), memcheck.patience(5)) as other:
            other.sendall(b"GET / HTTP/1.0\r\nHost: main.test\r\n\r\n")
            assert other.recv(12) == b"HTTP/1.1 200"


# --- read ---


def _reading(serve: Serve, code: str) -> Server:
    server = serve.prepare(None, directory="SetHandler mod_python\nPythonHandler reading")
    lines = "\n".join(f"    {line}" for line in code.splitlines())
    (server.htdocs / "reading.py").write_text(
        f"def handler(req):\n{lines}\n    req.write(repr(result))\n    return 0\n"
    )
    server.start()
    return server


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("result = req.read()", b"0123456789"),
        ("result = req.read(-1)", b"0123456789"),
        ("result = req.read(4)", b"0123"),
        ("result = req.read(0)", b""),
        ("result = req.read(100)", b"0123456789"),
        ("result = [req.read(4), req.read(4), req.read(4), req.read(4)]", [b"0123", b"4567", b"89", b""]),
        ("result = [req.read(3), req.read(), req.read()]", [b"012", b"3456789", b""]),
    ],
)
def test_read(serve: Serve, code: str, result: object) -> None:
    server = _reading(serve, code)
    assert server.post("/", b"0123456789").text == repr(result)


def test_read_without_a_body_is_empty(serve: Serve) -> None:
    assert _reading(serve, "result = req.read()").text() == repr(b"")


def test_read_returns_every_byte(serve: Serve) -> None:
    server = _reading(serve, "result = req.read() == bytes(range(256)) * 4096")
    assert server.post("/", bytes(range(256)) * 4096).text == "True"


def test_a_chunked_body_is_decoded(serve: Serve) -> None:
    server = _reading(serve, "result = req.read()")
    answer = server.http.post("/", content=iter([b"first ", b"second ", b"third"]))
    assert answer.text == repr(b"first second third")


def test_read_takes_a_number(inside: Inside) -> None:
    assert inside.error("req.read('x')").startswith("TypeError: ")


def test_a_body_that_is_not_read_does_no_harm(serve: Serve) -> None:
    server = _reading(serve, "result = 'unread'")
    request = b"POST / HTTP/1.1\r\nHost: main.test\r\nContent-Length: 10\r\n\r\n0123456789"
    last = b"GET / HTTP/1.1\r\nHost: main.test\r\nConnection: close\r\n\r\n"
    assert client.exchange(server.port, request + last).count(b"'unread'") == 2


def test_expect_100_is_answered_when_the_body_is_read(serve: Serve) -> None:
    server = _reading(serve, "result = req.read()")
    with socket.create_connection(("127.0.0.1", server.port), memcheck.patience(10)) as connection:
        head = b"POST / HTTP/1.1\r\nHost: main.test\r\nContent-Length: 3\r\nExpect: 100-continue\r\nConnection: close"
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 100")
        connection.sendall(b"abc")
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    assert repr(b"abc").encode() in answer


def test_a_body_cut_short_is_an_oserror(serve: Serve) -> None:
    server = _reading(serve, "try:\n    result = req.read()\nexcept OSError as error:\n    req.log_error('cut short')")
    server.expect_log("^cut short$")
    server.tolerate_log("^MPY0303", "^PythonHandler ", "AH01574|AH01575")
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: main.test\r\nContent-Length: 10\r\n\r\n012")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass
    server.log.wait_for("^cut short$")


# --- log_error ---


@pytest.mark.parametrize(
    ("level", "logged"),
    [
        ("", "error"),
        (", apache.APLOG_EMERG", "emerg"),
        (", apache.APLOG_CRIT", "crit"),
        (", apache.APLOG_ERR", "error"),
        (", apache.APLOG_WARNING", "warn"),
        (", apache.APLOG_NOTICE", "notice"),
        (", apache.APLOG_INFO", "info"),
    ],
)
def test_log_error_has_the_level_asked_for(inside: Inside, level: str, logged: str) -> None:
    inside.server.expect_log("^said by a script$")
    inside(f"req.log_error('said by a script'{level})")
    (entry,) = inside.server.log.find("^said by a script$")
    assert (entry.level, entry.module) == (logged, "python")


def test_a_trace_is_no_emergency(inside: Inside) -> None:
    inside("req.log_error('a trace', 8)")
    assert inside.server.log.find("a trace") == []


def test_log_error_respects_the_servers_level(inside: Inside) -> None:
    inside("req.log_error('not to be seen', apache.APLOG_DEBUG)")
    assert not inside.server.log.find("not to be seen")


def test_a_log_message_is_not_a_format(inside: Inside) -> None:
    inside.server.expect_log("^100% %s %n %d$")
    inside("req.log_error('100% %s %n %d')")


def test_a_log_message_is_one_entry(inside: Inside) -> None:
    inside.server.expect_log("^first.*second")
    inside("req.log_error('first\\npython|emerg|1|1|-|second')")
    assert len(inside.server.log.find("second")) == 1


@pytest.mark.parametrize("text", ["gr\\xfcn", "\\udcff", "\\U0001f40d", "nul\\0inside", "x" * 20000])
def test_any_text_can_be_logged_or_is_refused(inside: Inside, text: str) -> None:
    inside.server.tolerate_log("^begin ")
    source = f"""
        try:
            req.log_error('begin {text}')
        except (ValueError, TypeError):
            pass
        result = "alive"
    """
    assert inside(source) == "alive"


def test_logging_none_is_nothing(inside: Inside) -> None:
    assert inside("result = req.log_error(None)") is None


@pytest.mark.parametrize("message", ["7", "b'x'", "[]"])
def test_a_log_message_is_text(inside: Inside, message: str) -> None:
    assert inside.error(f"req.log_error({message})").startswith("TypeError: ")


# --- after its end ---


def _kept(serve: Serve, *functions: str) -> Server:
    files = [f'<Files "{name}">\nPythonHandler kept::{name}\n</Files>' for name in functions]
    return serve("kept", directory="SetHandler mod_python\n" + "\n".join(files))


def test_a_kept_request_or_table_is_a_reference_error(serve: Serve) -> None:
    server = _kept(serve, "keeps", "uses")
    for _ in range(3):
        server.text("/keeps")
        outcomes = server.json("/uses")
        assert outcomes == dict.fromkeys(outcomes, "ReferenceError")
        assert len(outcomes) > 30


def test_a_kept_request_is_a_reference_error_for_a_background_thread(serve: Serve) -> None:
    server = _kept(serve, "starts_a_thread", "asks_the_thread")
    for _ in range(3):
        server.text("/starts_a_thread")
        assert server.json("/asks_the_thread") == ["ReferenceError"]


def test_a_copy_of_a_table_may_be_kept(serve: Serve) -> None:
    server = _kept(serve, "keeps_a_copy", "uses_the_copy")
    server.text("/keeps_a_copy", headers={"X-Kept": "value"})
    for _ in range(5):
        assert server.json("/uses_the_copy", headers={"X-Other": "x" * 200}) == "value"


def test_leaked_requests_do_no_harm(inside: Inside) -> None:
    source = """
        import builtins
        builtins.leaked = getattr(builtins, "leaked", []) + [req, req.headers_in, req.write]
        result = len(builtins.leaked)
    """
    assert [inside(source) for _ in range(20)] == [3 * number for number in range(1, 21)]
    assert inside("import builtins\nbuiltins.leaked.clear()\nresult = 'freed'") == "freed"
