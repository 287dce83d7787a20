"""Editing a handler's file while httpd runs."""

from __future__ import annotations

import os

import pytest
from harness.serve import Serve
from harness.server import Server

_DIRECTIVES = "SetHandler mod_python\nPythonHandler version\n"


def _handler(answer: str, head: str = "") -> str:
    return f"{head}\ndef handler(req):\n    req.write({answer!r})\n    return 0\n"


def _edit(server: Server, text: str, file: str = "version.py") -> None:
    (server.htdocs / file).write_text(text)


def test_an_edit_shows_in_the_very_next_request(serve: Serve) -> None:
    """Q1."""
    server = serve("reload", directory=_DIRECTIVES)
    answers = [server.text()]
    for number in range(10):
        _edit(server, _handler(f"edit {number}"))
        answers.append(server.text())
    assert answers == ["one"] + [f"edit {number}" for number in range(10)]


def test_an_edit_of_the_same_size_in_the_same_second_shows(serve: Serve) -> None:
    server = serve.prepare("reload", directory=_DIRECTIVES)
    # Python then keeps compiled files, which know their source by second and size.
    server.htdocs.chmod(0o777)
    server.start()
    answers = [server.text()]
    for answer in ("two", "six", "ten"):
        _edit(server, _handler(answer))
        answers.append(server.text())
    assert answers == ["one", "two", "six", "ten"]
    assert (server.htdocs / "__pycache__").is_dir()


def test_an_older_file_is_also_another_file(serve: Serve) -> None:
    server = serve("reload", directory=_DIRECTIVES)
    server.text()
    _edit(server, _handler("restored from a backup"))
    os.utime(server.htdocs / "version.py", (1_000_000_000, 1_000_000_000))
    assert server.text() == "restored from a backup"


def test_an_edit_shows_in_every_interpreter(serve: Serve) -> None:
    server = serve("reload", directory=_DIRECTIVES, vhosts={"a.test": "", "b.test": ""})
    assert server.text(host="a.test") == server.text(host="b.test") == "one"
    _edit(server, _handler("two"))
    assert server.text(host="a.test") == server.text(host="b.test") == "two"


def test_a_module_of_a_package_reloads(serve: Serve) -> None:
    server = serve.prepare("reload", directory="SetHandler mod_python\nPythonHandler package.leaf")
    (server.htdocs / "package").mkdir()
    _edit(server, "", "package/__init__.py")
    _edit(server, _handler("leaf one"), "package/leaf.py")
    server.start()
    assert server.text() == "leaf one"
    _edit(server, _handler("leaf two"), "package/leaf.py")
    assert server.text() == "leaf two"


def test_a_reload_happens_in_the_same_module(serve: Serve) -> None:
    server = serve("reload", directory=_DIRECTIVES)
    server.text()
    _edit(server, _handler("first", "state = ['kept']"))
    server.text()
    again = "import sys\nassert state == ['kept']\nassert sys.modules[__name__].__dict__ is globals()"
    _edit(server, _handler("second", again))
    assert server.text() == "second"


def test_every_object_of_the_module_is_new(serve: Serve) -> None:
    server = serve("reload", directory="SetHandler mod_python\nPythonHandler version::Page.show")
    text = "class Page:\n    def __init__(self, req):\n        pass\n    def show(self, req):\n"
    _edit(server, f"{text}        req.write('one')\n        return 0\n")
    assert server.text() == "one"
    _edit(server, f"{text}        req.write('two')\n        return 0\n")
    assert server.text() == "two"


def test_a_syntax_error_answers_500_until_it_is_mended(serve: Serve) -> None:
    server = serve("reload", directory=_DIRECTIVES + "PythonDebug On")
    server.expect_log("^MPY0305", "^PythonHandler version: ")
    assert server.text() == "one"
    _edit(server, "def handler(req)\n")
    for _ in range(3):
        answer = server.get()
        assert answer.status_code == 500
        assert "SyntaxError" in answer.text
    _edit(server, _handler("mended"))
    assert server.text() == "mended"


def test_an_error_at_import_answers_500_until_it_is_mended(serve: Serve) -> None:
    server = serve("reload", directory=_DIRECTIVES)
    server.expect_log("^MPY0301", "^PythonHandler version: ", "ZeroDivisionError")
    assert server.text() == "one"
    _edit(server, _handler("never", "1 / 0"))
    assert [server.get().status_code for _ in range(3)] == [500] * 3
    assert len(server.log.find("^MPY0301")) == 3
    _edit(server, _handler("mended"))
    assert server.text() == "mended"


def test_off_keeps_what_was_loaded(serve: Serve) -> None:
    server = serve("reload", directory=_DIRECTIVES + "PythonAutoReload Off")
    server.text()
    _edit(server, _handler("two"))
    assert [server.text() for _ in range(3)] == ["one"] * 3


def test_off_sees_the_edit_after_a_restart(serve: Serve) -> None:
    server = serve("reload", directory=_DIRECTIVES + "PythonAutoReload Off")
    server.text()
    _edit(server, _handler("two"))
    server.control("graceful")
    assert server.text() == "two"


@pytest.mark.parametrize(("debug", "count"), [("On", 3), ("Off", 0)])
def test_reloads_are_noted_under_debug(serve: Serve, debug: str, count: int) -> None:
    server = serve("reload", directory=f"{_DIRECTIVES}PythonDebug {debug}")
    server.text()
    for answer in ("two", "three"):
        _edit(server, _handler(answer))
        server.text()
        server.text()
    assert len(server.log.find("^MPY0307.*version")) == count


def test_requests_during_an_edit_get_the_old_or_the_new_answer(serve: Serve) -> None:
    server = serve("reload", directory=_DIRECTIVES, children=2, threads=4)
    server.text()
    answers = set()
    for number in range(10):
        # Put in place at once, as editors and deployments do.
        fresh = server.htdocs / "fresh"
        fresh.write_text(_handler(f"edit {number}"))
        fresh.rename(server.htdocs / "version.py")
        answers |= {answer.text for answer in server.at_once(6)}
    assert answers <= {"one"} | {f"edit {number}" for number in range(10)}
    assert server.text() == "edit 9"


def test_a_vanished_file_goes_on_serving_until_it_is_back(serve: Serve) -> None:
    server = serve("reload", directory=_DIRECTIVES)
    server.text()
    server.expect_log(r"^MPY0330.*/version\.py is gone")
    (server.htdocs / "version.py").unlink()
    assert [server.text() for _ in range(3)] == ["one"] * 3
    assert len(server.log.find("^MPY0330")) == 1
    _edit(server, _handler("back"))
    assert server.text() == "back"
