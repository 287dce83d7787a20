"""What mod_python.so offers to other httpd modules: include/mod_python.h, used by a C module."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from harness import site
from harness.serve import Serve
from harness.server import Server


@pytest.fixture(scope="session")
def c_module(session_dir: Path) -> Path:
    """The module, built as its author would build it: by apxs."""
    folder = session_dir / "c_module"
    folder.mkdir()
    # A copy, because apxs leaves its objects beside the source.
    source = shutil.copy(site.CHECKOUT / "tests" / "c_module" / "mod_asks_python.c", folder)
    script = "import sysconfig; print(sysconfig.get_path('include'))"
    python = subprocess.run([site.PYTHON, "-c", script], check=True, capture_output=True, text=True).stdout.strip()
    apxs = os.environ.get("APXS") or shutil.which("apxs") or "apxs2"
    headers = [f"-I{python}", f"-I{site.CHECKOUT / 'include'}"]
    built = subprocess.run(
        [apxs, "-Wc,-Wall -Wextra -Werror=implicit-function-declaration", *headers, "-c", Path(source).name],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / ".libs" / "mod_asks_python.so"


def _server(serve: Serve, c_module: Path, directory: str = "") -> Server:
    lines = f"SetHandler asks-python\nPythonOption module {c_module}\n{directory}"
    server = serve("exports", directory=lines, server=f"LoadModule asks_python_module {c_module}")
    # The module tries in the parent too.
    server.expect_log("MPY0202: interpreter 'main_interpreter' could not be created: Python is not running")
    return server


def test_c_code_runs_python(serve: Serve, c_module: Path) -> None:
    assert _server(serve, c_module).text("/simple") == "by C"


def test_the_interpreter_of_that_name_is_entered(serve: Serve, c_module: Path) -> None:
    server = _server(serve, c_module)
    assert server.text("/name?one") == "one"
    assert server.text("/name?main.test") == "main.test"
    assert server.text("/name") == "main_interpreter"


def test_entries_nest(serve: Serve, c_module: Path) -> None:
    assert _server(serve, c_module).text("/nested") == "first second third first"


def test_entries_nest_inside_a_handler(serve: Serve, c_module: Path) -> None:
    server = _server(serve, c_module, "SetHandler mod_python\nPythonHandler calls_c")
    for inner in ("inner", "main.test"):
        assert server.text(f"/page?{inner}") == f"main.test {inner} third main.test | /page main.test"


def test_the_request_object(serve: Serve, c_module: Path) -> None:
    server = _server(serve, c_module)
    assert server.text("/type") == "mp_request"
    assert server.text("/uri?any") == "/uri"


def test_the_objects_of_the_server_and_of_the_connection(serve: Serve, c_module: Path) -> None:
    assert _server(serve, c_module).text("/around") == "main.test 127.0.0.1"


def test_it_is_the_one_that_handlers_get(serve: Serve, c_module: Path) -> None:
    server = _server(serve, c_module, "PythonFixupHandler calls_c::marks")
    assert server.text("/mark?main.test") == "by a handler"
    # Every interpreter has its own.
    assert server.text("/mark?other") == "None"


def test_it_cannot_be_used_after_the_release(serve: Serve, c_module: Path) -> None:
    assert _server(serve, c_module).text("/late") == "ReferenceError"


def test_outside_of_an_interpreter_there_is_no_object(serve: Serve, c_module: Path) -> None:
    assert _server(serve, c_module).text("/outside") == "NULL"


def test_releasing_too_often_does_no_harm(serve: Serve, c_module: Path) -> None:
    assert _server(serve, c_module).text("/again") == "GET"


def test_in_the_parent_there_is_no_python(serve: Serve, c_module: Path) -> None:
    assert _server(serve, c_module).text("/parent") == "NULL"


def test_c_code_and_handlers_at_once(serve: Serve, c_module: Path) -> None:
    server = _server(serve, c_module)
    for response in server.at_once(40, "/nested"):
        assert response.text == "first second third first"


def test_it_works_after_restarts(serve: Serve, c_module: Path) -> None:
    server = _server(serve, c_module)
    for _ in range(2):
        server.control("graceful")
    assert server.text("/uri?any") == "/uri"
