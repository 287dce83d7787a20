"""What is logged, and what the client sees, when a handler cannot do its work."""

from __future__ import annotations

import re
import shutil
import signal
import socket

import httpx
import pytest
from harness import client, site
from harness.serve import Serve
from harness.server import Server

_MODULE_NOT_IMPORTABLE = "MPY0301"
_OBJECT_NOT_FOUND = "MPY0302"
_RAISED = "MPY0303"
_WRONG_TYPE = "MPY0304"
_SYNTAX = "MPY0305"
_MALFORMED = "MPY0306"

# Handler, code, and a text that the traceback must contain.
FAILURES = [
    ("no_such_module", _MODULE_NOT_IMPORTABLE, "ModuleNotFoundError: No module named 'no_such_module'"),
    ("no_such.package", _MODULE_NOT_IMPORTABLE, "ModuleNotFoundError"),
    ("broken_import", _MODULE_NOT_IMPORTABLE, "LookupError: <b>broken</b> import"),
    ("broken_exit", _MODULE_NOT_IMPORTABLE, "SystemExit: leaving"),
    ("imports_missing", _MODULE_NOT_IMPORTABLE, "No module named 'no_such_dependency'"),
    ("syntax", _SYNTAX, "SyntaxError"),
    ("errors::missing", _OBJECT_NOT_FOUND, "contains no 'missing'"),
    ("errors::Deep.missing", _RAISED, "AttributeError"),
    ("errors::Made.show", _RAISED, "LookupError: cannot be made"),
    ("errors::raises", _RAISED, "ValueError: <script>"),
    ("errors::raises_in_a_chain", _RAISED, "RuntimeError: outer"),
    ("errors::raises_unprintable", _RAISED, "_UnprintableError"),
    ("errors::recurses", _RAISED, "RecursionError"),
    ("errors::wrong_type", _WRONG_TYPE, "str"),
    ("errors::malformed", _MALFORMED, "SERVER_RETURN"),
]


def _serve(serve: Serve, handler: str, debug: str = "Off") -> Server:
    server = serve.prepare("errors", directory=f"SetHandler mod_python\nPythonHandler {handler}\nPythonDebug {debug}")
    shutil.copy(server.htdocs / "syntax.txt", server.htdocs / "syntax.py")
    server.start()
    return server


@pytest.mark.parametrize(("handler", "code", "text"), FAILURES)
def test_one_coded_entry_says_handler_phase_and_interpreter(serve: Serve, handler: str, code: str, text: str) -> None:
    server = _serve(serve, handler)
    server.expect_log(rf"^{code}")
    server.tolerate_log("^PythonHandler ")
    assert server.get().status_code == 500
    coded = server.log.find(r"^MPY03")
    assert [entry.message[:7] for entry in coded] == [code]
    assert coded[0].level == "error"
    for word in (handler, "PythonHandler", "main.test"):
        assert word in coded[0].message
    # What Python said, wherever it fits: in the coded entry or in the traceback.
    assert any(text in entry.message for entry in server.log if entry.level == "error")


def test_every_traceback_chunk_is_one_entry_with_phase_and_handler(serve: Serve) -> None:
    server = _serve(serve, "errors::raises_in_a_chain")
    server.expect_log(_RAISED, r"^PythonHandler errors::raises_in_a_chain: ")
    server.get()
    chunks = server.log.find(r"^PythonHandler errors::raises_in_a_chain: ")
    text = "\n".join(entry.message for entry in chunks)
    for part in ("KeyError: 'inner'", "direct cause", "RuntimeError: outer", "errors.py", "Traceback"):
        assert part in text
    assert {entry.level for entry in chunks} == {"error"}


def test_a_newline_in_a_message_forges_no_entry(serve: Serve) -> None:
    server = _serve(serve, "errors::raises_with_newline")
    server.expect_log(_RAISED, "^PythonHandler ", r"ValueError: first line\\nsecond line$")
    assert server.get().status_code == 500


@pytest.mark.parametrize("debug", ["On", "Off"])
def test_any_text_can_be_reported(serve: Serve, debug: str) -> None:
    server = _serve(serve, "errors::raises_non_ascii", debug)
    server.expect_log(_RAISED, "^PythonHandler ", "ValueError: gr")
    assert server.get().status_code == 500


@pytest.mark.parametrize(("handler", "code", "text"), FAILURES)
def test_without_debug_the_client_learns_nothing(serve: Serve, handler: str, code: str, text: str) -> None:
    server = _serve(serve, handler)
    server.expect_log(code)
    server.tolerate_log("^PythonHandler ")
    answer = server.get()
    assert answer.status_code == 500
    for secret in ("Traceback", "Error:", "errors", handler, str(server.htdocs), "MPY"):
        assert secret not in answer.text


@pytest.mark.parametrize(("handler", "code", "text"), FAILURES)
def test_with_debug_the_page_shows_the_traceback(serve: Serve, handler: str, code: str, text: str) -> None:
    server = _serve(serve, handler, debug="On")
    server.expect_log(code)
    server.tolerate_log("^PythonHandler ")
    answer = server.get()
    assert answer.status_code == 500
    assert answer.headers["Content-Type"].startswith("text/html")
    assert f"PythonHandler {handler}" in answer.text
    assert "<pre>" in answer.text
    assert "</pre>" in answer.text


def test_the_debug_page_is_escaped(serve: Serve) -> None:
    server = _serve(serve, "errors::raises", debug="On")
    server.expect_log(_RAISED, "^PythonHandler ")
    text = server.get().text
    assert "&lt;script&gt;alert(&#x27;&amp;&#x27;)&lt;/script&gt;" in text
    assert "<script" not in text
    assert set(re.findall(r"<[^>]*>", text)) == {"<pre>", "</pre>"}


