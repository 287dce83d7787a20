"""The request's body: blocks, lines, chunks, limits, and what goes wrong."""

from __future__ import annotations

import os

import pytest
from harness.client import Conversation
from harness.inside import Inside
from harness.serve import Serve
from harness.server import Server
from harness.written import written

_CLOSE = b"Connection: close"


def _says(serve: Serve, code: str, **config: object) -> Server:
    """A handler that runs the code and writes repr(result)."""
    return written(serve, f"{code}\nreq.write(repr(result))", **config)


def _chunked(*chunks: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in [*chunks, b""])


# --- blocks ---


def test_a_large_body_arrives_whole(serve: Serve) -> None:
    """21.2: 27."""
    server = written(serve, "req.write(req.read())")
    body = os.urandom(100_000)
    assert server.post("/", body).content == body


def test_blocks_are_full_until_the_last_one(serve: Serve) -> None:
    server = _says(serve, "result = [len(block) for block in iter(lambda: req.read(65536), b'')]")
    assert server.post("/", bytes(200_000)).text == repr([65536, 65536, 65536, 200_000 - 3 * 65536])


def test_negative_means_all_that_is_left(serve: Serve) -> None:
    server = _says(serve, "result = [req.read(2), req.read(-7), req.read()]")
    assert server.post("/", b"012345").text == repr([b"01", b"2345", b""])


@pytest.mark.parametrize("method", ["read", "readline", "readlines"])
@pytest.mark.parametrize("argument", ["'x'", "None", "1.5", "1, 2"])
def test_lengths_are_ints(inside: Inside, method: str, argument: str) -> None:
    assert inside.error(f"req.{method}({argument})").startswith("TypeError: ")


@pytest.mark.parametrize("method", ["read", "readline"])
def test_a_length_that_no_memory_has_reads_what_there_is(serve: Serve, method: str) -> None:
    server = _says(serve, f"result = req.{method}(2**62)")
    assert server.post("/", b"all").text == repr(b"all")


# --- lines ---

_FOUR_LINES = b"".join(bytes([letter]) * 30_000 + b"\n" for letter in b"abcd")


def test_readline_gives_the_lines_and_then_nothing(serve: Serve) -> None:
    """21.2: 29."""
    server = written(serve, "while line := req.readline():\n    req.write(b'%d ' % len(line) + line)")
    expected = b"".join(b"30001 " + line for line in _FOUR_LINES.splitlines(keepends=True))
    assert server.post("/", _FOUR_LINES).content == expected


def test_readlines_joins_to_the_body(serve: Serve) -> None:
    """21.2: 30."""
    server = written(serve, "req.write(b''.join(req.readlines()))")
    assert server.post("/", _FOUR_LINES).content == _FOUR_LINES


@pytest.mark.http1
@pytest.mark.parametrize(
    ("hint", "lengths"),
    [
        ("30000", [30001]),
        ("30001", [30001]),
        ("32000", [30001] * 2),
        ("1", [30001]),
        ("10**9", [30001] * 4),
        ("0", [30001] * 4),
        ("-1", [30001] * 4),
    ],
)
def test_readlines_stops_once_it_has_enough(serve: Serve, hint: str, lengths: list[int]) -> None:
    """21.2: 31."""
    server = _says(serve, f"result = [len(line) for line in req.readlines({hint})]")
    assert server.post("/", _FOUR_LINES).text == repr(lengths)


def test_the_hint_limits_no_line(serve: Serve) -> None:
    """Q19."""
    server = _says(serve, "result = [len(line) for line in req.readlines(10)]")
    assert server.post("/", b"short\n" + b"x" * 5000 + b"\nthird\n").text == repr([6, 5001])


