"""What is measured and measured with: the httpd at hand, the C module, our module."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


class BenchError(Exception):
    """Something that the person at the keyboard has to know; the text is a full sentence."""


def target_dir() -> Path:
    return Path(os.environ.get("CARGO_TARGET_DIR", CHECKOUT / "target")).resolve()


@dataclass(frozen=True)
class Httpd:
    """The server that the chosen apxs belongs to."""

    apxs: str
    binary: Path
    modules: Path
    compiled_in: frozenset[str]

    def load_line(self, name: str) -> str:
        """The LoadModule line for one of httpd's own modules; empty where it is compiled in."""
        if f"mod_{name}.c" in self.compiled_in:
            return ""
        return f'LoadModule {name}_module "{self.modules}/mod_{name}.so"'

    def version(self) -> str:
        first_line = _output([str(self.binary), "-v"]).splitlines()[0]
        return first_line.removeprefix("Server version: ")


@lru_cache(maxsize=1)
def find_httpd() -> Httpd:
    apxs = os.environ.get("APXS") or shutil.which("apxs") or shutil.which("apxs2")
    if not apxs:
        raise BenchError("No apxs was found; install httpd's development package or set APXS.")
    binary = Path(_output([apxs, "-q", "SBINDIR"])) / _output([apxs, "-q", "PROGNAME"])
    listed = _output([str(binary), "-l"]).split()
    return Httpd(
        apxs=apxs,
        binary=binary,
        modules=Path(_output([apxs, "-q", "LIBEXECDIR"])),
        compiled_in=frozenset(word for word in listed if word.endswith(".c")),
    )


@lru_cache(maxsize=1)
def build_c_module() -> Path:
    """Compiles a copy, because apxs leaves its objects beside the source."""
    built = target_dir() / "bench" / "mod_bench.so"
    built.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=built.parent) as folder:
        shutil.copy(CHECKOUT / "tests" / "bench" / "c_module" / "mod_bench.c", folder)
        _output([find_httpd().apxs, "-c", "mod_bench.c"], cwd=Path(folder))
        (Path(folder) / ".libs" / "mod_bench.so").replace(built)
    return built


def build_ours() -> Path:
    if subprocess.run(["cargo", "build", "--release"], cwd=CHECKOUT).returncode != 0:
        raise BenchError("The module could not be built; cargo's messages are above.")
    return target_dir() / "release" / "libmod_python.so"


def build_ours_for(version: str) -> Path:
    """For another Python than the system's, where tests/run builds for it too."""
    find = 'ROOT=$1; . "$1/apxs/lib.sh"; . "$1/tests/pythons.sh"; find_python "$2"'
    python = _output(["bash", "-c", find, "bash", str(CHECKOUT), version])
    if not python:
        raise BenchError(f"pyenv has no shared-library build of Python {version}.")
    folder = target_dir() / f"cpython-{version}"
    command = ["cargo", "build", "--release", "--locked", "--target-dir", str(folder)]
    if subprocess.run(command, cwd=CHECKOUT, env=os.environ | {"PYO3_PYTHON": python}).returncode != 0:
        raise BenchError("The module could not be built; cargo's messages are above.")
    return folder / "release" / "libmod_python.so"


def snapshot_ours(module: Path, folder: Path) -> tuple[Path, Path]:
    """Copies of the module and of its Python package: an edit during the run must not be measured."""
    package = folder / "python"
    shutil.copytree(CHECKOUT / "python", package, ignore=shutil.ignore_patterns("__pycache__"))
    return Path(shutil.copy(module, folder)), package


def _output(command: list[str], cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if done.returncode != 0:
        raise BenchError(f"`{' '.join(command)}` failed:\n{done.stdout}{done.stderr}")
    return done.stdout.strip()
