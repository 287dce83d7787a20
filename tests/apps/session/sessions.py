"""Opens a session and does what the URL's last part says; answers with JSON."""

import json
import os
import sys
import threading
import time
from pathlib import Path

from mod_python import Session, apache

_SPOOL = Path(__file__).parent.parent / "spool"


def handler(req):
    command = req.uri.rpartition("/")[2] or "facts"
    answer = globals()[f"do_{command}"](req)
    if answer is not None:
        req.content_type = "application/json"
        req.write(json.dumps(answer))
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


def do_source(req):
    """Runs what was posted, with Session and _SPOOL in scope."""
    names = {"req": req, "Session": Session, "apache": apache, "spool": _SPOOL, "time": time, "sys": sys}
    exec(req.read().decode(), names)
    return names.get("result")
