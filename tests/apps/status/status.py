"""Handlers whose traces the status page shows."""

import ctypes
import sys
import time
from pathlib import Path

from mod_python import apache

_SPOOL = Path(__file__).parent.parent / "spool"


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
