"""One lock for each session id, which holds among all processes of the server.

A lock is one byte in the lock file of the server, at a place that the id gives, locked by
the kernel for an open file (fcntl F_OFD_SETLKW) that is opened anew for each lock. So

* threads, interpreters and processes exclude each other in one and the same way,
* any thread may release it, as under the event MPM, and no file is made or removed,
* the kernel releases it when the process dies, and none can be left behind.

Rejected: the server's pool of locks (``_global_lock``), in which a slow client stalls
sessions of others that share its lock, and two ids in one request may wait for
each other for ever; and a lock file for each id, which somebody has to remove. flock(2),
which the pool has on the same file, does not meet these locks.

Within one request, and all that are redirected from it or run below it, an id is locked once
and counted. The count is in the notes of the first request, which those
phases see too that run in another interpreter.
"""

import fcntl
import os
import struct
import time
from hashlib import blake2b

import _apache

from mod_python._session import settings

_NOTE = "mod_python.session.lock."

_LONGEST_PAUSE = 0.02


class Lock:
    """A session id, locked for a request."""

    def __init__(self, request: _apache.mp_request, note: str) -> None:
        self._request = request
        self._note = note

    def release(self) -> None:
        """Counts down, and unlocks when nothing of the request holds the id any more."""
        try:
            notes = self._request.notes
            held = notes.get(self._note)
        except ReferenceError:
            # The first request has ended, and release_all has released what was held.
            return
        if held is None:
            return
        descriptor, count = map(int, held.split())
        if count > 1:
            notes[self._note] = f"{descriptor} {count - 1}"
        else:
            self.release_all()

    def release_all(self) -> None:
        """Unlocks, whoever in the family of requests still counts on it."""
        notes = self._request.notes
        held = notes.pop(self._note, None)
        if held is not None:
            _unlock(int(held.split()[0]))


def acquire(request: _apache.mp_request, sid: str, timeout: float) -> Lock:
    """Locks a session id; waits for it.

    timeout: seconds to wait at most, 0 for ever. A request that holds another id already waits
    no longer than httpd's Timeout in any case, since the other may wait for that one.
    SERVER_RETURN with 503 when the time is over; ValueError if the server has no locks, OSError if the
    kernel has none left.
    """
    first = _first(request)
    note = _NOTE + sid
    notes = first.notes
    lock = Lock(first, note)
    if first is not request:
        # A sub-request that became the request, by DirectoryIndex say, ends after that, when notes cannot be had.
        first.register_cleanup(Lock.release_all, lock)
    held = notes.get(note)
    if held is not None:
        descriptor, count = map(int, held.split())
        notes[note] = f"{descriptor} {count + 1}"
        return lock
    if timeout == 0 and any(key.startswith(_NOTE) for key in notes.keys()):  # noqa: SIM118  (a table's own)
        timeout = request.server.timeout
    descriptor = _locked(_apache._lock_file(request.server), _place(sid), timeout)
    notes[note] = f"{descriptor} 1"
    return lock


def _first(request: _apache.mp_request) -> _apache.mp_request:
    """The request that this one was redirected from, or that it is a part of."""
    while (earlier := request.main or request.prev) is not None:
        request = earlier
    return request


def _place(sid: str) -> int:
    """Where in the file the byte of an id is: 60 bits, so no two sessions meet by chance."""
    return int.from_bytes(blake2b(sid.encode("utf-8", "surrogateescape"), digest_size=8).digest(), "big") >> 4


def _byte(kind: int, place: int) -> bytes:
    # struct flock: type, whence, start, length, process; padded as C does.
    return struct.pack("hhqqi0q", kind, os.SEEK_SET, place, 1, 0)


def _locked(file: str, place: int, timeout: float) -> int:
    descriptor = os.open(file, os.O_RDWR | os.O_CLOEXEC)
    try:
        if timeout == 0:
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLKW, _byte(fcntl.F_WRLCK, place))
        else:
            _wait(descriptor, place, timeout)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _wait(descriptor: int, place: int, timeout: float) -> None:
    """The kernel's own wait knows no limit."""
    deadline = time.monotonic() + timeout
    pause = 0.0005
    while not _try(descriptor, place):
        if time.monotonic() > deadline:
            settings.log(f"MPY0920: a session was locked for more than {timeout:g} seconds", _apache.APLOG_WARNING)
            raise _apache.SERVER_RETURN(_apache.HTTP_SERVICE_UNAVAILABLE)
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _try(descriptor: int, place: int) -> bool:
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _byte(fcntl.F_WRLCK, place))
    except BlockingIOError:
        return False
    return True


def _unlock(descriptor: int) -> None:
    try:
        # Closing is not enough while a process that a script has just forked has the file open too.
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, struct.pack("hhqqi0q", fcntl.F_UNLCK, os.SEEK_SET, 0, 0, 0))
    finally:
        os.close(descriptor)
