"""The command `mod_python`: its usage, version, genconfig, and how it is installed."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import files, site
from harness.command import Command, environment

pytestmark = pytest.mark.skipif(site.MPM != "event", reason="the command has no MPM")

COMMANDS = ["check", "check-imports", "create", "genconfig", "restart", "start", "start-server", "stop", "version"]


# --- usage ---


def test_help_names_every_command(command: Command) -> None:
    shown = command.output("--help")
    assert sorted(re.findall(r"(?m)^    ([a-z][a-z-]+)(?:\s|$)", shown)) == COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_its_own_help(command: Command, name: str) -> None:
    """L7.2: 34. The usage of stop and restart named start."""
    assert f"usage: mod_python {name} " in command.output(name, "--help")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["nonsense"], "invalid choice: 'nonsense'"),
        (["--nonsense"], "the following arguments are required: COMMAND"),
        (["create"], "the following arguments are required"),
        (["create", "site"], "required: --pythonhandler"),
        (["create", "a", "b", "--pythonhandler", "x"], "unrecognized arguments: b"),
        (["genconfig"], "required: FILE"),
        (["start"], "required: HTTPD_CONF"),
        (["stop", "a", "b"], "unrecognized arguments: b"),
        (["restart"], "required: HTTPD_CONF"),
        (["version", "now"], "unrecognized arguments: now"),
        (["check"], "required: CONF"),
        (["start-server"], "required: APP"),
        (["start-server", "x", "--port", "many"], "'many' is not a number from 0 to 65535"),
        (["start-server", "x", "--port", "70000"], "'70000' is not a number from 0 to 65535"),
        (["start-server", "x", "--threads", "0"], "'0' is not a number from 1 to 20000"),
        (["start-server", "x", "--as", "cgi"], "invalid choice: 'cgi'"),
    ],
)
def test_wrong_usage_is_status_2_and_said_on_stderr(command: Command, arguments: list[str], said: str) -> None:
    """L7.2: 34. The program did not start at all on Python 3."""
    assert said in command.refusal(*arguments, status=2)


def test_what_follows_the_command_belongs_to_it(command: Command) -> None:
    (command.cwd / "stop").write_text("print('from a file named stop')\n")
    assert command.output("genconfig", "stop") == "from a file named stop\n"


@pytest.mark.parametrize("name", ["start", "stop", "restart", "genconfig"])
def test_a_file_that_is_not_there_is_named(command: Command, name: str) -> None:
    assert command.refusal(name, "no/such.conf") == f"mod_python {name}: there is no file no/such.conf\n"


def test_a_reader_that_leaves_is_no_failure_to_speak_of(command: Command) -> None:
    shell = f"{site.PYTHON} -m mod_python version | true"
    outcome = subprocess.run(
        ["/bin/sh", "-c", shell], env=environment(command.package_path), cwd=command.cwd, capture_output=True, text=True
    )
    assert outcome.stderr == ""


# --- version ---


def test_version_shows_versions_and_places(command: Command) -> None:
    rows = {line.split(":")[0]: line for line in command.output("version").splitlines()}
    assert list(rows) == ["mod_python", "Python", "httpd", "APR", "platform"]
    assert str(site.MODULE) in rows["mod_python"]
    assert "{}.{}.".format(*site.python_version()) in rows["Python"]
    assert str(site.httpd()) in rows["httpd"]
    for name in ("mod_python", "Python", "httpd", "APR"):
        assert re.search(r"\d+\.\d+\.\d+", rows[name]), name


# --- genconfig ---


def test_genconfig_prints_what_the_file_prints(command: Command) -> None:
    (command.cwd / "c.py").write_text("from mod_python.httpdconf import *\nprint(Container(Listen(80)))\n")
    assert command.output("genconfig", "c.py") == "Listen 80\n\n"


def test_genconfig_runs_the_file_as_a_program(command: Command) -> None:
    (command.cwd / "sub").mkdir()
    (command.cwd / "sub/ports.py").write_text("PORT = 81\n")
    (command.cwd / "sub/c.py").write_text(
        "import sys, ports\nif __name__ == '__main__':\n    print(sys.argv, ports.PORT)\n    sys.exit()\n"
    )
    assert command.output("genconfig", "sub/c.py") == "['sub/c.py'] 81\n"


def test_paths_that_are_no_text_are_printed_as_they_are(command: Command) -> None:
    (command.cwd / "c.py").write_bytes(b"import os\nprint(os.fsdecode(b'caf\\xe9'))\n")
    assert command.output("genconfig", "c.py") == "caf\udce9\n"
    assert "there is no file caf" in command.refusal("start", "caf\udce9")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("print('Listen 80')\n\nListen(80)\n", "c.py, line 3: NameError: name 'Listen' is not defined"),
        ("print(\n", "c.py, line 1: SyntaxError: "),
        ("import sys\nprint('Listen 80')\nsys.exit('no port')\n", "c.py ended with 'no port'"),
    ],
)
def test_a_file_that_fails_prints_no_half_configuration(command: Command, source: str, said: str) -> None:
    (command.cwd / "c.py").write_text(source)
    assert said in command.refusal("genconfig", "c.py", status=1)


# --- the installed command ---


@pytest.fixture
def installed(session_dir: Path, command: Command) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the command that `make install_py_lib` makes, in the test's folder."""
    destination = files.new_folder(session_dir)
    make = ["make", "--silent", "-C", str(site.CHECKOUT), "install_py_lib"]
    subprocess.run([*make, f"DESTDIR={destination}", f"PYTHON={site.PYTHON}", f"SO={site.MODULE}"], check=True)
    (program,) = destination.rglob("bin/mod_python")
    (package,) = destination.rglob("mod_python/__main__.py")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        env = environment(package.parent.parent)
        return subprocess.run([program, *arguments], env=env, cwd=command.cwd, capture_output=True, text=True)

    return run


def test_the_installed_command_is_the_same_and_trusts_no_module_of_the_current_folder(
    installed: Callable[..., subprocess.CompletedProcess[str]], command: Command
) -> None:
    expected = command.output("version")
    (command.cwd / "argparse.py").write_text("raise SystemExit('a stranger')\n")
    outcome = installed("version")
    assert (outcome.returncode, outcome.stdout) == (0, expected), outcome.stderr