def test_a_request_iterates_over_its_lines(serve: Serve) -> None:
    server = _says(serve, "result = [iter(req) is req, *req, *req]")
    assert server.post("/", b"one\n\nthree").text == repr([True, b"one\n", b"\n", b"three"])


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (b"", []),
        (b"\n", [b"\n"]),
        (b"a\r\nb", [b"a\r\n", b"b"]),
        (b"a\n", [b"a\n"]),
        (b"\n\n", [b"\n", b"\n"]),
        (b"\0\n\xff", [b"\0\n", b"\xff"]),
        (b"x" * 8192 + b"\n", [b"x" * 8192 + b"\n"]),
        (b"x" * 8191 + b"\n" + b"y" * 8192, [b"x" * 8191 + b"\n", b"y" * 8192]),
    ],
)
def test_lines_end_at_line_feeds_only(serve: Serve, body: bytes, lines: list[bytes]) -> None:
    server = _says(serve, "result = req.readlines()")
    assert server.post("/", body).text == repr(lines)


def test_readline_returns_at_most_what_is_asked_for(serve: Serve) -> None:
    server = _says(serve, "result = [req.readline(3), req.readline(0), req.readline(3), req.readline(9)]")
    assert server.post("/", b"abcd\nefgh\n").text == repr([b"abc", b"", b"d\n", b"efgh\n"])


def test_read_after_readline_goes_on_where_the_line_ended(serve: Serve) -> None:
    """Q18. More is asked for than was read ahead."""
    body = b"first line\n" + os.urandom(100_000)
    server = written(serve, "req.readline()\nreq.write(req.read(7) + req.read(50000) + req.read())")
    assert server.post("/", body).content == body[11:]


def test_lines_and_blocks_mix(serve: Serve) -> None:
    server = _says(serve, "result = [req.read(1), req.readline(), req.read(2), req.readlines(), req.read()]")
    assert server.post("/", b"0123\n45\n6\n7").text == repr([b"0", b"123\n", b"45", [b"\n", b"6\n", b"7"], b""])


def test_a_later_phase_and_another_interpreter_read_on(serve: Serve) -> None:
    server = serve.prepare(
        None,
        server="""
            SetHandler mod_python
            PythonInterpPerDirective On
            PythonFixupHandler reads
            PythonPath "['{htdocs}'] + sys.path"
            <Location "/">
                PythonHandler reads::rest
            </Location>
        """,
    )
    (server.htdocs / "reads.py").write_text(
        "from mod_python import apache\n"
        "def fixuphandler(req):\n"
        "    req.headers_out['X-Line'] = req.readline().strip() + b' ' + req.interpreter.encode()\n"
        "    return apache.OK\n"
        "def rest(req):\n"
        "    req.write(req.interpreter + ' ' + req.read().decode())\n"
        "    return apache.OK\n"
    )
    server.start()
    answer = server.post("/", b"line\nrest")
    line, interpreter = answer.headers["X-Line"].split(" ")
    assert line == "line"
    other, rest = answer.text.split(" ")
    assert rest == "rest"
    assert interpreter != other


def test_one_thread_reads_at_a_time(serve: Serve) -> None:
    server = _says(
        serve,
        """
def first():
    req.read()

thread = threading.Thread(target=first)
thread.start()
time.sleep(0.2)
try:
    req.readline()
except RuntimeError as error:
    result = str(error)
    (req.log_error("refused", apache.APLOG_NOTICE))
thread.join()
""",
    )
    with Conversation(server.port) as talk:
        talk.post(b"Content-Length: 3", _CLOSE)
        server.log.wait_for("^refused$")
        talk.say(b"abc")
        assert b"another thread" in talk.hear_all()


# --- framing ---


def test_chunks_are_joined(serve: Serve) -> None:
    """3.5 answers 411."""
    server = _says(serve, "result = [req.readline(), req.read(3), req.read()]")
    with Conversation(server.port) as talk:
        talk.post(b"Transfer-Encoding: chunked", _CLOSE, body=_chunked(b"li", b"ne\nab", b"cde"))
        assert repr([b"line\n", b"abc", b"de"]).encode() in talk.hear_all()


