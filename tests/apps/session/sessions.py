"""Opens a session and does what the URL's last part says; answers with JSON."""

import json
import os
import sys
import threading
import time
from pathlib import Path

from mod_python import Session, apache

_SPOOL = Path(__file__).parent.parent / "spool"

# No session is to clean up others by chance, but where a test says so.
_CHANCE, Session.CLEANUP_CHANCE = Session.CLEANUP_CHANCE, 10**9


def handler(req):
    command = req.uri.rpartition("/")[2] or "facts"
    answer = globals()[f"do_{command}"](req)
    if answer is not None:
        req.content_type = "application/json"
        req.write(json.dumps(answer))
    return apache.OK


def access(req):
    """An earlier phase that asks the session who is there."""
    return apache.HTTP_FORBIDDEN if Session.Session(req).get("text") == "banned" else apache.OK


def fixup(req):
    """A phase that sub-requests have too."""
    Session.Session(req)
    return apache.OK


def facts_of(session):
    facts = {"new": session.is_new(), "sid": session.id(), "data": dict(session), "timeout": session.timeout()}
    return facts | {"class": type(session).__name__, "created": session.created()}


def do_facts(req):
    """Looks, and saves nothing."""
    return facts_of(Session.Session(req))


def do_save(req):
    """Saves; with a query string, under the key "text"."""
    session = Session.Session(req, timeout=100)
    facts = facts_of(session)
    if req.args:
        session["text"] = req.args
    session["count"] = session.get("count", 0) + 1
    session.save()
    return facts


def do_count(req):
    """One more; a pause between reading and writing shows what is not locked."""
    session = Session.Session(req)
    count = session.get("count", 0)
    time.sleep(float(req.args or 0))
    session["count"] = count + 1
    session["pids"] = sorted({*session.get("pids", []), os.getpid()})
    session["threads"] = sorted({*session.get("threads", []), threading.get_ident()})
    session.save()
    return count + 1


def do_clean(req):
    """Has expired sessions removed after this request."""
    Session.Session(req, lock=0).cleanup()


def do_hold(req):
    """Keeps the session until a file appears; says so by another."""
    session = Session.Session(req)
    (_SPOOL / f"holding-{session.id()}").touch()
    while not (_SPOOL / "go").exists():
        time.sleep(0.005)
    return facts_of(session)


def do_die(req):
    """Ends the process, with the session locked."""
    Session.Session(req)
    os._exit(1)


def do_fail(req):
    """Fails with the session open, as the error page opens it too."""
    session = Session.Session(req)
    session["failed"] = req.uri
    session.save()
    raise LookupError("on purpose")


def do_source(req):
    """Runs what was posted, with these names in scope."""
    names = {"req": req, "Session": Session, "apache": apache, "spool": _SPOOL, "time": time, "sys": sys}
    names["CHANCE"] = _CHANCE
    exec(req.read().decode(), names)
    return names.get("result")
