"""mod_python.version: what a site's programs learn of the installation; and the versions that httpd shows."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

from harness import site
from harness.command import Command, environment
from harness.inside import Inside
from harness.serve import Serve

HELLO = "SetHandler mod_python\nPythonHandler hello"
NAMES = (
    *("APR_VERSION", "HTTPD", "HTTPD_VERSION", "LIBEXECDIR", "PYTHON_BIN", "SYSCONFDIR", "TESTHOME"),
    *("TEST_MOD_PYTHON_SO", "version"),
)


def facts(package_path: Path) -> dict[str, str]:
    """The names of mod_python.version, as a program without httpd sees them."""
    code = "import json, mod_python.version as v; print(json.dumps({n: getattr(v, n) for n in v.__all__}))"
    outcome = subprocess.run(
        [site.PYTHON, "-c", code], env=environment(package_path), check=True, capture_output=True, text=True
    )
    found: dict[str, str] = json.loads(outcome.stdout)
    return found


def look(found: dict[str, str]) -> None:
    assert sorted(found) == sorted(NAMES)
    assert all(isinstance(value, str) for value in found.values())
    for name in ("HTTPD", "LIBEXECDIR", "PYTHON_BIN", "SYSCONFDIR", "TESTHOME"):
        assert Path(found[name]).exists(), name
    running = subprocess.run([found["HTTPD"], "-v"], check=True, capture_output=True, text=True).stdout
    assert f"/{found['HTTPD_VERSION']} " in running
    assert re.fullmatch(r"\d+\.\d+\.\d+", found["APR_VERSION"])


def test_the_names_are_there_in_a_checkout() -> None:
    """L7.1: 3. L7.3: 19."""
    found = facts(site.CHECKOUT / "python")
    look(found)
    assert found["TEST_MOD_PYTHON_SO"] == str(site.MODULE)


def test_the_names_are_there_in_an_installation(session_dir: Path) -> None:
    """L7.1: 3. And they need no apxs then."""
    destination = session_dir / "version-installed"
    make = ["make", "--silent", "-C", str(site.CHECKOUT), "install_py_lib"]
    subprocess.run([*make, f"DESTDIR={destination}", f"PYTHON={site.PYTHON}", f"SO={site.MODULE}"], check=True)
    (package,) = destination.rglob("mod_python/version.py")
    found = facts(package.parent.parent)
    look(found)
    assert found["TEST_MOD_PYTHON_SO"] == f"{site.modules_dir()}/mod_python.so"
    assert "HTTPD = " not in package.read_text()
    assert "'HTTPD': " in package.with_name("_built.py").read_text()


def test_an_unknown_name_is_an_attribute_error(inside: Inside) -> None:
    said = inside.error("from mod_python import version; version.NOTHING")
    assert said == "AttributeError: module 'mod_python.version' has no attribute 'NOTHING'"


def test_the_package_shows_its_version(inside: Inside) -> None:
    both = inside("import mod_python; result = [mod_python.mp_version, mod_python.version.version]")
    assert both[0] == both[1]
    assert re.fullmatch(r"\d+\.\d+\.\d+", both[0])


def test_the_package_lists_its_modules(inside: Inside) -> None:
    listed = inside("import mod_python; result = sorted(mod_python.__all__)")
    modules = ["apache", "cgihandler", "psp", "publisher", "python22", "util", "version"]
    assert listed == sorted([*modules, "mp_version"])


def test_all_of_the_package_can_be_imported(inside: Inside) -> None:
    """As old handlers do."""
    assert inside("names = {}; exec('from mod_python import *', names); result = 'util' in names")


def test_the_package_can_be_imported_without_httpd(command: Command) -> None:
    assert "mod_python:" in command.output("version")


def test_python22_is_importable_and_empty(inside: Inside) -> None:
    source = "names = {}; exec('from mod_python.python22 import *', names); result = sorted(names)"
    assert inside(source) == ["__builtins__"]


def test_equal_versions_are_no_matter_for_the_log(serve: Serve) -> None:
    """L7.1: 58."""
    server = serve("hello", directory=HELLO)
    assert server.text() == "Hello, World!"
    assert not server.log.find("version mismatch")


def test_a_package_of_another_version_is_named_in_the_log(serve: Serve) -> None:
    """L7.1: 59."""
    other = serve.folder / "other"
    shutil.copytree(site.CHECKOUT / "python/mod_python", other / "mod_python")
    file = other / "mod_python/version.py"
    file.write_text(re.sub(r'version: str = "[\d.]+"', 'version: str = "3.2.1"', file.read_text()))
    server = serve("hello", env={"PYTHONPATH": str(other)}, directory=HELLO)
    server.expect_log("mod_python version mismatch.* 3.2.1")
    assert server.text() == "Hello, World!"


def test_the_server_header_names_python(serve: Serve) -> None:
    """L7.1: 60."""
    header = serve("hello", directory=HELLO).get().headers["Server"]
    assert re.search(r"mod_python/\d+\.\d+\.\d+ Python/3\.\d+", header)
