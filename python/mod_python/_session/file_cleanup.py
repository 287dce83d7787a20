"""Removes the files of sessions that have expired, in bounded time.

What is done and where the next clean-up goes on stands in ``fs_status.txt``, as 3.5 has it. The lock
file is locked by the kernel as long as a clean-up runs, so one that was killed leaves no lock.
"""

import contextlib
import fcntl
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import _apache

from mod_python._session import places, settings
from mod_python._session.base import has_expired
from mod_python._session.records import peek
from mod_python._session.settings import Options, constant

_DIRECTORIES = 256
_STATUS = re.compile(rb"MPFS_3\.2 ([0-9]{1,3}) ([0-9]{1,18}) ([0-9]{1,18}) ([0-9]{1,12}(?:\.[0-9]{1,9})?)\s*")


@dataclass(frozen=True)
class Cleaning:
    """How expired sessions are found. Times are in seconds."""

    fast: bool
    """Whether a file that was not touched for long is told by its time, without being read."""
    verify: bool
    """Whether it is read then all the same."""
    timeout: float
    grace: float
    limit: float
    """How long a clean-up may take; 0 for ever."""

    @classmethod
    def chosen(cls, options: Options, fast: object, verify: object, timeout: float) -> "Cleaning":
        """What arguments of -1 leave to the options. OptionError for those that mean nothing."""
        if fast == -1:
            names = ("mod_python.file_session.enable_fast_cleanup", "session_fast_cleanup")
            fast = settings.flag(options, names, constant("DFT_FAST_CLEANUP"))
        if verify == -1:
            names = ("mod_python.file_session.verify_session_timeout", "session_verify_cleanup")
            verify = settings.flag(options, names, constant("DFT_VERIFY_CLEANUP"))
        grace = ("mod_python.file_session.cleanup_grace_period", "session_grace_period")
        limit = ("mod_python.file_session.cleanup_time_limit", "session_cleanup_time_limit")
        return cls(
            fast=bool(fast),
            verify=bool(verify),
            timeout=timeout or constant("DFT_TIMEOUT"),
            grace=settings.number(options, grace, constant("DFT_GRACE_PERIOD")),
            limit=settings.number(options, limit, constant("DFT_CLEANUP_TIME_LIMIT")),
        )


@dataclass
class Status:
    """What a clean-up, in one go or several, has come to."""

    next: int = 0
    """The directory to go on with."""
    expired: int = 0
    total: int = 0
    seconds: float = 0.0

    @classmethod
    def read(cls, path: Path) -> "Status":
        """That of the last clean-up; a new one if there is none, or it is nonsense."""
        try:
            with os.fdopen(places.open_own(path, os.O_RDONLY), "rb") as file:
                match = _STATUS.fullmatch(file.read(200))
        except OSError:
            match = None
        if match is None or int(match[1]) >= _DIRECTORIES:
            return cls()
        return cls(int(match[1]), int(match[2]), int(match[3]), float(match[4]))

    def write(self, path: Path) -> None:
        line = f"MPFS_3.2 {self.next} {self.expired} {self.total} {self.seconds:f}\n"
        places.replace(path, line.encode(), path.with_suffix(f".{secrets.token_hex(8)}"))


def filesession_cleanup(data: tuple[Path, Cleaning]) -> None:
    """Removes expired sessions below a directory, unless another process is doing that. Run after a request."""
    directory, cleaning = data
    places.check_base(directory)
    top = directory / "mp_sess"
    try:
        places.check_own(top, top.lstat(), stat.S_ISDIR)
    except FileNotFoundError:
        return
    with _alone(top / ".mp_sess.lck") as alone:
        if alone:
            _clean(top, cleaning)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[bool]:
    """Whether this is the only clean-up now, and stays so for the block."""
    descriptor = places.open_own(path, os.O_RDWR | os.O_CREAT)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Another one may have removed it, at its end, before it was locked here.
            alone = os.path.samestat(os.fstat(descriptor), path.lstat())
        except (BlockingIOError, FileNotFoundError):
            alone = False
        try:
            yield alone
        finally:
            if alone:
                # 3.5 takes a file for a lock.
                path.unlink()
    finally:
        os.close(descriptor)


def _clean(top: Path, cleaning: Cleaning) -> None:
    begun = time.monotonic()
    deadline = begun + cleaning.limit if cleaning.limit else None
    status_file = top / "fs_status.txt"
    status = Status.read(status_file)
    before = status.seconds
    while status.next < _DIRECTORIES:
        if not _clean_directory(top / f"{status.next:02x}", cleaning, status, deadline):
            break
        status.next += 1
        if deadline is not None and time.monotonic() > deadline:
            break
    complete = status.next >= _DIRECTORIES
    status.seconds = before + time.monotonic() - begun
    settings.log(
        f"MPY0921: {status.expired} of {status.total} session files had expired, {status.seconds:.3f} seconds; "
        + ("all were looked at" if complete else f"the next clean-up goes on with directory {status.next:02x}"),
        _apache.APLOG_NOTICE,
    )
    (Status() if complete else status).write(status_file)


def _clean_directory(folder: Path, cleaning: Cleaning, status: Status, deadline: float | None) -> bool:
    """Whether the directory is done with: to the end, or so far that it makes no sense to begin it anew."""
    removed = 0
    try:
        places.check_own(folder, folder.lstat(), stat.S_ISDIR)
        entries = os.scandir(folder)
    except FileNotFoundError:
        return True
    with entries:
        for entry in entries:
            status.total += 1
            # It may be gone by now, or be what nobody should have put here.
            with contextlib.suppress(OSError):
                if _has_expired(entry, cleaning):
                    Path(entry.path).unlink()
                    removed += 1
                    status.expired += 1
            if deadline is not None and time.monotonic() > deadline:
                # What was removed is not met again, so beginning anew gets further.
                return removed == 0
    return True


def _has_expired(entry: os.DirEntry[str], cleaning: Cleaning) -> bool:
    age = time.time() - entry.stat(follow_symlinks=False).st_mtime
    untouched = age >= cleaning.timeout + cleaning.grace
    if not settings.validate_sid_re.match(entry.name):
        # What a process that was killed left of a file that it was writing.
        return entry.name.startswith(".") and untouched
    if cleaning.fast and not untouched:
        return False
    if cleaning.fast and not cleaning.verify:
        return True
    with os.fdopen(places.open_own(Path(entry.path), os.O_RDONLY), "rb") as file:
        record = peek(file.read())
    # What is no record is no session, once nobody can be using it.
    return has_expired(record, cleaning.grace) if record is not None else untouched
