"""Which generation of an interpreter answers, and what is asked of it."""

import itertools
import json
import os
import sys
import threading
import time
import warnings
from pathlib import Path

from mod_python import apache

_SPOOL = Path(__file__).parent.parent / "spool"
_token = os.urandom(8).hex()
_served = itertools.count(1)


def _answer(req, **facts):
    facts |= {"token": _token, "served": next(_served), "pid": os.getpid(), "interpreter": req.interpreter}
    req.content_type = "application/json"
    req.write(json.dumps(facts))
    return apache.OK


def handler(req):
    return _answer(req, index=apache.interpreter_index)


def busy(req):
    """Keeps its interpreter long enough for others to be asked meanwhile."""
    until = time.monotonic() + 0.03
    while time.monotonic() < until:
        pass
    return handler(req)


def recycle(req):
    return _answer(req, began=apache.recycle())


def slow(req):
    """Recycles its own interpreter, and is in the middle of a request when the next one serves."""
    apache.recycle()
    release = _SPOOL / "release"
    while not release.exists():
        time.sleep(0.01)
    return _answer(req)


def access(req):
    """Recycles between two phases."""
    apache.recycle()
    req.token = _token
    time.sleep(0.5)
    return apache.OK


def after_access(req):
    return _answer(req, at_access=req.token)


def daemon(req):
    threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
    return recycle(req)


def at_exit(req):
    import atexit

    written = _SPOOL / "written"

    def note(what):
        with written.open("a") as file:
            file.write(f"{what}\n")

    is_over = threading.Event()
    atexit.register(note, "atexit")
    apache.register_cleanup(lambda what: (note(what), is_over.set()), "cleanup")
    # A thread that a handler starts is a daemon unless it says otherwise, as httpd's own threads are to Python.
    threading.Thread(target=lambda: (is_over.wait(), note("thread")), daemon=False).start()
    return recycle(req)


def options(req):
    return _answer(
        req,
        path=sys.path,
        interval=sys.getswitchinterval(),
        filters=[[action, category.__name__] for action, _, category, *_ in warnings.filters],
        debug=_debug(),
    )


def _debug():
    import assertion

    return assertion.are_checked
