"""Folders that httpd's unprivileged user can read, whatever umask and TMPDIR say."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path


def new_folder(parent: Path | None = None) -> Path:
    # Root's own TMPDIR may be closed to others.
    place = parent or (Path("/tmp") if os.geteuid() == 0 else None)
    folder = Path(tempfile.mkdtemp(prefix="mod_python-tests-", dir=place))
    folder.chmod(0o755)
    return folder


def copy_tree(source: Path, target: Path) -> None:
    """Copy what is in `source` into `target`, readable by everybody."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
