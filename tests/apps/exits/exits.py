"""Callbacks for the end of the process."""

import atexit
import os
import time
from pathlib import Path

from mod_python import apache

_SPOOL = Path(__file__).parent.parent / "spool"


def _note(what):
    with (_SPOOL / "lines").open("a") as lines:
        lines.write(f"{os.getpid()} {apache.interpreter} {what}\n")


def leaves_a_note(req):
    atexit.register(_note, "ended")
    req.write(str(os.getpid()))
    return apache.OK


def hangs(req):
    atexit.register(time.sleep, 600)
    req.write(str(os.getpid()))
    return apache.OK


def raises(req):
    atexit.register(lambda: 1 / 0)
    req.write(str(os.getpid()))
    return apache.OK


def sleeps(req):
    time.sleep(float(req.args))
    req.write(str(os.getpid()))
    return apache.OK


def leaves_a_thread(req):
    """A thread that is in Python, and never ends, when the process does."""
    import threading

    def spin():
        while True:
            time.sleep(0.001)

    threading.Thread(target=spin, daemon=req.args == "daemon").start()
    req.write(str(os.getpid()))
    return apache.OK
