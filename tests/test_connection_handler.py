"""PythonConnectionHandler: protocols of a script's own, on plain sockets."""

from __future__ import annotations

import json
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from harness import client, site
from harness.serve import Serve
from harness.server import Server

_PATH = "PythonPath \"sys.path + ['{htdocs}']\"\n"
# Else the system waits for the client's first byte before httpd hears of the connection.
_SERVER_SPEAKS_FIRST = "AcceptFilter http none\n"
_ANSWERS = "SetHandler mod_python\nPythonHandler talk"


def _talk(serve: Serve, handler: str, lines: str = "", **config: Any) -> Server:
    """A server all of whose connections the handler serves."""
    return serve(
        "connection", server=f"{_PATH}{_SERVER_SPEAKS_FIRST}PythonConnectionHandler {handler}\n{lines}", **config
    )


@contextmanager
def _connected(server: Server) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port), 20) as connection:
        yield connection


def _all(connection: socket.socket) -> bytes:
    chunks = []
    while chunk := connection.recv(65536):
        chunks.append(chunk)
    return b"".join(chunks)


def _exactly(connection: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length and (chunk := connection.recv(length - len(data))):
        data += chunk
    return data


def _script(server: Server, orders: list[list[Any]], data: bytes = b"") -> Any:
    """What conn.<name>(*arguments) give one after the other, while the client sends `data` and closes."""
    with _connected(server) as connection:
        connection.sendall(json.dumps(orders).encode() + b"\n" + data)
        connection.shutdown(socket.SHUT_WR)
        return json.loads(_all(connection))


def _sees(server: Server, expression: str) -> Any:
    with _connected(server) as connection:
        connection.sendall(expression.encode() + b"\n")
        return json.loads(_all(connection))


# --- protocols ---


def test_an_echo_server(serve: Serve) -> None:
    with _connected(_talk(serve, "talk::echo")) as connection:
        for data in (b"x", b"two\nlines\n", bytes(range(256)) * 1000):
            connection.sendall(data)
            assert _exactly(connection, len(data)) == data
        connection.shutdown(socket.SHUT_WR)
        assert _all(connection) == b""


def test_a_protocol_of_lines(serve: Serve) -> None:
    """The handler without `::` is `connectionhandler`."""
    with _connected(_talk(serve, "talk")) as connection:
        connection.sendall(b"add 1 2\r\nad")
        assert _exactly(connection, 3) == b"3\r\n"
        connection.sendall(b"d 3 4 5\r\nwhat\r\nquit\r\nignored\r\n")
        assert _all(connection).startswith(b"12\r\nwhat?\r\nbye\r\n")


def test_an_answer_that_looks_like_http(serve: Serve) -> None:
    """21.4: 68."""
    server = _talk(serve, "talk::http")
    assert server.text() == "test ok"


def test_a_port_of_its_own(serve: Serve) -> None:
    """21.4: 68."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = serve(
        "connection",
        server=f"Listen 127.0.0.1:{port}",
        directory=_ANSWERS,
        late=f"""
            <VirtualHost 127.0.0.1:{port}>
                ServerName lines.test
                {_PATH.strip()}
                PythonConnectionHandler talk
            </VirtualHost>
            """,
    )
    assert client.exchange(port, b"add 1 1\nquit\n") == b"2\r\nbye\r\n"
    assert server.text() == "http"


def test_many_connections_at_once(serve: Serve) -> None:
    server = _talk(serve, "talk", children=4 if site.MPM == "prefork" else 1)
    answers = []

    def talk(number: int) -> None:
        answers.append(client.exchange(server.port, b"add %d 1\nquit\n" % number))

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == sorted(b"%d\r\nbye\r\n" % (number + 1) for number in range(20))


# --- read ---


def test_read_returns_what_is_there_up_to_a_length(serve: Serve) -> None:
    """Section 8."""
    server = _talk(serve, "talk::script")
    assert _script(server, [["read", 3], ["read", 2], ["read", 1000]], b"abcdefgh") == ["abc", "de", "fgh"]


@pytest.mark.parametrize("arguments", [[], [0]])
def test_read_without_a_length_returns_what_has_come_in(serve: Serve, arguments: list[int]) -> None:
    """Section 8."""
    assert _script(_talk(serve, "talk::script"), [["read", *arguments]], b"abcdefgh") == ["abcdefgh"]


def test_read_of_a_negative_length_returns_everything_until_the_client_closes(serve: Serve) -> None:
    """Q31."""
    data = b"line\n" * 20000
    answers = _script(_talk(serve, "talk::script"), [["readline"], ["read", -1], ["read"]], data)
    assert answers == ["line\n", data[5:].decode(), None]


def test_read_waits_for_data(serve: Serve) -> None:
    with _connected(_talk(serve, "talk::echo")) as connection:
        for _ in range(3):
            connection.sendall(b"x")
            assert connection.recv(10) == b"x"


def test_the_end_is_told_once(serve: Serve) -> None:
    """Section 8."""
    server = _talk(serve, "talk::script")
    assert _script(server, [["read"], ["read"], ["readline"]]) == [None, "OSError", "OSError"]
    assert _script(server, [["readline"], ["readline"], ["read"]]) == ["", "OSError", "OSError"]
    assert _script(server, [["read", -1], ["read", -1]]) == [None, "OSError"]


def test_a_client_that_is_silent_for_too_long(serve: Serve) -> None:
    """Timeout; what came of the line until then is not lost (Q31)."""
    server = _talk(serve, "talk::script", "Timeout 1")
    with _connected(server) as connection:
        connection.sendall(b'[["readline"], ["readline"], ["read", 2], ["read"]]\nhalf of')
        connection.settimeout(0.01)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(20)
        assert json.loads(_all(connection)) == ["TimeoutError", "TimeoutError", "ha", "lf of"]


# --- readline ---


def test_readline_returns_a_line_with_its_newline(serve: Serve) -> None:
    server = _talk(serve, "talk::script")
    answers = _script(server, [["readline"]] * 4, b"one\r\n\ntwo\nthree")
    assert answers == ["one\r\n", "\n", "two\n", "three"]


def test_readline_of_a_length_leaves_the_rest(serve: Serve) -> None:
    """Q31."""
    server = _talk(serve, "talk::script")
    answers = _script(
        server, [["readline", 4], ["readline", 100], ["readline", 3], ["read", 2]], b"abcdefgh\nxy\nz1234"
    )
    assert answers == ["abcd", "efgh\n", "xy\n", "z1"]


@pytest.mark.parametrize("length", [0, -1])
def test_readline_without_a_length_reads_lines_of_any_length(serve: Serve, length: int) -> None:
    line = b"x" * 100_000 + b"\n"
    assert _script(_talk(serve, "talk::script"), [["readline", length], ["readline"]], line + b"y") == [
        line.decode(),
        "y",
    ]


def test_a_line_that_comes_in_pieces(serve: Serve) -> None:
    with _connected(_talk(serve, "talk")) as connection:
        for piece in (b"a", b"dd 1", b" 2", b"\nquit", b"\n"):
            connection.sendall(piece)
        assert _all(connection) == b"3\r\nbye\r\n"


@pytest.mark.parametrize("call", ["conn.read(1, 2)", "conn.read('1')", "conn.readline(1, 2)", "conn.readline(None)"])
def test_wrong_arguments_are_refused(serve: Serve, call: str) -> None:
    server = _talk(serve, "talk::sees")
    server.expect_log("MPY0303: .*TypeError")
    server.tolerate_log("^PythonConnectionHandler talk::sees: ")
    with _connected(server) as connection:
        connection.sendall(call.encode() + b"\n")
        assert _all(connection) == b""


# --- write ---


@pytest.mark.parametrize(
    ("expression", "sent"),
    [
        ("'gr\\xfc\\xdfe'", "grüße".encode()),
        ("b'\\x00\\xff'", b"\x00\xff"),
        ("bytearray(b'abc')", b"abc"),
        ("''", b""),
        ("b''", b""),
    ],
)
def test_write_sends_text_and_bytes(serve: Serve, expression: str, sent: bytes) -> None:
    server = _talk(serve, "talk::sees")
    with _connected(server) as connection:
        connection.sendall(f"conn.write({expression})\n".encode())
        assert _all(connection) == sent + b"null"


@pytest.mark.parametrize("argument", ["None", "1", "['x']", "", "'a', 'b'"])
def test_write_refuses_anything_else(serve: Serve, argument: str) -> None:
    server = _talk(serve, "talk::sees")
    server.expect_log("MPY0303: .*TypeError")
    server.tolerate_log("^PythonConnectionHandler talk::sees: ")
    with _connected(server) as connection:
        connection.sendall(f"conn.write({argument})\n".encode())
        assert _all(connection) == b""


def test_a_client_that_goes_away_ends_an_endless_write(serve: Serve) -> None:
    """Q48 too: nobody waits for the client that does not read."""
    server = _talk(serve, "talk::writes_for_ever")
    with _connected(server) as connection:
        connection.recv(10)
    (entry,) = server.log.wait_for("^MPY0309: PythonConnectionHandler talk::writes_for_ever")
    assert entry.level == "info"


@pytest.mark.skipif(site.MPM == "prefork", reason="a child serves one connection at a time")
def test_others_run_while_one_waits(serve: Serve) -> None:
    """Q48."""
    server = _talk(serve, "talk", children=1)
    with _connected(server) as silent, _connected(server) as other:
        silent.sendall(b"add 1")
        other.sendall(b"add 1 2\nquit\n")
        assert _all(other) == b"3\r\nbye\r\n"
        silent.sendall(b"\nquit\n")
        assert _all(silent) == b"1\r\nbye\r\n"


@pytest.mark.skipif(site.MPM == "prefork", reason="a child serves one connection at a time")
def test_others_run_while_one_does_not_read(serve: Serve) -> None:
    """Q48."""
    server = _talk(serve, "talk::echo", children=1)
    big = b"x" * 20_000_000
    with _connected(server) as silent, _connected(server) as other:
        silent.settimeout(0.5)
        with pytest.raises(TimeoutError):
            silent.sendall(big)
        other.sendall(b"hello")
        assert _exactly(other, 5) == b"hello"
    server.tolerate_log("MPY0309")


# --- what a handler sees ---


def test_what_a_handler_sees(serve: Serve) -> None:
    server = _talk(serve, "talk::sees other")
    seen = _sees(
        server,
        "[conn.client_ip, conn.local_addr, conn.keepalives, conn.aborted, conn.base_server.server_hostname,"
        " apache.interpreter, repr(conn.notes), conn.hlist.handler, conn.hlist.directory, conn.hlist is conn.hlist]",
    )
    assert seen == [
        "127.0.0.1",
        ["127.0.0.1", server.port],
        0,
        0,
        "main.test",
        "main.test",
        "{}",
        "talk::sees",
        None,
        True,
    ]


def test_the_handler_list_can_be_walked(serve: Serve) -> None:
    server = _talk(serve, "talk::sees other")
    walk = "[(conn.hlist.handler, conn.hlist.next())[0] for _ in range(4)] + [repr(conn.hlist)]"
    assert _sees(server, walk) == ["talk::sees", "other", None, None, "{}"]


def test_only_the_first_handler_runs(serve: Serve) -> None:
    """Section 4.10."""
    server = _talk(serve, "talk::echo", "PythonConnectionHandler no_such_module")
    with _connected(server) as connection:
        connection.sendall(b"x")
        assert connection.recv(1) == b"x"


def test_an_entry_in_the_log_names_the_client(serve: Serve) -> None:
    server = _talk(serve, "talk::sees", 'ErrorLogFormat "%-m|%-l|%-P|%-T|%-E|%M from %a"')
    server.expect_log("^it happened from 127.0.0.1:")
    assert _sees(server, "conn.log_error('it happened')") is None


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        ("", "main.test"),
        ("PythonInterpreter chosen", "chosen"),
        ("PythonInterpPerDirectory On", "main_interpreter"),
        ("PythonInterpPerDirective On", "main_interpreter"),
    ],
)
def test_the_interpreter_is_chosen_by_the_server(serve: Serve, lines: str, name: str) -> None:
    """Sections 3.1 and 4.10, Q8."""
    assert _sees(_talk(serve, "talk::sees", lines), "apache.interpreter") == name


def test_a_virtual_host_has_the_handler_of_the_main_server(serve: Serve) -> None:
    """Section 2.4."""
    server = _talk(serve, "talk::sees", vhosts={"a.test": ""})
    assert _sees(server, "apache.interpreter") == "a.test"


def test_a_virtual_host_has_its_own_handler(serve: Serve) -> None:
    server = _talk(serve, "no_such_module", vhosts={"a.test": "PythonConnectionHandler talk::sees"})
    assert _sees(server, "apache.interpreter") == "a.test"


def test_the_directory_of_the_site_is_no_place_for_modules(serve: Serve) -> None:
    """Section 4.10."""
    server = serve("connection", server=_SERVER_SPEAKS_FIRST + "PythonConnectionHandler talk")
    server.expect_log("MPY0301: PythonConnectionHandler talk ")
    server.tolerate_log("^PythonConnectionHandler talk: ")
    with _connected(server) as connection:
        assert _all(connection) == b""


def test_an_edited_module_is_loaded_again(serve: Serve) -> None:
    server = serve.prepare(
        "connection", server=f"{_PATH}{_SERVER_SPEAKS_FIRST}PythonConnectionHandler edited", children=1
    )
    module = server.htdocs / "edited.py"
    module.write_text("def connectionhandler(conn):\n    conn.write('first')\n    return 0\n")
    server.start()
    assert client.exchange(server.port, b"") == b"first"
    module.write_text("def connectionhandler(conn):\n    conn.write('the second')\n    return 0\n")
    assert client.exchange(server.port, b"") == b"the second"


# --- DECLINED ---


def test_a_handler_may_leave_the_connection_to_http(serve: Serve) -> None:
    """Section 4.10."""
    server = _talk(serve, "talk::declines", directory=_ANSWERS)
    assert server.text() == "http"


def test_a_handler_is_asked_once_for_each_connection(serve: Serve) -> None:
    server = _talk(serve, "talk::declines", directory=_ANSWERS)
    request = b"GET / HTTP/1.1\r\nHost: main.test\r\n"
    with _connected(server) as connection:
        for _ in range(3):
            connection.sendall(request + b"\r\n")
            while b"http" not in connection.recv(65536):
                pass
        connection.sendall(request + b"Connection: close\r\n\r\n")
        assert b"http" in _all(connection)
    assert (server.spool / "declined").read_text() == "x"


def test_what_a_handler_has_not_read_is_left_to_http(serve: Serve) -> None:
    """Nothing is read ahead, as far as the client has sent it already."""
    server = _talk(serve, "talk::takes_a_line", directory=_ANSWERS)
    request = b"GET / HTTP/1.1\r\nHost: main.test\r\nConnection: close\r\n\r\n"
    answer = client.exchange(server.port, b"PROXY of a kind\r\n" + request)
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert (server.spool / "line").read_bytes() == b"PROXY of a kind\r\n"


def test_half_of_a_line_cannot_be_left_to_http(serve: Serve) -> None:
    server = _talk(serve, "talk::swallows_a_timeout", "Timeout 1", directory=_ANSWERS)
    server.expect_log("^MPY0701: PythonConnectionHandler talk::swallows_a_timeout")
    with _connected(server) as connection:
        connection.sendall(b"GET / HT")
        assert _all(connection) == b""


# --- errors ---


@pytest.mark.parametrize("debug", ["On", "Off"])
def test_an_exception_closes_the_connection_without_a_word(serve: Serve, debug: str) -> None:
    """Section 4.10."""
    server = _talk(serve, "talk::raises", f"PythonDebug {debug}")
    server.expect_log(
        r"^MPY0303: PythonConnectionHandler talk::raises \(interpreter 'main.test'\): .*KeyError: 'a key'",
        "^PythonConnectionHandler talk::raises: .*in raises",
    )
    server.tolerate_log("^PythonConnectionHandler talk::raises: ")
    if debug == "On":
        server.tolerate_log("MPY0307")
    with _connected(server) as connection:
        connection.sendall(b"x\n")
        assert _all(connection) == b""


def test_server_return_is_an_exception_like_any_other(serve: Serve) -> None:
    """Section 4.10."""
    server = _talk(serve, "talk::raises_server_return")
    server.expect_log("^MPY0303: PythonConnectionHandler talk::raises_server_return .*SERVER_RETURN: 0")
    server.tolerate_log("^PythonConnectionHandler talk::raises_server_return: ")
    with _connected(server) as connection:
        assert _all(connection) == b""


@pytest.mark.parametrize(("handler", "what"), [("returns_none", "NoneType"), ("returns_true", "bool")])
def test_the_result_must_be_an_int(serve: Serve, handler: str, what: str) -> None:
    server = _talk(serve, f"talk::{handler}")
    server.expect_log(f"^MPY0304: PythonConnectionHandler talk::{handler} .*{what}")
    with _connected(server) as connection:
        connection.sendall(b"x\n")
        assert _all(connection) == b""


def test_a_handler_that_answers_a_status_closes_the_connection(serve: Serve) -> None:
    with _connected(_talk(serve, "talk::returns_500")) as connection:
        assert _all(connection) == b"so far"


def test_a_missing_module_closes_the_connection(serve: Serve) -> None:
    server = _talk(serve, "no_such_module")
    server.expect_log("^MPY0301: PythonConnectionHandler no_such_module")
    server.tolerate_log("^PythonConnectionHandler no_such_module: ")
    with _connected(server) as connection:
        assert _all(connection) == b""


def test_a_missing_function_closes_the_connection(serve: Serve) -> None:
    server = _talk(serve, "talk::nothing")
    server.expect_log("^MPY0302: PythonConnectionHandler talk::nothing")
    server.tolerate_log("^PythonConnectionHandler talk::nothing: ")
    with _connected(server) as connection:
        assert _all(connection) == b""


def test_a_client_that_leaves_is_no_error(serve: Serve) -> None:
    """The echo server of the documentation ends with an exception."""
    server = _talk(serve, "talk::never_ends")
    with _connected(server) as connection:
        connection.sendall(b"x\n")
        assert connection.recv(2) == b"x\n"
    (entry,) = server.log.wait_for("^MPY0309: PythonConnectionHandler talk::never_ends")
    assert entry.level == "info"


@pytest.mark.parametrize("point", ["hook", "attached"])
def test_a_panic_closes_the_connection_and_the_child_serves_on(serve: Serve, point: str) -> None:
    server = _talk(serve, "talk", vhosts={f"fault-{point}": ""}, directory=_ANSWERS)
    server.expect_log(f"^MPY0010: internal error in PythonConnectionHandler: fault point {point}")
    pids = server.process.children()
    for _ in range(2):
        with _connected(server) as connection:
            assert _all(connection) == b""
    assert server.process.children() == pids


# --- after its time, and from other threads ---


def test_a_kept_connection_says_that_it_is_over(serve: Serve) -> None:
    """Q43."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = _talk(
        serve,
        "talk::keeps",
        f"PythonInterpreter one\nListen 127.0.0.1:{port}",
        late=f"<VirtualHost 127.0.0.1:{port}>\nPythonConnectionHandler talk::uses_kept\n</VirtualHost>",
        children=1,
    )
    assert client.exchange(server.port, b"") == b"kept"
    answers, hostname = json.loads(client.exchange(port, b""))
    assert set(answers.values()) == {"ReferenceError"}
    assert hostname == "main.test"