def test_the_next_request_follows_a_chunked_body(serve: Serve) -> None:
    server = _says(serve, "result = req.read()")
    with Conversation(server.port) as talk:
        talk.post(b"Transfer-Encoding: chunked", body=_chunked(b"one"))
        talk.post(b"Transfer-Encoding: chunked", _CLOSE, body=_chunked(b"two"))
        answer = talk.hear_all()
    assert repr(b"one").encode() in answer
    assert repr(b"two").encode() in answer


def test_a_malformed_chunk_is_its_own_exception(serve: Serve) -> None:
    server = _says(
        serve,
        """
try:
    req.read()
except apache.BodyMalformed as error:
    result = [isinstance(error, OSError), error.errno]
""",
    )
    with Conversation(server.port) as talk:
        talk.post(b"Transfer-Encoding: chunked", body=b"no length\r\n")
        answer = talk.hear_all()
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"[True, 74]" in answer


def test_a_malformed_chunk_is_answered_with_400(serve: Serve) -> None:
    server = _says(serve, "result = req.read()")
    with Conversation(server.port) as talk:
        talk.post(b"Transfer-Encoding: chunked", body=b"no length\r\n")
        assert talk.hear_all().startswith(b"HTTP/1.1 400")
    server.log.wait_for("^MPY0322")


@pytest.mark.parametrize("header", [b"Content-Length: x", b"Content-Length: -1", b"Transfer-Encoding: gzip"])
def test_a_body_that_cannot_be_framed_is_refused(serve: Serve, header: bytes) -> None:
    server = _says(serve, "result = req.read()")
    answer = server.raw(b"/", header, method=b"POST")
    assert answer.status in {400, 501}
    assert not server.log.find("^MPY03")


def test_a_length_that_a_script_spoiled_is_a_server_return(serve: Serve) -> None:
    server = _says(
        serve,
        """
req.headers_in["Content-Length"] = "many"
try:
    req.read()
except apache.SERVER_RETURN as error:
    result = error.args
""",
    )
    assert server.post("/", b"x").text == "(400,)"


# --- Expect: 100-continue (RFC 9110, 10.1.1) ---


def test_100_continue_is_sent_at_the_first_read(serve: Serve) -> None:
    server = _says(serve, "req.log_error('not yet', apache.APLOG_NOTICE)\nresult = req.read()")
    with Conversation(server.port) as talk:
        talk.post(b"Content-Length: 3", b"Expect: 100-continue", _CLOSE)
        assert talk.hear().startswith(b"HTTP/1.1 100")
        assert server.log.find("^not yet$")
        talk.say(b"abc")
        answer = talk.hear_all()
    assert answer.startswith(b"HTTP/1.1 200")
    assert repr(b"abc").encode() in answer


@pytest.mark.parametrize("code", ["pass", "req.write('x', 0)", "req.write('x')", "req.discard_request_body()"])
def test_100_continue_is_not_sent_for_a_body_that_nobody_reads(serve: Serve, code: str) -> None:
    server = written(serve, code)
    with Conversation(server.port) as talk:
        talk.post(b"Content-Length: 3", b"Expect: 100-continue")
        assert talk.hear_all().startswith(b"HTTP/1.1 200")


def test_an_early_refusal_needs_no_body(serve: Serve) -> None:
    server = written(serve, "return apache.HTTP_FORBIDDEN")
    with Conversation(server.port) as talk:
        talk.post(b"Content-Length: 3", b"Expect: 100-continue")
        assert talk.hear_all().startswith(b"HTTP/1.1 403")


# --- discard_request_body ---


def test_discard_leaves_nothing_to_read(serve: Serve) -> None:
    """21.2: 32."""
    server = _says(serve, "result = [req.read(10), req.discard_request_body(), req.read(), req.readline()]")
    answer = server.http.request("GET", "/", content=bytes(100_000))
    assert answer.text == repr([bytes(10), 0, b"", b""])


