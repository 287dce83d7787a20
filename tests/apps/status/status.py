"""Handlers whose traces the status page shows."""

import ctypes
import os
import sys
import threading
import time
from pathlib import Path

from mod_python import apache

_SPOOL = Path(__file__).parent.parent / "spool"
_kept = []


def handler(req):
    req.write(req.interpreter)
    return apache.OK


def recycle(req):
    apache.recycle()
    return handler(req)


def waiting(req):
    (_SPOOL / "begun").touch()
    while not (_SPOOL / "release").exists():
        time.sleep(0.01)
    return handler(req)


def holding_the_lock(req):
    """Until it is released no other thread runs Python: what PyDLL calls keeps the lock."""
    c = ctypes.PyDLL(None)
    release = bytes(_SPOOL / "release")
    interval = sys.getswitchinterval()
    # Nor is it handed over between the calls.
    sys.setswitchinterval(1000)
    (_SPOOL / "begun").touch()
    while c.access(release, 0) != 0:
        c.usleep(10_000)
    sys.setswitchinterval(interval)
    return handler(req)


def failing(req):
    raise KeyError("what is missing")


def slow(req):
    time.sleep(0.3)
    return handler(req)


def keeping(req):
    """Memory of 16 MiB: one object, or many small ones; from this thread, or from another."""
    take = (lambda: [object() for _ in range(1 << 20)]) if "small" in req.args else (lambda: bytes(16 << 20))
    if "thread" in req.args:
        thread = threading.Thread(target=lambda: _kept.append(take()))
        thread.start()
        thread.join()
    else:
        _kept.append(take())
    return handler(req)


def giving_back(req):
    _kept.clear()
    return handler(req)


def forking(req):
    child = os.fork()
    if child == 0:
        # What it does in the interpreter is its own business.
        try:
            _kept.append(bytes(16 << 20))
            apache.log_error("forked", apache.APLOG_INFO)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    return handler(req)


def allowing(req):
    return apache.OK


def passing(filter):
    filter.pass_on()


def greeting(connection):
    connection.write(b"hello\n")
    return apache.OK
