"""What `make install` makes of files that are there already, of a2enmod, and of what it cannot do.

That an installation serves, and can be removed again, is the matter of test_install.
"""

from __future__ import annotations

import functools
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from harness import site
from harness.files import new_folder

pytestmark = pytest.mark.skipif(site.MPM != "event", reason="installs the same for every MPM")


@functools.cache
def conf_dir() -> Path:
    """The folder of httpd.conf, below which Debian keeps mods-available."""
    apxs = os.environ.get("APXS") or shutil.which("apxs") or "apxs2"
    answer = subprocess.run([apxs, "-q", "SYSCONFDIR"], check=True, capture_output=True, text=True)
    return Path(answer.stdout.strip())


def make(*arguments: str, destdir: Path) -> subprocess.CompletedProcess[str]:
    command = ["make", "--silent", f"DESTDIR={destdir}", f"SO={site.MODULE}", f"PYTHON={site.PYTHON}", *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(command, cwd=site.CHECKOUT, env=environment, capture_output=True, text=True, check=False)


def succeed(*arguments: str, destdir: Path) -> None:
    outcome = make(*arguments, destdir=destdir)
    assert outcome.returncode == 0, outcome.stderr


def below(destdir: Path, path: Path) -> Path:
    return destdir / path.relative_to("/")


def installed_module(destdir: Path) -> Path:
    return below(destdir, site.modules_dir()) / "mod_python.so"


def installed_package(destdir: Path) -> Path:
    (found,) = destdir.glob("**/mod_python/__init__.py")
    return found.parent


def installed_command(destdir: Path) -> Path:
    (found,) = destdir.glob("**/bin/mod_python")
    return found


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


@pytest.fixture
def destdir(session_dir: Path) -> Path:
    return new_folder(session_dir)


def test_everybody_may_read_what_is_installed(destdir: Path) -> None:
    old = os.umask(0o077)
    try:
        succeed("install", destdir=destdir)
    finally:
        os.umask(old)
    command = installed_command(destdir)
    modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in destdir.rglob("*") if path != command}
    assert modes == {(True, 0o755), (False, 0o644)}
    assert stat.S_IMODE(command.stat().st_mode) == 0o755


def test_the_whole_package_is_installed_and_compiled(destdir: Path) -> None:
    succeed("install_py_lib", destdir=destdir)
    ours = {name for name in files(site.CHECKOUT / "python/mod_python") if "__pycache__" not in name}
    installed = files(installed_package(destdir))
    assert {name for name in installed if "__pycache__" not in name} == ours
    assert len([name for name in installed if name.endswith(".pyc")]) == len([n for n in ours if n.endswith(".py")])


def test_tracebacks_will_show_the_installed_path(destdir: Path) -> None:
    succeed("install_py_lib", destdir=destdir)
    package = installed_package(destdir)
    for source in package.rglob("*.py"):
        (compiled,) = source.parent.glob(f"__pycache__/{source.stem}.*.pyc")
        content = compiled.read_bytes()
        assert f"/{source.relative_to(destdir)}".encode() in content
        assert str(destdir).encode() not in content


def test_a_new_installation_leaves_nothing_of_the_old_one(destdir: Path) -> None:
    succeed("install_py_lib", destdir=destdir)
    stale = installed_package(destdir) / "gone.py"
    stale.write_text("")
    succeed("install_py_lib", destdir=destdir)
    assert not stale.exists()


def test_uninstall_also_disables(destdir: Path) -> None:
    available = below(destdir, conf_dir() / "mods-available")
    enabled = below(destdir, conf_dir() / "mods-enabled")
    available.mkdir(parents=True)
    enabled.mkdir()
    succeed("install", destdir=destdir)
    for name in ("python.load", "python.conf"):
        (enabled / name).symlink_to(f"../mods-available/{name}")
    succeed("uninstall", destdir=destdir)
    assert files(destdir) == set()


# --- the files for a2enmod ---


def test_python_load_names_the_module_without_destdir(destdir: Path) -> None:
    available = below(destdir, conf_dir() / "mods-available")
    available.mkdir(parents=True)
    succeed("install", destdir=destdir)
    expected = f"LoadModule python_module {site.modules_dir()}/mod_python.so\n"
    assert (available / "python.load").read_text() == expected


def test_an_edited_python_conf_is_kept(destdir: Path) -> None:
    available = below(destdir, conf_dir() / "mods-available")
    available.mkdir(parents=True)
    conf = available / "python.conf"
    succeed("install", destdir=destdir)
    conf.write_text("PythonDebug Off\n")
    succeed("install", destdir=destdir)
    assert conf.read_text() == "PythonDebug Off\n"
    succeed("uninstall", destdir=destdir)
    assert files(destdir) == {str(conf.relative_to(destdir))}


# --- what is refused ---


def test_install_never_builds(destdir: Path) -> None:
    outcome = make("install", f"SO={destdir}/none.so", destdir=destdir)
    assert outcome.returncode != 0
    assert "run 'make' first" in outcome.stderr
    assert files(destdir) == set()


def test_a_python_of_another_version_is_refused(destdir: Path) -> None:
    major, minor = site.python_version()
    other = destdir / "other.so"
    other.write_bytes(site.MODULE.read_bytes().replace(f"libpython{major}.{minor}".encode(), b"libpython3.9"))
    outcome = make("install", f"SO={other}", destdir=destdir / "d")
    assert outcome.returncode != 0
    assert "the module was built for python3.9" in outcome.stderr


def test_a_blank_in_destdir_is_refused(destdir: Path) -> None:
    folder = destdir / "a b"
    folder.mkdir()
    outcome = make("install_dso", destdir=folder)
    assert outcome.returncode != 0
    assert "contains a blank" in outcome.stderr
