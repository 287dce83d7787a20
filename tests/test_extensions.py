"""Extension modules that refuse an interpreter: what the log says of them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from harness import site
from harness.serve import Serve
from harness.server import Server
from mod_python import _refusals

_OWN_GIL = pytest.mark.skipif(site.python_version() < (3, 13), reason="interpreters with a GIL of their own need 3.13")
_REFUSAL = "^MPY0220: the extension module '{module}' refuses interpreter '{name}', "


def build(folder: Path, module: str = "picky") -> Path:
    """Its extension module, for the Python under test."""
    script = "import sysconfig; print(sysconfig.get_path('include'), sysconfig.get_config_var('EXT_SUFFIX'))"
    include, suffix = subprocess.check_output([site.PYTHON, "-c", script], text=True).split()
    built = folder / f"{module}{suffix}"
    compiler = os.environ.get("CC", "cc")
    source = site.APPS / "extensions" / f"{module}.c"
    subprocess.run([compiler, "-shared", "-fPIC", f"-I{include}", str(source), "-o", str(built)], check=True)
    return built


def _start(
    serve: Serve, handler: str = "later", server: str = "", first: str = "first.test", files: str = ""
) -> Server:
    """Where the interpreter `first` has loaded picky, so that all others are refused."""
    prepared = serve.prepare(
        "extensions",
        directory=f"SetHandler mod_python\nPythonHandler {handler}\n{files}",
        server=f"PythonPath \"['{{htdocs}}'] + sys.path\"\nPythonImport picky {first}\n{server}",
        children=1,
    )
    built = build(prepared.htdocs)
    shutil.copy(built, prepared.htdocs / "package")
    prepared.start()
    return prepared


def _refuse(server: Server, module: str = "picky", name: str = "main.test", code: str = "MPY0303") -> str:
    """What is logged beside the traceback when a request fails."""
    pattern = _REFUSAL.format(module=re.escape(module), name=name)
    server.expect_log(pattern, f"^{code}", "^PythonHandler .*")
    assert server.get().status_code == 500
    (entry,) = server.log.find(pattern)
    return entry.message


# --- the entry ---


def test_it_names_module_interpreter_kind_words_and_remedy(serve: Serve) -> None:
    message = _refuse(_start(serve))
    assert "'picky' refuses interpreter 'main.test', a legacy one: Interpreter change detected" in message
    assert "Remedy: 'PythonInterpreter main_interpreter'" in message
    assert "check-imports picky" in message


def test_it_comes_once_for_each_interpreter(serve: Serve) -> None:
    server = _start(serve)
    _refuse(server)
    assert server.get().status_code == 500
    server.expect_log(_REFUSAL.format(module="picky", name="other.test"))
    other = "PythonInterpreter other.test"
    (server.htdocs / ".htaccess").write_text(other)
    assert server.get().status_code == 500
    assert len(server.log.find("^MPY0303")) == 3
    assert len(server.log.find("^MPY0220")) == 2


def test_the_main_interpreter_cures_it(serve: Serve) -> None:
    server = _start(serve, first="main_interpreter", server="PythonInterpreter main_interpreter")
    assert server.text() == "loaded"


def test_the_main_interpreter_may_come_too_late(serve: Serve) -> None:
    message = _refuse(_start(serve, server="PythonInterpreter main_interpreter"), name="main_interpreter")
    assert "for every application that uses it" in message


def test_an_empty_module_is_a_refusal_in_the_main_interpreter_after_another(serve: Serve) -> None:
    server = _start(serve, "later::empty", first="main_interpreter", server="PythonInterpreter main_interpreter")
    server.expect_log("^MPY0303", "^PythonHandler .*")
    assert server.get().status_code == 500
    assert not server.log.find("^MPY0220")
    (server.htdocs / ".htaccess").write_text("PythonInterpreter other.test")
    server.expect_log(*(_REFUSAL.format(module="db._db", name=name) for name in ("other.test", "main_interpreter")))
    assert server.get().status_code == 500
    (server.htdocs / ".htaccess").unlink()
    assert server.get().status_code == 500
    other, main = server.log.find("^MPY0220")
    assert "'other.test', a legacy one: cannot import name" in other.message
    assert "'main_interpreter', the main one, since another interpreter of this child was first: " in main.message


@_OWN_GIL
def test_one_with_a_lock_of_its_own_is_named_as_such(serve: Serve) -> None:
    server = _start(serve, first="main_interpreter", server="PythonInterpreterOptions main.test gil=own")
    message = _refuse(server)
    assert "a lock of its own: module picky does not support loading in subinterpreters" in message
    assert "no gil=own" in message


# --- where it comes from ---


@pytest.mark.parametrize(
    ("handler", "files", "code"),
    [
        ("later", "", "MPY0303"),
        ("at_once", "", "MPY0301"),
        ("mod_python.wsgi", "PythonOption mod_python.wsgi.application at_once", "MPY0303"),
        ("later::with_a_reason", "", "MPY0303"),
        ("later::by_function", "", "MPY0303"),
    ],
)
def test_it_is_recognised_wherever_handlers_fail(serve: Serve, handler: str, files: str, code: str) -> None:
    _refuse(_start(serve, handler, files=files), code=code)


@pytest.mark.parametrize(("handler", "path"), [("mod_python.publisher", "/pages"), ("mod_python.psp", "/page.psp")])
def test_it_is_recognised_in_pages(serve: Serve, handler: str, path: str) -> None:
    server = _start(serve, handler)
    server.expect_log(_REFUSAL.format(module="picky", name="main.test"), "^MPY0303", "^PythonHandler .*")
    assert server.get(path).status_code == 500


def test_it_is_recognised_in_python_import(serve: Serve) -> None:
    server = _start(serve, server="PythonImport picky second.test")
    server.expect_log(_REFUSAL.format(module="picky", name="second.test"), "^MPY0203.*picky", "^PythonImport picky")


def test_a_module_of_a_package_is_named_in_full(serve: Serve) -> None:
    server = _start(serve, "later::of_a_package", server="PythonImport package first.test")
    _refuse(server, module="package.picky")


def test_an_application_that_does_without_is_left_alone(serve: Serve) -> None:
    server = _start(serve, "later::without_it")
    assert server.text() == "slower"


def test_another_import_that_fails_is_none(serve: Serve) -> None:
    server = _start(serve, "later::missing")
    server.expect_log("^MPY0303", "^PythonHandler .*")
    assert server.get().status_code == 500
    assert not server.log.find("MPY0220")


# --- words ---


@pytest.mark.parametrize(
    ("words", "module"),
    [
        ("module orjson.orjson does not support loading in subinterpreters", "orjson.orjson"),
        ("cannot load module more than once per process", None),
        ("PyO3 modules do not yet support subinterpreters, see https://github.com/PyO3/pyo3/issues/576", None),
        ("PyO3 modules may only be initialized once per interpreter process", None),
        ("Interpreter change detected - this module can only be loaded into one interpreter per process.", None),
        ("\n\nIMPORTANT: advice\n\nOriginal error was: cannot load module more than once per process\n", None),
    ],
)
def test_words_of_refusals(words: str, module: str | None) -> None:
    refusal = _refusals.find(ImportError(words, name="known"))
    assert refusal == (module or "known", words.strip().splitlines()[-1], True)


def test_the_first_of_a_chain_counts() -> None:
    first = ImportError("cannot load module more than once per process", name="inner")
    outer = ImportError("failed\nOriginal error was: cannot load module more than once per process", name="outer")
    outer.__cause__ = first
    last = RuntimeError("no numbers")
    last.__context__ = outer
    refusal = _refusals.find(last)
    assert refusal is not None
    assert refusal.module == "inner"


def test_one_that_says_so_counts_before_an_empty_module() -> None:
    first = ImportError("numpy._core.multiarray failed to import")
    outer = ImportError("cannot load module more than once per process", name="numpy")
    outer.__cause__ = first
    refusal = _refusals.find(outer)
    assert refusal is not None
    assert refusal.is_certain


def test_a_chain_without_an_end_is_left() -> None:
    one, other = ImportError("one"), ImportError("other")
    one.__context__, other.__context__ = other, one
    assert _refusals.find(one) is None


@pytest.mark.parametrize(
    "error",
    [
        ImportError("cannot import name 'encodings' from 'db._db'", name="db._db", path="/x/_db.cpython-311.so"),
        ImportError("numpy._core.multiarray failed to import"),
        ImportError("numpy.core.multiarray failed to import"),
    ],
)
def test_an_empty_extension_module_is_one_perhaps(error: ImportError) -> None:
    refusal = _refusals.find(error)
    assert refusal is not None
    assert not refusal.is_certain


@pytest.mark.parametrize(
    "error",
    [
        ModuleNotFoundError("No module named 'numpy'", name="numpy"),
        ImportError("cannot import name 'x' from 'y'", name="y", path="/x/y.py"),
        ImportError("libpq.so.5: cannot open shared object file: No such file or directory"),
        RuntimeError("os.fork() is not possible in a sub-interpreter"),
    ],
)
def test_what_is_no_refusal(error: Exception) -> None:
    assert _refusals.find(error) is None
