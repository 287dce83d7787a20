"""apxs/lib.sh: what it would install and what it refuses, on machines that this one is not.

The machine is played by an os-release file and by small programs that stand first on PATH.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from harness import site

pytestmark = pytest.mark.once

DEBIAN = 'ID=debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'
UBUNTU = 'ID=ubuntu\nID_LIKE=debian\nPRETTY_NAME="Ubuntu 24.04 LTS"\n'


class Machine:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.calls = folder / "calls"
        self.os_release = folder / "os-release"
        # Only these of the real machine: no cargo, no apt, no package database.
        for name in ("sh", "awk", "basename", "env", "grep", "head", "id", "sed", "sort", "tail"):
            self.program(name, f'exec {self._real(name)} "$@"')
        self.program("id", "echo 0")

    @staticmethod
    def _real(name: str) -> str:
        return next(str(path) for path in (Path("/usr/bin", name), Path("/bin", name)) if path.exists())

    def program(self, name: str, script: str) -> None:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def debian(self, *, packages: dict[str, str], installed: str = "", os_release: str = DEBIAN) -> None:
        """A machine with apt: `packages` says which versions it offers."""
        self.os_release.write_text(os_release)
        offered = "\n".join(f"{name}) echo '  Candidate: {version}' ;;" for name, version in packages.items())
        names = "\n".join(packages)
        self.program("apt-get", f'echo "apt-get $*" >>{self.calls}')
        self.program(
            "apt-cache",
            f"case $1 in policy) case $2 in\n{offered}\nesac ;; pkgnames) echo '{names}' ;; esac",
        )
        self.program("dpkg-query", f'case " {installed} " in *" $4 "*) echo installed ;; *) exit 1 ;; esac')

    def run(self, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", "-euc", f'ROOT="{site.CHECKOUT}"\n. "$ROOT/apxs/lib.sh"\n{script}', "script"],
            env={"PATH": str(self.bin), "HOME": "/nowhere", "OS_RELEASE": str(self.os_release), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def succeed(self, script: str, **environment: str) -> str:
        outcome = self.run(script, **environment)
        assert outcome.returncode == 0, outcome.stderr
        return outcome.stdout

    def refuse(self, script: str, **environment: str) -> str:
        """The one sentence that it refuses with."""
        outcome = self.run(script, **environment)
        assert outcome.returncode != 0, outcome.stdout
        (line,) = outcome.stderr.splitlines()
        return line

    def apt_calls(self) -> list[str]:
        return self.calls.read_text().splitlines() if self.calls.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


# --- packages ---


def test_what_is_installed_is_left_alone(machine: Machine) -> None:
    machine.debian(packages={}, installed="apache2-bin apache2-dev")
    assert machine.succeed("need_system_packages apache2-bin apache2-dev") == ""
    assert machine.apt_calls() == []


@pytest.mark.parametrize("os_release", [DEBIAN, UBUNTU])
def test_only_what_is_missing_is_installed(machine: Machine, os_release: str) -> None:
    machine.debian(packages={}, installed="apache2-bin", os_release=os_release)
    machine.succeed("need_system_packages apache2-bin apache2-dev gcc")
    update, install = machine.apt_calls()
    assert "update" in update
    assert install.endswith("install --yes --no-install-recommends --no-remove apache2-dev gcc")


def test_a_dry_run_installs_nothing(machine: Machine) -> None:
    machine.debian(packages={"cargo": "1.85.0"})
    said = machine.succeed("need_system_packages apache2-dev gcc; need_rust", DRY_RUN="1")
    assert said.splitlines() == ["Would install, as root: apache2-dev gcc", "Would install, as root: cargo"]
    assert machine.apt_calls() == []


def test_a_failed_installation_is_reported(machine: Machine) -> None:
    machine.debian(packages={})
    machine.program("apt-get", "echo 'E: no such package'; exit 100")
    outcome = machine.run("need_system_packages gcc")
    assert outcome.returncode != 0
    assert "E: no such package" in outcome.stderr
    assert "could not install: gcc" in outcome.stderr


def test_an_ordinary_user_asks_sudo(machine: Machine) -> None:
    machine.debian(packages={})
    machine.program("id", "echo 1000")
    machine.program("sudo", f'echo "sudo $*" >>{machine.calls}')
    machine.succeed("need_system_packages gcc")
    assert [call.split()[0] for call in machine.apt_calls()] == ["sudo", "sudo"]


def test_without_sudo_the_command_for_root_is_shown(machine: Machine) -> None:
    machine.debian(packages={})
    machine.program("id", "echo 1000")
    assert "apt-get install --no-install-recommends gcc" in machine.run("need_system_packages gcc").stderr
    assert machine.apt_calls() == []


@pytest.mark.parametrize(
    ("os_release", "expected"),
    [
        ('ID=fedora\nPRETTY_NAME="Fedora Linux 42"\n', "dnf install httpd httpd-devel python3-devel"),
        ('ID=rocky\nID_LIKE="rhel centos fedora"\n', "dnf install"),
        ("ID=alpine\n", "apk add apache2 apache2-dev python3-dev"),
        ('ID=arch\nPRETTY_NAME="Arch Linux"\n', "Arch Linux is not a distribution"),
        ("", "is not a distribution"),
    ],
)
def test_other_distributions_get_one_sentence(machine: Machine, os_release: str, expected: str) -> None:
    machine.os_release.write_text(os_release)
    said = machine.refuse("need_system_packages apache2-dev")
    assert expected in said
    assert "SKIP_PACKAGES=1" in said
    assert machine.succeed("need_system_packages apache2-dev", SKIP_PACKAGES="1") == ""


# --- Rust ---


@pytest.mark.parametrize(
    ("packages", "chosen"),
    [
        ({"cargo": "1.85.0+dfsg3-1"}, "cargo"),
        ({"cargo": "0.66.0+ds1-1", "cargo-web": "1.85.0+dfsg3-1~deb12u3"}, "cargo-web"),
        ({"cargo": "1.75.0", "cargo-1.9": "1.9.0", "cargo-1.91": "1.91.1", "cargo-1.97-doc": "1.97.1"}, "cargo-1.91"),
    ],
)
def test_a_missing_compiler_is_installed_when_new_enough(
    machine: Machine, packages: dict[str, str], chosen: str
) -> None:
    machine.debian(packages=packages)
    machine.run("need_rust")
    assert machine.apt_calls()[-1].endswith(f"--no-remove {chosen}")


def test_a_missing_compiler_is_one_sentence_when_every_package_is_too_old(machine: Machine) -> None:
    machine.debian(packages={"cargo": "0.66.0"})
    said = machine.refuse("need_rust")
    assert "no Rust compiler was found: install Rust 1.85 or newer, for example from https://rustup.rs" in said


@pytest.mark.parametrize("version", ["1.63.0", "1.84.1", "0.99.0"])
def test_an_old_compiler_is_one_sentence(machine: Machine, version: str) -> None:
    machine.debian(packages={"cargo": "1.99.0"})
    machine.program("cargo", "exit 1")
    machine.program("rustc", f"echo 'rustc {version} (abc 2024-01-01)'")
    said = machine.refuse("need_rust")
    assert f"the Rust compiler here is {version}, which is too old" in said
    assert machine.apt_calls() == []


@pytest.mark.parametrize("version", ["1.85.0", "1.100.0", "2.0.0"])
def test_a_new_compiler_is_used(machine: Machine, version: str) -> None:
    machine.program("cargo", "exit 1")
    machine.program("rustc", f"echo 'rustc {version} (abc 2026-01-01)'")
    assert machine.succeed("need_rust; say $CARGO") == "cargo\n"


def test_the_compiler_of_rustup_is_found_before_the_next_login(machine: Machine) -> None:
    folder = machine.folder / "home/.cargo/bin"
    folder.mkdir(parents=True)
    machine.bin = folder
    machine.program("cargo", "exit 1")
    machine.program("rustc", "echo 'rustc 1.90.0 (abc)'")
    machine.bin = machine.folder / "bin"
    assert machine.succeed("need_rust; command -v cargo", HOME=str(machine.folder / "home")) == f"{folder}/cargo\n"


def test_a_compiler_that_does_not_answer_is_one_sentence(machine: Machine) -> None:
    machine.program("cargo", "exit 1")
    machine.program("rustc", "echo 'error: no default toolchain' >&2; exit 1")
    assert "'rustc --version' does not answer" in machine.refuse("need_rust")


# --- Python and apxs ---


def test_python_is_the_one_that_was_named(machine: Machine) -> None:
    assert machine.succeed("choose_python; say $PYTHON $PYO3_PYTHON", PYTHON=site.PYTHON).split() == [site.PYTHON] * 2


@pytest.mark.parametrize("script", ["exit 1", "exec /no/such/python"])
def test_a_python_that_does_not_run_is_one_sentence(machine: Machine, script: str) -> None:
    machine.program("python-broken", script)
    assert "there is no Python at 'python-broken'" in machine.refuse("choose_python", PYTHON="python-broken")


def test_an_old_python_is_one_sentence(machine: Machine) -> None:
    # Answers with its path, then fails the comparison of versions.
    path = machine.bin / "python-old"
    machine.program("python-old", f"case $2 in *executable*) echo {path} ;; *) exit 1 ;; esac")
    assert "is older than Python 3.10" in machine.refuse("choose_python", PYTHON="python-old")


def test_a_missing_apxs_is_one_sentence(machine: Machine) -> None:
    said = machine.refuse("choose_apxs")
    assert "apache2-dev" in said
    assert "httpd-devel" in said
    assert "there is no apxs at '/no/apxs'" in machine.refuse("choose_apxs", APXS="/no/apxs")