def test_a_late_error_is_appended_to_what_was_sent(serve: Serve) -> None:
    server = _serve(serve, "errors::raises_after_output", debug="On")
    server.expect_log(_RAISED, "^PythonHandler ")
    answer = server.get()
    # The status line had left before the error.
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain"
    assert answer.text.startswith("already sent ")
    assert "ValueError: too late" in answer.text


def test_a_late_error_without_debug_breaks_the_answer_off(serve: Serve) -> None:
    """A truncated answer cannot look complete, and shows nothing of the error."""
    server = _serve(serve, "errors::raises_after_output")
    server.expect_log(_RAISED, "^PythonHandler ")
    answer = client.exchange(server.port, b"GET / HTTP/1.1\r\nHost: main.test\r\n\r\n")
    assert b"already sent " in answer
    assert not answer.endswith(b"0\r\n\r\n")
    assert b"ValueError" not in answer
    with pytest.raises(httpx.RemoteProtocolError):
        server.get()


def test_errors_are_answered_again_and_again(serve: Serve) -> None:
    server = _serve(serve, "errors::raises")
    server.expect_log(_RAISED, "^PythonHandler ")
    before = server.process.children()
    assert [server.get().status_code for _ in range(20)] == [500] * 20
    assert len(server.log.find(f"^{_RAISED}")) == 20
    assert server.process.children() == before


def test_a_failing_import_is_tried_again(serve: Serve) -> None:
    server = _serve(serve, "later")
    server.expect_log(_MODULE_NOT_IMPORTABLE, "^PythonHandler ")
    assert server.get().status_code == 500
    (server.htdocs / "later.py").write_text("def handler(req):\n    req.write('here')\n    return 0\n")
    assert server.text() == "here"


@pytest.mark.parametrize(("debug", "count"), [("On", 1), ("Off", 0)])
def test_loading_is_noted_under_debug(serve: Serve, debug: str, count: int) -> None:
    server = serve("hello", directory=f"SetHandler mod_python\nPythonHandler hello\nPythonDebug {debug}")
    server.text()
    server.text()
    entries = server.log.find("^MPY0307.*hello")
    assert len(entries) == count
    assert all(entry.level == "notice" for entry in entries)


def test_a_bad_python_path_is_reported_and_tried_again(serve: Serve) -> None:
    server = serve("hello", directory="SetHandler mod_python\nPythonHandler hello\nPythonPath \"no_such_name + ['x']\"")
    server.expect_log("^MPY0204.*PythonPath", "NameError", "^PythonHandler ")
    assert [server.get().status_code for _ in range(2)] == [500, 500]
    assert len(server.log.find("^MPY0204")) == 2


@pytest.mark.parametrize("expression", ["1 +", "sys.nothing", "7", "'text'", "['a', 7]", "exit()"])
def test_any_bad_python_path_is_one_coded_entry(serve: Serve, expression: str) -> None:
    server = serve("hello", directory=f'SetHandler mod_python\nPythonHandler hello\nPythonPath "{expression}"')
    server.expect_log("^MPY0204")
    server.tolerate_log("^PythonHandler |^PythonPath ")
    assert server.get().status_code == 500
    assert len(server.log.find("^MPY0204")) == 1


def test_a_missing_package_is_named(serve: Serve) -> None:
    server = serve("hello", env={"PYTHONPATH": ""}, directory="SetHandler mod_python\nPythonHandler hello")
    server.expect_log("^MPY0008.*mod_python")
    # Its traceback, and the answer to those who ask all the same.
    server.tolerate_log("^mod_python: ", "^MPY0202.*not running")
    children = server.process.children()
    assert [server.get().status_code for _ in range(2)] == [500, 500]
    assert server.process.children() == children


def test_a_package_of_another_version_is_used_with_a_warning(serve: Serve) -> None:
    """21.1: 3."""
    other = serve.folder / "other"
    shutil.copytree(site.CHECKOUT / "python" / "mod_python", other / "mod_python")
    (other / "mod_python" / "version.py").write_text('version = "0.0.1"\n')
    server = serve("hello", env={"PYTHONPATH": str(other)}, directory="SetHandler mod_python\nPythonHandler hello")
    server.expect_log("^MPY0007.*mod_python version mismatch")
    assert server.text() == "Hello, World!"
    for entry in server.log.find("^MPY0007"):
        assert str(other) in entry.message
        assert "0.0.1" in entry.message


def test_the_matching_package_is_used_silently(serve: Serve) -> None:
    """21.1: 2."""
    server = serve("hello", directory="SetHandler mod_python\nPythonHandler hello")
    server.text()
    assert not server.log.find("version mismatch")


def _hang_up(server: Server) -> None:
    """Ask for a page, and close the connection before reading it."""
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\nHost: main.test\r\n\r\n")
        connection.recv(1)


def test_a_client_that_leaves_is_an_oserror_for_the_handler(serve: Serve) -> None:
    server = serve("aborts", directory="SetHandler mod_python\nPythonHandler aborts::catches")
    _hang_up(server)
    server.stop(signal.SIGWINCH)
    assert (server.spool / "seen").read_text() == "ClientDisconnected"


@pytest.mark.parametrize("debug", ["On", "Off"])
def test_a_client_that_leaves_does_no_harm(serve: Serve, debug: str) -> None:
    server = serve(
        "aborts", directory=f"SetHandler mod_python\nPythonHandler aborts::lets_it_pass\nPythonDebug {debug}"
    )
    server.tolerate_log("^MPY0303", "^PythonHandler ")
    children = server.process.children()
    for _ in range(3):
        _hang_up(server)
    assert client.request(server.port, b"/", method=b"HEAD").status == 200
    assert server.process.children() == children
