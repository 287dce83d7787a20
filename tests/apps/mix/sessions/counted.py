"""Counts the visits of a session."""

from mod_python import Session, apache


def handler(req):
    session = Session.Session(req)
    session["visits"] = session.get("visits", 0) + 1
    session.save()
    req.write(str(session["visits"]))
    if req.args == "leave":
        session.invalidate()
    return apache.OK
