"""Writing: what may be written, how much, to whom, and what a failure looks like."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from harness import client
from harness.client import Conversation
from harness.inside import Inside
from harness.memory import peak_kib
from harness.serve import Serve
from harness.server import Server
from harness.written import written

_GET = b"GET / HTTP/1.1\r\nHost: main.test\r\n\r\n"

# --- what may be written ---


@pytest.mark.parametrize(
    ("data", "body"),
    [
        ("bytearray(b'array')", b"array"),
        ("memoryview(bytearray(b'a view'))[2:]", b"view"),
        ("memoryview(b'a view').cast('B', (2, 3))", b"a view"),
        ("__import__('array').array('H', [1, 2])", b"\1\0\2\0"),
        ("(__import__('ctypes').c_char * 3)(*b'abc')", b"abc"),
        ("bytearray(range(256)) * 1000", bytes(range(256)) * 1000),
        ("bytearray()", b""),
    ],
)
@pytest.mark.parametrize("flush", [0, 1])
def test_any_contiguous_buffer(serve: Serve, data: str, flush: int, body: bytes) -> None:
    assert written(serve, f"req.write({data}, {flush})").get().content == body


def test_a_mapped_file(serve: Serve) -> None:
    server = written(
        serve,
        "import mmap\nwith open(__file__, 'rb') as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:\n"
        "    req.write(mapped)",
    )
    assert server.get().content == (server.htdocs / "written.py").read_bytes()


def test_a_buffer_with_gaps_is_a_buffer_error(inside: Inside) -> None:
    assert inside.error("req.write(memoryview(b'abcdef')[::2])").startswith("BufferError: ")


def test_a_bytearray_is_free_again_after_the_write(serve: Serve) -> None:
    assert written(serve, "data = bytearray(b'x')\nreq.write(data)\ndata += b'y'\nreq.write(data)").text() == "xxy"


def test_a_bytearray_cannot_shrink_while_it_is_sent(serve: Serve) -> None:
    server = written(
        serve,
        """
        data = bytearray(64 << 20)

        def shrinks():
            time.sleep(0.3)
            try:
                data.clear()
            except BufferError:
                req.log_error("pinned", apache.APLOG_NOTICE)

        thread = threading.Thread(target=shrinks)
        thread.start()
        req.write(data)
        thread.join()
        """,
    )
    with Conversation(server.port) as talk:
        talk.say(_GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        server.log.wait_for("^pinned$")
        assert len(talk.hear_all()) > 64 << 20


@pytest.mark.parametrize("data", ["''", "b''", "bytearray()"])
def test_nothing_is_nothing(serve: Serve, data: str) -> None:
    """An empty write sends no headers."""
    server = written(serve, f"req.write({data})\nreq.headers_out['X-Late'] = '1'")
    assert server.get().headers["X-Late"] == "1"


# --- how much ---


def test_small_unflushed_writes_become_one_answer_with_a_length(serve: Serve) -> None:
    server = written(serve, "for n in range(1000):\n    req.write('1234567', 0)")
    assert server.get().headers["Content-Length"] == "7000"


@pytest.mark.parametrize("size", [1, 7999, 8000, 8001, 16000, 70000])
def test_sizes_around_the_buffer_stay_in_order(serve: Serve, size: int) -> None:
    server = written(
        serve,
        f"for n in range(30):\n    req.write(bytes([n]) * {size}, n % 3 == 0)\n    req.write(b'-', 0)",
    )
    assert server.get().content == b"".join(bytes([n]) * size + b"-" for n in range(30))


@pytest.mark.http1
def test_a_hundred_thousand_flushed_writes_leave_nothing_in_memory(serve: Serve) -> None:
    """21.2: 44."""
    code = "for n in range({}):\n    req.write('x')\n    req.flush()"
    server = written(serve, code.format("int(req.args)"), children=1)
    (child,) = server.process.children()
    assert server.text("/?1000") == "x" * 1000
    before = peak_kib(child)
    assert server.text("/?100000") == "x" * 100_000
    assert peak_kib(child) - before < 1024


_MIB = 1 << 20


@pytest.mark.http1
def test_a_long_answer_leaves_memory_flat(serve: Serve) -> None:
    server = written(serve, "block = bytes(65536)\nfor n in range(16 * int(req.args)):\n    req.write(block, n % 2)")
    (child,) = server.process.children()
    assert _received(server, "/?8") == 8 * _MIB
    before = peak_kib(child)
    assert _received(server, "/?200") == 200 * _MIB
    assert peak_kib(child) - before < 2048


def _received(server: Server, path: str) -> int:
    with server.http.stream("GET", path) as answer:
        return sum(len(block) for block in answer.iter_raw())


@pytest.mark.http1
@pytest.mark.parametrize("read", ["req.read(65536)", "req.readline(65536)", "next(req, b'')"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_long_body_leaves_memory_flat(serve: Serve, read: str, chunked: bool) -> None:
    server = written(serve, f"total = 0\nwhile block := {read}:\n    total += len(block)\nreq.write(str(total))")
    (child,) = server.process.children()

    def sent(mib: int) -> str:
        def body() -> Iterator[bytes]:
            for _ in range(64 * mib):
                yield b"x" * 16383 + b"\n"

        length = {} if chunked else {"Content-Length": str(mib * _MIB)}
        return server.post("/", body(), headers=length).text

    assert sent(4) == str(4 * _MIB)
    before = peak_kib(child)
    assert sent(200) == str(200 * _MIB)
    assert peak_kib(child) - before < 2048


@pytest.mark.http1
def test_a_large_buffer_is_not_doubled(serve: Serve) -> None:
    server = written(serve, "req.write({'bytes': bytes, 'bytearray': bytearray}[req.args](100 << 20))")
    (child,) = server.process.children()
    for kind in ("bytes", "bytearray"):
        assert _received(server, f"/?{kind}") == 100 * _MIB
    assert peak_kib(child) < 160 * 1024


# --- to whom ---

_WRITES = """
try:
    while True:
        req.write({data}, {flush})
