"""What sessions are stored in, and who may write there."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from harness import site

SHARED = ["FileSession", "DbmSession"]
"""The classes that several processes share."""

EVERY = ["MemorySession", *SHARED]

COUNTED = [*EVERY, "CacheSession"]
"""Those that a counter can be kept in; CacheSession needs a cache in the configuration."""


def own(path: Path, mode: int = 0o700) -> Path:
    """Makes a directory as httpd's user would have."""
    path.mkdir(exist_ok=True)
    path.chmod(mode)
    give(path)
    return path


def give(path: Path) -> None:
    """Makes a file or directory httpd's."""
    account = site.unprivileged()
    if account is not None:
        user = pwd.getpwnam(account[0])
        os.chown(path, user.pw_uid, user.pw_gid)


def cookie(sid: str, name: str = "pysid") -> dict[str, str]:
    return {"Cookie": f"{name}={sid}"}
