"""PythonReload: what an edited file has replaced."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from harness import site, wait
from harness.serve import Serve
from harness.server import Server

_APP = "SetHandler mod_python\nPythonHandler answers"
_RELOAD = f"{_APP}\nPythonReload interpreter"


def _serve(serve: Serve, directory: str = _RELOAD, **arguments: Any) -> Server:
    return serve("reload_interpreter", directory=directory, children=1, **arguments)


def _edit(server: Server, file: str, version: object) -> None:
    """Of another length, so that it is another file whatever the clock's resolution."""
    (server.htdocs / file).write_text(f"version = {version!r}  # {'x' * len(str(version))}\n")


def _edit_handler(server: Server, text: str) -> None:
    file = server.htdocs / "answers.py"
    file.write_text(file.read_text().replace("version = 1\n", text))


def _wait_for(server: Server, **facts: object) -> dict[str, Any]:
    answers: list[dict[str, Any]] = []

    def has_come() -> bool:
        answers.append(server.json())
        return facts.items() <= answers[-1].items()

    wait.until(has_come)
    return answers[-1]


def test_a_module_that_python_imported_is_taken_over(serve: Serve) -> None:
    server = _serve(serve)
    before = server.json()
    _edit(server, "library/plain.py", "edited")
    after = _wait_for(server, plain="edited")
    assert (before["plain"], after["pid"]) == (1, before["pid"])
    server.log.wait_for("^MPY0231: interpreter 'main.test' is being replaced: .*library/plain.py has changed")
    server.log.wait_for("^MPY0205")


def test_a_module_of_a_package_is_taken_over(serve: Serve) -> None:
    server = _serve(serve)
    assert server.json()["part"] == 1
    _edit(server, "library/pieces/part.py", "edited")
    _wait_for(server, part="edited")


def test_the_handlers_own_module_is_taken_over(serve: Serve) -> None:
    server = _serve(serve)
    assert server.json()["own"] == 1
    _edit_handler(server, "version = 'edited'\n")
    _wait_for(server, own="edited")


_APPLICATION = """\
import plain

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(plain.version).encode()]

def index(req):
    return str(plain.version)
"""
_WSGI = "PythonHandler mod_python.wsgi\nPythonOption mod_python.wsgi.application page"


@pytest.mark.parametrize("handler", ["PythonHandler mod_python.publisher", _WSGI])
def test_what_the_library_serves_is_taken_over(serve: Serve, handler: str) -> None:
    server = serve.prepare(
        "reload_interpreter",
        directory=f"SetHandler mod_python\n{handler}\nPythonReload interpreter",
        server="PythonPath \"['{htdocs}/library', '{htdocs}'] + sys.path\"",
        children=1,
    )
    (server.htdocs / "page.py").write_text(_APPLICATION)
    server.start()
    assert server.text("/page") == "1"
    _edit(server, "library/plain.py", "edited")
    wait.until(lambda: server.text("/page") == "edited")
    (server.htdocs / "page.py").write_text(_APPLICATION.replace("plain.version", "'another page'"))
    wait.until(lambda: server.text("/page") == "another page")


def test_all_modules_begin_anew(serve: Serve) -> None:
    server = _serve(serve)
    before = [server.json() for _ in range(5)][-1]
    _edit(server, "library/plain.py", "edited")
    after = _wait_for(server, plain="edited")
    assert after["token"] != before["token"]
    assert before["served"] == 5


def test_the_next_edit_is_taken_over_too(serve: Serve) -> None:
    server = _serve(serve)
    server.json()
    for version in ("second", "the third"):
        _edit(server, "library/plain.py", version)
        _wait_for(server, plain=version)


def test_an_interpreter_without_the_module_stays(serve: Serve) -> None:
    server = _serve(serve, f'{_RELOAD}\n<Files "apart">\nPythonHandler apart\nPythonInterpreter apart\n</Files>')
    before = server.text("/apart")
    server.json()
    _edit(server, "library/plain.py", "edited")
    _wait_for(server, plain="edited")
    assert server.text("/apart") == before


def test_no_request_fails_meanwhile(serve: Serve) -> None:
    server = _serve(serve, _RELOAD.replace("answers", "answers::slow"), threads=8)
    server.json()
    done = threading.Event()
    answers: list[dict[str, Any]] = []

    def ask() -> None:
        while not done.is_set():
            # An answer that is no 200 fails here.
            answers.append(server.json())

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        try:
            for version in ("second", "the third"):
                _edit(server, "library/plain.py", version)
                _wait_for(server, plain=version)
        finally:
            done.set()
        for future in asking:
            future.result()
    assert len({answer["pid"] for answer in answers}) == 1
    assert {answer["plain"] for answer in answers} == {1, "second", "the third"}


