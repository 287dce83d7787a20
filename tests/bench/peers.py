"""Debian's packages of the modules that ours is compared with.

They are unpacked into target/ and never installed: an installed package would
be enabled in the system's own Apache, and its Python files would share a
folder with ours.
"""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .toolchain import BenchError, target_dir

MODULES = "usr/lib/apache2/modules"
PACKAGES = "usr/lib/python3/dist-packages"


@dataclass(frozen=True)
class Peer:
    module: Path
    python_path: Path | None


def fetch() -> None:
    """Downloads and unpacks; needs apt, but not root."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    # Root's apt would rather download as a user of its own, who may not write here.
    download = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download"]
    for package in ("libapache2-mod-python", "libapache2-mod-wsgi-py3"):
        _run([*download, package], folder)
        archive = max(folder.glob(f"{package}_*.deb"), key=os.path.getmtime)
        _run(["dpkg-deb", "-x", archive.name, package], folder)


def mod_python() -> Peer | None:
    package = _folder() / "libapache2-mod-python"
    return _peer(package / MODULES / "mod_python.so", package / PACKAGES)


def mod_wsgi() -> Peer | None:
    return _peer(_folder() / "libapache2-mod-wsgi-py3" / MODULES / "mod_wsgi.so", None)


def _peer(module: Path, python_path: Path | None) -> Peer | None:
    return Peer(module, python_path) if module.exists() else None


def _folder() -> Path:
    return target_dir() / "bench" / "peers" / platform.machine()


def _run(command: list[str], cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if done.returncode != 0:
        raise BenchError(f"`{' '.join(command)}` failed:\n{done.stderr}")