except OSError as error:
    first = f"{{type(error).__name__}} {{error.errno}}"
for again in (lambda: req.write("x"), lambda: req.write("x", 0), req.flush, lambda: req.sendfile(__file__)):
    try:
        again()
    except OSError as error:
        first += f" {{type(error).__name__}}"
req.log_error(first, apache.APLOG_NOTICE)
"""


def _leaves(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(_GET)
        connection.recv(1)


@pytest.mark.parametrize("data", ["b'x' * 65536", "bytearray(65536)", "b'x' * 100"])
@pytest.mark.parametrize("flush", [0, 1])
def test_a_client_that_leaves(serve: Serve, data: str, flush: int) -> None:
    server = written(serve, _WRITES.format(data=data, flush=flush))
    _leaves(server)
    again = " ClientDisconnected" * 4
    server.log.wait_for(rf"^ClientDisconnected \d+{again}$")


def test_a_client_that_leaves_is_told_of_in_words_that_old_applications_look_for(serve: Serve) -> None:
    """Trac's front end goes on quietly after `except IOError as e` if these words are in `str(e)`."""
    server = written(
        serve,
        """
        try:
            while True:
                req.write(b"x" * 65536)
        except OSError as error:
            req.log_error(str(error), apache.APLOG_NOTICE)
        """,
    )
    _leaves(server)
    server.log.wait_for("client closed connection")


@pytest.mark.parametrize("data", ["b'x' * 65536", "b'x' * 100"])
@pytest.mark.parametrize("flush", [0, 1])
def test_a_client_that_does_not_read(serve: Serve, data: str, flush: int) -> None:
    server = written(serve, _WRITES.format(data=data, flush=flush), server="Timeout 1\nSendBufferSize 16384")
    with Conversation(server.port) as talk:
        talk.say(_GET)
        server.log.wait_for(r"^ClientTimeout 110( ClientDisconnected){4}$")


@pytest.mark.parametrize("debug", ["On", "Off"])
def test_a_client_that_left_is_no_error_and_gets_no_page(serve: Serve, debug: str) -> None:
    """Q37."""
    server = written(serve, "while True:\n    req.write(bytes(65536))", directory=f"PythonDebug {debug}")
    _leaves(server)
    server.log.wait_for("^MPY0309")
    assert not server.log.find("^MPY0303|^MPY0308")


def test_a_client_that_does_not_read_is_no_error(serve: Serve) -> None:
    server = written(serve, "while True:\n    req.write(bytes(65536))", server="Timeout 1", directory="PythonDebug On")
    with Conversation(server.port) as talk:
        talk.say(_GET)
        server.log.wait_for("^MPY0320")
    assert not server.log.find("^MPY0303|^MPY0308")


def test_an_error_of_the_script_is_logged_though_the_client_left(serve: Serve) -> None:
    server = written(
        serve, "try:\n    while True:\n        req.write(bytes(65536))\nexcept OSError:\n    open('/no/such/file')"
    )
    server.expect_log("^MPY0303.*FileNotFoundError", "^PythonHandler ")
    _leaves(server)
    server.log.wait_for("^MPY0303")


