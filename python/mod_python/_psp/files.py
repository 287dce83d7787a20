"""Regular files, and no others: what else can be opened may never end. And their names, which may be any text."""

from __future__ import annotations

import errno
import os
import stat


def read(file: str, follow_link: bool = True) -> tuple[bytes, os.stat_result]:
    """The content, and what was known of the file before it was read.

    Raises OSError, also for what is no regular file; ValueError for a name that holds a NUL.
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (0 if follow_link else os.O_NOFOLLOW)
    with os.fdopen(os.open(file, flags), "rb") as opened:
        status = os.fstat(opened.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "Not a regular file", file)
        return opened.read(), status


def directory_of(file: str) -> str:
    return os.path.dirname(file)  # noqa: PTH120


def beside(file: str, name: str) -> str:
    """The name, relative to the file's directory unless it is absolute."""
    return below(directory_of(file), name)


def below(directory: str, name: str) -> str:
    return os.path.join(directory, name)  # noqa: PTH118
