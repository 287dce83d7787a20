"""`make install` puts everything where httpd and Python look for it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from harness import files, site
from harness.serve import Serve

pytestmark = pytest.mark.skipif(site.MPM != "event", reason="installs the same for every MPM")


def _make(target: str, folder: Path) -> str:
    environment = os.environ | {
        "DESTDIR": str(folder),
        "SO": str(site.MODULE),
        "PYTHON": site.PYTHON,
        "PYO3_PYTHON": site.PYTHON,
    }
    outcome = subprocess.run(
        ["make", "--no-print-directory", "-C", site.CHECKOUT, target],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return outcome.stdout


def _installed(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def destination(session_dir: Path) -> Path:
    return files.new_folder(session_dir)


def test_what_was_installed_serves(serve: Serve, destination: Path) -> None:
    _make("install", destination)
    (module,) = destination.rglob("mod_python.so")
    (package,) = destination.rglob("mod_python/__init__.py")
    server = serve(
        "hello",
        env={"PYTHONPATH": str(package.parent.parent)},
        load_python=False,
        server=f'LoadModule python_module "{module}"',
        directory="SetHandler mod_python\nPythonHandler hello",
    )
    assert server.text() == "Hello, World!"


def test_files_go_where_apxs_and_python_say(destination: Path) -> None:
    _make("install", destination)
    installed = _installed(destination)
    assert f"{site.modules_dir()}/mod_python.so".lstrip("/") in installed
    site_packages = site.python_site_packages()
    assert f"{site_packages}/mod_python/apache.py".lstrip("/") in installed


def test_parts_can_be_installed_by_themselves(destination: Path) -> None:
    _make("install_dso", destination)
    assert {Path(name).name for name in _installed(destination)} == {"mod_python.so", "mod_python.h"}
    _make("install_py_lib", destination)
    assert any(name.endswith("mod_python/apache.py") for name in _installed(destination))


def test_installing_twice_changes_nothing(destination: Path) -> None:
    _make("install", destination)
    first = _installed(destination)
    _make("install", destination)
    assert _installed(destination) == first


def test_uninstall_removes_all_of_it(destination: Path) -> None:
    _make("install", destination)
    _make("uninstall", destination)
    assert _installed(destination) == set()


def test_the_module_exports_its_record_and_nothing_else() -> None:
    symbols = subprocess.run(
        ["nm", "--dynamic", "--defined-only", str(site.MODULE)], check=True, capture_output=True, text=True
    )
    assert [line.split()[-1] for line in symbols.stdout.splitlines()] == ["python_module"]
