"""Requests that come of one another."""

import json
import threading

from mod_python import apache

kept = []
_done = []


def redirects(req):
    """To the target that the query names."""
    req.mark = "mine"
    req.internal_redirect(req.args)
    _done.append([req.next.uri, req.next.prev is req, getattr(req.next, "mark", None)])
    return apache.OK


def circles(req):
    req.internal_redirect(req.uri)
    return apache.OK


def target(req):
    req.prev.write("test ")
    req.write("ok")
    req.mark = "the target's"
    return apache.OK


def looks(req):
    """At what it came of."""
    prev = req.prev
    answer = {
        "uri": req.uri,
        "prev": prev and prev.uri,
        "same each time": req.prev is prev,
        "prev.next is req": prev is not None and prev.next is req,
        "mark": getattr(prev, "mark", None),
        "main": req.main and req.main.uri,
        "interpreter": req.interpreter,
        "options": dict(req.get_options()),
        "prev's options": prev and dict(prev.get_options()),
        "prev's status": prev and prev.status,
        "line": req.the_request,
    }
    req.write(json.dumps(answer))
    return apache.OK


def done(req):
    req.write(json.dumps(_done))
    return apache.OK


def from_a_thread(req):
    outcome = []

    def run():
        try:
            req.internal_redirect("/looks")
        except Exception as error:
            outcome.append(f"{type(error).__name__}: {error}")

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    req.write(outcome[0])
    return apache.OK


def keeps_all(req):
    """A thread goes on using the requests of the family while they end."""
    kept[:] = [req, req.prev]
    stop = threading.Event()
    outcomes = []

    def use():
        try:
            while not stop.wait(0.0005):
                kept[0].uri, kept[0].headers_in.get("Host")
                kept[1].uri, kept[1].headers_in.get("Host")
        except Exception as error:
            outcomes.append(type(error).__name__)

    thread = threading.Thread(target=use)
    kept.extend([thread, outcomes, stop])
    thread.start()
    req.write("kept")
    return apache.OK


def asks_the_kept(req):
    _, _, thread, outcomes, stop = kept
    thread.join(5)
    stop.set()
    answer = list(outcomes)
    for old in kept[:2]:
        for name in ("uri", "prev", "next", "main"):
            try:
                getattr(old, name)
            except Exception as error:
                answer.append(type(error).__name__)
    req.write(json.dumps(answer))
    return apache.OK


def marks_the_main(req):
    """In a sub-request."""
    req.main.sub = req
    req.write(f"sub of {req.main.uri}, {req.main is req.main}, {req.main.main}, {req.prev}")
    return apache.OK


def cleans_up(req):
    req.register_cleanup(_cleanup, req)
    if req.args:
        req.internal_redirect(req.args)
    return apache.OK


def _cleanup(req):
    relatives = [other and other.uri for other in (req.prev, req.next)]
    req.log_error(f"end of {req.uri}, relatives {relatives}", apache.APLOG_NOTICE)


def cleanuphandler(req):
    req.log_error(f"handler at the end of {req.uri}", apache.APLOG_NOTICE)
    return apache.OK


def tells_all(req):
    req.log_error(f"whole at the end: {req.uri} {req.filename} {req.get_options()}", apache.APLOG_NOTICE)
    return apache.OK