def test_discard_forgets_what_was_read_ahead(serve: Serve) -> None:
    server = _says(serve, "result = [req.readline(), req.discard_request_body(), req.readlines()]")
    assert server.post("/", b"a\nb\nc\n").text == repr([b"a\n", 0, []])


def test_discard_without_a_body_is_ok(serve: Serve) -> None:
    assert _says(serve, "result = [req.discard_request_body(), req.read()]").text() == repr([0, b""])


def test_discard_tells_what_failed(serve: Serve) -> None:
    server = _says(serve, "result = req.discard_request_body()", directory="LimitRequestBody 10")
    assert server.post("/", bytes(11)).text == "413"


# --- the client that leaves, waits, or sends too much ---


def test_three_failures_three_exceptions(inside: Inside) -> None:
    source = """
        names = ("ClientDisconnected", "ClientTimeout", "BodyTooLarge", "BodyMalformed")
        classes = [getattr(apache, name) for name in names]
        result = [[c.__module__, c.__name__, c.__bases__[0].__name__, issubclass(c, OSError)] for c in classes]
    """
    assert inside(source) == [
        ["mod_python.apache", "ClientDisconnected", "ConnectionError", True],
        ["mod_python.apache", "ClientTimeout", "TimeoutError", True],
        ["mod_python.apache", "BodyTooLarge", "OSError", True],
        ["mod_python.apache", "BodyMalformed", "OSError", True],
    ]


_NOTES = """
try:
    while req.read(4):
        pass
except OSError as error:
    req.log_error(f"{type(error).__name__} {error.errno}", apache.APLOG_NOTICE)
try:
    req.readline()
except OSError as error:
    req.log_error(f"again {type(error).__name__}", apache.APLOG_NOTICE)
"""


@pytest.mark.parametrize("framing", [(b"Content-Length: 10", b"012345"), (b"Transfer-Encoding: chunked", b"a\r\n0123")])
def test_a_client_that_leaves(serve: Serve, framing: tuple[bytes, bytes]) -> None:
    server = written(serve, _NOTES)
    with Conversation(server.port) as talk:
        talk.post(framing[0], body=framing[1])
        talk.done_sending()
        talk.hear_all()
    server.log.wait_for(r"^ClientDisconnected \d+$")
    server.log.wait_for("^again ClientDisconnected$")


def test_a_client_that_left_gets_nothing_and_is_no_error(serve: Serve) -> None:
    server = written(serve, "req.read()", directory="PythonDebug On")
    with Conversation(server.port) as talk:
        talk.post(b"Content-Length: 10", body=b"012345")
        talk.done_sending()
        assert talk.hear_all() == b""
    server.log.wait_for("^MPY0309")
    assert server.get().status_code == 200


@pytest.mark.parametrize("framing", [(b"Content-Length: 10", b"012345"), (b"Transfer-Encoding: chunked", b"a\r\n0123")])
def test_a_client_that_waits_too_long(serve: Serve, framing: tuple[bytes, bytes]) -> None:
    server = written(serve, _NOTES, server="Timeout 1")
    with Conversation(server.port) as talk:
        talk.post(framing[0], body=framing[1])
        assert talk.hear_all().startswith(b"HTTP/1.1 200")
    assert server.log.find(r"^ClientTimeout 110$")
    assert server.log.find("^again ClientTimeout$")


def test_waiting_too_long_is_answered_with_408(serve: Serve) -> None:
    server = written(serve, "req.read()", server="Timeout 1")
    with Conversation(server.port) as talk:
        talk.post(b"Content-Length: 10", body=b"012345")
        assert talk.hear_all().startswith(b"HTTP/1.1 408")
    assert server.log.find("^MPY0320")


