"""The `serve` fixture: a private httpd per test, judged by its error log afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from harness import files, memcheck, site
from harness.command import Command
from harness.inside import Inside
from harness.serve import Serve

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

# It is about memcheck itself.
collect_ignore = [] if memcheck.ENABLED else ["test_memcheck.py"]

# What a test writes must be readable for httpd's user.
os.umask(0o022)


def pytest_report_header() -> list[str]:
    return [
        f"mod_python: {site.MODULE}",
        f"MPM {site.MPM}, Python {site.PYTHON}, httpd {site.httpd()}",
    ]


@pytest.fixture(scope="session")
def session_dir() -> Iterator[Path]:
    """A folder that httpd's unprivileged user can read (pytest's own is closed to others)."""
    folder = files.new_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def package_path(session_dir: Path) -> Path:
    """A readable, compiled copy of the `mod_python` package: the checkout may be private."""
    target = session_dir / "python"
    files.copy_tree(site.CHECKOUT / "python", target)
    subprocess.run([site.PYTHON, "-I", "-m", "compileall", "-q", str(target)], check=True)
    return target


@pytest.fixture
def serve(session_dir: Path, package_path: Path) -> Iterator[Serve]:
    yield from _serving(session_dir, package_path)


@pytest.fixture(scope="module")
def serve_all(session_dir: Path, package_path: Path) -> Iterator[Serve]:
    """For servers that all tests of a module use, and that are judged after the last of them."""
    yield from _serving(session_dir, package_path)


def _serving(session_dir: Path, package_path: Path) -> Iterator[Serve]:
    folder = files.new_folder(session_dir)
    serve = Serve(folder, package_path)
    yield serve
    problems = serve.finish()
    shutil.rmtree(folder, ignore_errors=True)
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


@pytest.fixture
def inside(serve: Serve) -> Inside:
    return Inside(serve)


@pytest.fixture
def command(session_dir: Path, package_path: Path) -> Iterator[Command]:
    folder = files.new_folder(session_dir)
    yield Command(package_path, folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def browser() -> Iterator[Chrome]:
    """A headless Chromium. A test that takes it is marked `harness.browser.ONE_CELL`."""
    # Only here: a run without such tests needs no browser, nor the library for it.
    from harness.browser import chromium

    with chromium() as driver:
        yield driver
