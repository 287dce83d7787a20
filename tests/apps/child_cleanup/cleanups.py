"""What is called when a child exits."""

import atexit
import threading
import time
from pathlib import Path

import _apache
from mod_python import apache

_SPOOL = Path(__file__).parent.parent / "spool"


def note(what):
    with (_SPOOL / "lines").open("a") as lines:
        lines.write(f"{apache.interpreter} {what}\n")


def logs(what):
    apache.log_error(f"cleanup says {what}", apache.APLOG_NOTICE)


def registers(req):
    req.server.register_cleanup(req, logs, "test 1")
    apache.register_cleanup(logs, "test 2")
    return _done(req)


def in_order(req):
    atexit.register(note, "atexit")
    for number in "one", "two":
        apache.register_cleanup(note, number)
    req.server.register_cleanup(req, note, "three")
    _apache.register_cleanup(apache.interpreter, apache.main_server, note, "four")
    apache.register_cleanup(note)
    return _done(req)


def another(req):
    apache.register_cleanup(lambda _: apache.register_cleanup(note, "registered by another"))
    return _done(req)


def raises(req):
    apache.register_cleanup(note, "first")
    req.server.register_cleanup(req, lambda data: data["no such key"], {})
    return _done(req)


def ends_a_thread(req):
    over = threading.Event()

    def work():
        over.wait()
        note("thread ended")

    # Else it would be like the thread that serves the request, which nobody waits for.
    threading.Thread(target=work, daemon=False).start()
    apache.register_cleanup(lambda _: over.set())
    return _done(req)


def hangs(req):
    apache.register_cleanup(time.sleep, 600)
    return _done(req)


def _done(req):
    req.write("registered")
    return apache.OK