def test_threads_do_not_write_into_one_another(serve: Serve) -> None:
    server = written(
        serve,
        """
        def writes(letter):
            for _ in range(50):
                while True:
                    try:
                        req.write(letter * 1000 + "\\n", 0)
                        break
                    except RuntimeError:
                        time.sleep(0)

        threads = [threading.Thread(target=writes, args=[letter]) for letter in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        """,
    )
    lines = server.text().split()
    assert len(lines) == 200
    assert all(line == line[0] * 1000 for line in lines)


# --- an answer that breaks off ---


def _begun(serve: Serve, code: str, **config: object) -> Server:
    server = written(serve, f"{code}\nraise ValueError('late')", **config)
    server.expect_log("^MPY0303.*late", "^PythonHandler ")
    return server


def test_a_chunked_answer_that_breaks_off_has_no_end(serve: Serve) -> None:
    server = _begun(serve, "req.write('begun')")
    answer = client.exchange(server.port, _GET)
    assert b"Transfer-Encoding: chunked" in answer
    assert answer.endswith(b"\r\n\r\n5\r\nbegun\r\n")


def test_an_answer_with_a_length_that_breaks_off_is_shorter(serve: Serve) -> None:
    server = _begun(serve, "req.headers_out['Content-Length'] = '100'\nreq.write('begun')")
    answer = client.exchange(server.port, _GET)
    assert b"Content-Length: 100" in answer
    assert answer.endswith(b"\r\n\r\nbegun")


def test_an_answer_that_breaks_off_closes_the_connection(serve: Serve) -> None:
    server = _begun(serve, "req.write('begun')")
    assert client.exchange(server.port, _GET + _GET).count(b"HTTP/1.1 200") == 1


def test_an_http_1_0_answer_that_breaks_off_carries_no_page(serve: Serve) -> None:
    server = _begun(serve, "req.write('begun')")
    answer = client.exchange(server.port, b"GET / HTTP/1.0\r\nHost: main.test\r\nConnection: keep-alive\r\n\r\n")
    assert answer.endswith(b"\r\n\r\nbegun")


def test_what_was_not_sent_yet_gives_way_to_a_500(serve: Serve) -> None:
    server = _begun(serve, "req.write('not sent', 0)")
    answer = server.get()
    assert answer.status_code == 500
    assert "not sent" not in answer.text
    assert "Internal Server Error" in answer.text


def test_a_sent_file_that_is_followed_by_an_error_breaks_off(serve: Serve) -> None:
    server = _begun(serve, "req.sendfile(__file__)")
    assert b"\r\n0\r\n\r\n" not in client.exchange(server.port, _GET)


@pytest.mark.parametrize("debug", ["On", "Off"])
def test_another_thread_may_be_writing_when_an_answer_breaks_off(serve: Serve, debug: str) -> None:
    server = _begun(
        serve,
        """
def writes():
    for _ in range(1000):
        try:
            req.write("x" * 1000)
        except (RuntimeError, ReferenceError, OSError):
            pass

req.write("begun")
threading.Thread(target=writes, daemon=True).start()
time.sleep(0.01)
""",
        directory=f"PythonDebug {debug}",
    )
    server.tolerate_log("^MPY0308")
    children = server.process.children()
    for _ in range(5):
        assert client.exchange(server.port, _GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert server.process.children() == children


def test_a_sub_request_that_fails_leaves_the_page_around_it_whole(serve: Serve) -> None:
    server = serve.prepare(
        None,
        modules=("mime", "include"),
        directory="Options +Includes\nAddOutputFilter INCLUDES .shtml\nAddHandler mod_python .py\nPythonHandler part",
    )
    server.expect_log("^MPY0303.*late", "^PythonHandler ")
    server.tolerate_log("AH01374|unable to include")
    (server.htdocs / "part.py").write_text("def handler(req):\n    req.write('part')\n    raise ValueError('late')\n")
    (server.htdocs / "page.shtml").write_text('before <!--#include virtual="part.py" --> after')
    server.start()
    text = server.text("/page.shtml")
    assert text.startswith("before part")
    assert text.endswith(" after")


def test_a_slow_client_holds_up_nobody_else(serve: Serve) -> None:
    server = written(serve, "req.write(bytes(32 << 20) if req.args else b'quick')", children=2)
    with Conversation(server.port) as slow:
        slow.say(_GET.replace(b"GET / ", b"GET /?slow "))
        slow.hear()
        assert server.text() == "quick"