def test_two_threads_cannot_read_at_once(serve: Serve) -> None:
    server = _talk(serve, "talk::reads_in_two_threads")
    refused = server.spool / "refused"
    with _connected(server) as connection:
        deadline = time.monotonic() + 10
        while not (refused.exists() and refused.read_text()):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        connection.sendall(b"x\n")
        assert _all(connection) == b"x\n"
    assert refused.read_text() == "another thread is reading or writing this connection"


# --- restarts ---


def test_a_conversation_survives_a_graceful_restart(serve: Serve) -> None:
    # Under prefork the busy child keeps its place, so a new one needs another.
    server = _talk(serve, "talk::waits", children=2)
    with _connected(server) as old:
        assert _exactly(old, 5) == b"here\n"
        started = len(server.log.find("resuming normal operations"))
        assert server.process.run("-k", "graceful").returncode == 0
        server.log.wait_for("resuming normal operations", count=started + 1)
        with _connected(server) as new:
            assert _exactly(new, 5) == b"here\n"
            new.sendall(b"new\n")
            assert _all(new) == b"got new\n"
        old.sendall(b"old\n")
        assert _all(old) == b"got old\n"


@pytest.mark.skipif(site.MPM != "prefork", reason="httpd itself waits for its worker threads, then kills the child")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGWINCH])
def test_httpd_stops_while_a_handler_waits(serve: Serve, how: signal.Signals) -> None:
    server = _talk(serve, "talk::waits", "GracefulShutdownTimeout 1")
    server.tolerate_log("MPY0309")
    with _connected(server) as connection:
        assert _exactly(connection, 5) == b"here\n"
        server.stop(how)