def test_mod_reqtimeout_is_a_time_out_too(serve: Serve) -> None:
    server = written(serve, "req.read()", modules=("reqtimeout",), server="RequestReadTimeout body=1")
    with Conversation(server.port) as talk:
        talk.post(b"Content-Length: 10", body=b"012345")
        assert talk.hear_all().startswith(b"HTTP/1.1 408")
    assert server.log.find("^MPY0320")


def test_waiting_too_long_shows_on_the_debug_page(serve: Serve) -> None:
    """21.2: 28."""
    server = written(serve, "req.read()", server="Timeout 1", directory="PythonDebug On")
    server.expect_log("^MPY0303.*ClientTimeout", "^PythonHandler ")
    with Conversation(server.port) as talk:
        talk.post(b"Content-Length: 10", body=b"012345")
        answer = talk.hear_all()
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"ClientTimeout: [Errno 110]" in answer


_LIMITED = "LimitRequestBody 10"


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_beyond_the_limit(serve: Serve, chunked: bool) -> None:
    server = written(serve, _NOTES + "\nreq.write('my own answer')", directory=_LIMITED)
    answer = server.post("/", iter([bytes(11)]) if chunked else bytes(11))
    assert answer.status_code == 200
    assert answer.text == "my own answer"
    assert server.log.find("^BodyTooLarge 27$")
    assert server.log.find("^again BodyTooLarge$")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_beyond_the_limit_is_answered_with_413(serve: Serve, chunked: bool) -> None:
    server = written(serve, "req.read()", directory=_LIMITED)
    answer = server.post("/", iter([bytes(11)]) if chunked else bytes(11))
    assert answer.status_code == 413
    assert server.log.find("^MPY0321")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_exactly_the_limit_is_read(serve: Serve, chunked: bool) -> None:
    server = _says(serve, "result = len(req.read())", directory=_LIMITED)
    assert server.post("/", iter([bytes(10)]) if chunked else bytes(10)).text == "10"


@pytest.mark.parametrize(
    ("framing", "body"),
    [(b"Transfer-Encoding: chunked", _chunked(bytes(11))), (b"Transfer-Encoding: chunked", b"no length\r\n")],
)
def test_an_answer_that_was_begun_is_not_ended_by_a_bad_body(serve: Serve, framing: bytes, body: bytes) -> None:
    """httpd itself would end the answer as if it were whole."""
    server = written(serve, "req.write('begun')\nreq.read()", directory=_LIMITED)
    with Conversation(server.port) as talk:
        talk.post(framing, body=body)
        answer = talk.hear_all()
    assert answer.endswith(b"5\r\nbegun\r\n")


def test_an_error_document_of_python_answers_for_a_bad_body(serve: Serve) -> None:
    server = written(
        serve,
        "if req.uri == '/why':\n    req.write('too much')\n    return apache.OK\nreq.read()",
        directory=f"{_LIMITED}\nErrorDocument 413 /why",
    )
    answer = server.post("/", bytes(11))
    assert (answer.status_code, answer.text) == (413, "too much")


# --- keep-alive ---


@pytest.mark.parametrize("code", ["pass", "req.read(2)", "req.readline(2)", "req.discard_request_body()"])
def test_what_was_not_read_is_not_the_next_request(serve: Serve, code: str) -> None:
    server = written(serve, f"{code}\nreq.write('answer')")
    with Conversation(server.port) as talk:
        talk.post(b"Content-Length: 40", body=b"GET /evil HTTP/1.1\r\nHost: main.test\r\n\r\n!")
        talk.post(b"Content-Length: 0", _CLOSE)
        assert talk.hear_all().count(b"answer") == 2


def test_an_internal_error_after_half_a_body_closes_the_connection(serve: Serve) -> None:
    server = written(serve, "req.read(2)\nraise ValueError")
    server.expect_log("^MPY0303", "^PythonHandler ")
    with Conversation(server.port) as talk:
        talk.post(b"Content-Length: 4", body=b"0123")
        assert talk.hear_all().startswith(b"HTTP/1.1 500")
