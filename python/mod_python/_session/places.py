"""Directories and files of stores, which nobody else may write to.

A pickle runs code when it is read. So what another user has made, or could have changed, is
refused, and not repaired: what is in it may have been changed already.
"""

import contextlib
import os
import stat
from collections.abc import Callable
from pathlib import Path

_NOT_OURS = 0o022


class UnsafeStoreError(PermissionError):
    """A directory or file of sessions that others may write to. The text says which, and what to do."""


def check_base(path: Path) -> bool:
    """Looks at a directory that a store is put into; whether others may make files there.

    Files in a directory with the sticky bit, such as /tmp, cannot be removed by others. UnsafeStoreError if they
    can, or if the directory belongs to another user, who can as well; OSError if there is none.
    """
    status = path.stat()
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(f"'{path}', where sessions are to be stored, is no directory")
    if status.st_uid not in (0, os.geteuid()):
        raise _unsafe(path, f"belongs to user {status.st_uid}")
    if not status.st_mode & stat.S_IWOTH:
        return False
    if not status.st_mode & stat.S_ISVTX:
        raise _unsafe(path, "lets everybody remove files (it has no sticky bit)")
    return True


def private_directory(path: Path) -> Path:
    """Makes a directory that only this user may enter, unless it is there; UnsafeStoreError if it is another's."""
    with contextlib.suppress(FileExistsError):
        path.mkdir(0o700)
    check_own(path, path.lstat(), stat.S_ISDIR)
    return path


def check_own(path: Path, status: os.stat_result, is_kind: Callable[[int], bool] = stat.S_ISREG) -> None:
    """UnsafeStoreError unless this is ours, of that kind (stat.S_ISREG or stat.S_ISDIR), and closed to writers."""
    if not is_kind(status.st_mode):
        raise _unsafe(path, "is neither file nor directory, or not what is expected here")
    if status.st_uid != os.geteuid():
        raise _unsafe(path, f"belongs to user {status.st_uid}")
    if status.st_mode & _NOT_OURS:
        raise _unsafe(path, "can be written to by other users")


def open_own(path: Path, flags: int) -> int:
    """A descriptor of a file of ours, made with mode 0600 if flags say so; UnsafeStoreError if it is another's."""
    # A link is not followed, and a pipe not waited for.
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
    try:
        check_own(path, os.fstat(descriptor))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def replace(path: Path, data: bytes, temporary: Path) -> None:
    """Writes a file so that others see the old content or the new, never a part. OSError if that fails."""
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _unsafe(path: Path, reason: str) -> UnsafeStoreError:
    return UnsafeStoreError(
        f"'{path}' {reason}, so sessions in it cannot be trusted: let it belong to httpd's user with mode 0700, remove "
        "what is in it, or choose another with PythonOption mod_python.session.database_directory"
    )