# --- other modules ---


def _certificate(folder: Path) -> None:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=main.test"),
            *("-addext", "subjectAltName=DNS:main.test", "-addext", "basicConstraints=critical,CA:FALSE"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")),
        ],
        check=True,
        capture_output=True,
    )


def _over_tls(serve: Serve, lines: str, **config: Any) -> Server:
    tls = """
        SSLEngine On
        SSLCertificateFile "{root}/certificate.pem"
        SSLCertificateKeyFile "{root}/key.pem"
        """
    server = serve.prepare("connection", server=_PATH + tls + lines, modules=("socache_shmcb", "ssl"), **config)
    _certificate(server.root)
    # A cache of sessions, and the OpenSSL that httpd was built with, are not what this is about.
    server.tolerate_log("^AH01873", "^AH01882")
    server.start()
    return server


@contextmanager
def _tls(server: Server) -> Iterator[ssl.SSLSocket]:
    context = ssl.create_default_context(cafile=str(server.root / "certificate.pem"))
    with _connected(server) as plain, context.wrap_socket(plain, server_hostname="main.test") as connection:
        yield connection


def test_a_protocol_of_lines_over_tls(serve: Serve) -> None:
    server = _over_tls(serve, "PythonConnectionHandler talk")
    with _tls(server) as connection:
        connection.sendall(b"add 1 2\r\n")
        assert _exactly(connection, 3) == b"3\r\n"
        connection.sendall(b"add 3\r\nquit\r\n")
        assert _all(connection) == b"3\r\nbye\r\n"