def test_no_request_waits_for_the_import(serve: Serve) -> None:
    server = _serve(serve)
    server.json()
    begun, go_on = server.spool / "begun", server.spool / "go_on"
    file = server.htdocs / "library/plain.py"
    file.write_text(
        "import pathlib, time\n"
        f"pathlib.Path({str(begun)!r}).touch()\n"
        f"while not pathlib.Path({str(go_on)!r}).exists():\n    time.sleep(0.01)\n"
        "version = 'edited'\n"
    )
    wait.until(begun.exists)
    assert [server.json()["plain"] for _ in range(3)] == [1, 1, 1]
    go_on.touch()
    begun.unlink()
    after = _wait_for(server, plain="edited")
    assert after["served"] == 1
    assert not begun.exists()


def test_a_syntax_error_shows_and_its_mending_too(serve: Serve) -> None:
    server = _serve(serve)
    server.expect_log("^MPY0305|^MPY0301")
    server.tolerate_log("^PythonHandler answers: ")
    server.json()
    (server.htdocs / "library/plain.py").write_text("version = = 1\n")
    wait.until(lambda: server.get().status_code == 500)
    _edit(server, "library/plain.py", "mended")
    wait.until(lambda: server.get().status_code == 200)
    _wait_for(server, plain="mended")


def test_a_failing_import_of_the_start_shows_in_the_log_and_its_mending_too(serve: Serve) -> None:
    server = serve.prepare(
        "reload_interpreter",
        server="PythonPath \"['{htdocs}/library', '{htdocs}'] + sys.path\"\nPythonImport plain main.test",
        directory=_RELOAD.replace("answers", "state"),
        children=1,
    )
    (server.htdocs / "state.py").write_text(
        "import sys\n\ndef handler(req):\n"
        "    req.write(str(sys.modules['plain'].version if 'plain' in sys.modules else None))\n    return 0\n"
    )
    server.start()
    server.expect_log("MPY0203|SyntaxError|PythonImport plain")
    assert server.text() == "1"
    (server.htdocs / "library/plain.py").write_text("version = = 1\n")
    wait.until(lambda: server.text() == "None")
    _edit(server, "library/plain.py", "mended")
    wait.until(lambda: server.text() == "mended")


def test_main_interpreter_says_once_that_it_cannot(serve: Serve) -> None:
    server = _serve(serve, f"{_RELOAD}\nPythonInterpreter main_interpreter")
    server.expect_log("^MPY0230: PythonReload interpreter has no effect in main_interpreter")
    before = [server.json() for _ in range(3)][-1]
    # As with PythonReload module.
    _edit_handler(server, "version = 'edited'\n")
    after = server.json()
    assert (after["own"], after["plain"]) == ("edited", 1)
    assert len(server.log.find("^MPY0230")) == 1
    assert before["pid"] == after["pid"]


@pytest.mark.parametrize("said", ["", "\nPythonReload module"])
def test_by_module_the_edit_shows_in_the_next_request(serve: Serve, said: str) -> None:
    server = _serve(serve, _APP + said)
    assert server.json()["own"] == 1
    _edit_handler(server, "version = 'edited'\n")
    assert server.json()["own"] == "edited"


def test_a_section_may_say_otherwise_than_its_server(serve: Serve) -> None:
    server = _serve(serve, f"{_APP}\nPythonReload module", server="PythonReload interpreter")
    assert server.json()["own"] == 1
    _edit_handler(server, "version = 'edited'\n")
    assert server.json()["own"] == "edited"


def test_without_auto_reload_nothing_is_replaced(serve: Serve) -> None:
    server = _serve(serve, f'{_RELOAD}\n<Files "frozen">\nPythonAutoReload Off\nPythonInterpreter frozen\n</Files>')
    frozen = server.json("/frozen")
    server.json()
    _edit(server, "library/plain.py", "edited")
    _wait_for(server, plain="edited")
    assert server.json("/frozen")["token"] == frozen["token"]


def test_frozen_modules_stay(serve: Serve) -> None:
    server = _serve(
        serve, f'{_RELOAD}\n<Files "frozen">\nPythonHandler answers::freeze\nPythonInterpreter frozen\n</Files>'
    )
    frozen = server.json("/frozen")
    server.json()
    _edit(server, "library/plain.py", "edited")
    _wait_for(server, plain="edited")
    assert server.json("/frozen")["token"] == frozen["token"]


@pytest.mark.skipif(site.python_version() < (3, 13), reason="interpreters with a GIL of their own need 3.13")
@pytest.mark.skipif(site.MPM == "prefork", reason="who asks for one thing at a time always gets the same member")
def test_each_member_of_a_pool_is_replaced(serve: Serve) -> None:
    server = _serve(serve, server="PythonInterpreterOptions main.test pool=2", threads=4)
    with ThreadPoolExecutor(4) as pool:
        wait.until(lambda: len({answer["token"] for answer in pool.map(lambda _: server.json(), range(20))}) == 2)
        _edit(server, "library/plain.py", "edited")
        server.log.wait_for("^MPY0205", count=2)
        answers = list(pool.map(lambda _: server.json(), range(20)))
    assert {answer["plain"] for answer in answers} == {"edited"}


@pytest.mark.parametrize("words", ["", "modules", "interpreter module"])
def test_other_words_are_refused(serve: Serve, words: str) -> None:
    assert "PythonReload" in serve.refused("reload_interpreter", server=f"PythonReload {words}")