def test_an_echo_server_over_tls(serve: Serve) -> None:
    server = _over_tls(serve, "PythonConnectionHandler talk::echo")
    with _tls(server) as connection:
        for data in (b"x", bytes(range(256)) * 200):
            connection.sendall(data)
            assert _exactly(connection, len(data)) == data


def test_the_end_over_tls(serve: Serve) -> None:
    """A client that closes its side in TLS (close_notify) still gets its answer."""
    server = _over_tls(serve, "PythonConnectionHandler talk::script")
    context = ssl.create_default_context(cafile=str(server.root / "certificate.pem"))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname="main.test")
    with _connected(server) as connection:

        def drive(step: Callable[[], Any]) -> Any:
            """Run the step until it has all that it needs from the server."""
            while True:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    connection.sendall(outgoing.read())
                    incoming.write(connection.recv(65536))

        drive(tls.do_handshake)
        tls.write(b'[["read", -1], ["read"], ["read"]]\nabc')
        with pytest.raises(ssl.SSLWantReadError):
            tls.unwrap()
        assert json.loads(drive(lambda: tls.read(1000))) == ["abc", None, "OSError"]


def test_a_handler_may_leave_a_tls_connection_to_http(serve: Serve) -> None:
    server = _over_tls(serve, "PythonConnectionHandler talk::takes_a_line", directory=_ANSWERS)
    with _tls(server) as connection:
        connection.sendall(b"a line\r\nGET / HTTP/1.1\r\nHost: main.test\r\nConnection: close\r\n\r\n")
        assert b"http" in _all(connection)


_HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"


@pytest.mark.skipif(site.MPM == "prefork", reason="httpd serves no HTTP/2 under prefork")
def test_http2_does_not_take_a_handlers_connection(serve: Serve) -> None:
    server = _talk(serve, "talk::script", "Protocols h2c http/1.1\nH2Direct On", modules=("http2",))
    with _connected(server) as connection:
        connection.sendall(b'[["read", 24]]\n' + _HTTP2_PREFACE)
        assert json.loads(_all(connection)) == [_HTTP2_PREFACE.decode()]


@pytest.mark.skipif(site.MPM == "prefork", reason="httpd serves no HTTP/2 under prefork")
def test_http2_takes_a_connection_that_a_handler_leaves(serve: Serve) -> None:
    server = _talk(
        serve, "talk::declines", "Protocols h2c http/1.1\nH2Direct On", modules=("http2",), directory=_ANSWERS
    )
    with _connected(server) as connection:
        connection.sendall(_HTTP2_PREFACE + _SETTINGS)
        header = _exactly(connection, 9)
        assert header[3] == 4, "a SETTINGS frame"
        # A GET of stream 1: index 2 is :method GET, 6 :scheme http, 4 :path /.
        block = b"\x82\x86\x84\x01\x09main.test"
        connection.sendall(len(block).to_bytes(3, "big") + b"\x01\x05\x00\x00\x00\x01" + block)
        received = b""
        while b"http" not in received:
            received += connection.recv(65536)
    assert (server.spool / "declined").read_text() == "x"


def test_request_timeouts_are_not_for_other_protocols(serve: Serve) -> None:
    """mod_reqtimeout knows HTTP only; its limits would cut a conversation."""
    server = _talk(serve, "talk::waits", "RequestReadTimeout header=1 body=1", modules=("reqtimeout",))
    with _connected(server) as connection:
        assert _exactly(connection, 5) == b"here\n"
        connection.settimeout(1.5)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(20)
        connection.sendall(b"late\n")
        assert _all(connection) == b"got late\n"


def test_the_extension_of_a_file_means_nothing_to_a_connection(serve: Serve) -> None:
    assert "PythonConnectionHandler" in serve.refused("connection", server="PythonConnectionHandler talk | .py")


def test_a_connection_handler_is_no_phase_of_a_request(serve: Serve) -> None:
    """Section 6.1."""
    server = serve("evaluate", directory="SetHandler mod_python\nPythonHandler evaluate")
    answer = server.post("/", b"req.add_handler('PythonConnectionHandler', 'x')").json()
    assert re.match("IndexError", answer["error"])
