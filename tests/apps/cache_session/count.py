"""Counts in a session, over whatever others have counted meanwhile, and tells who answers."""

from mod_python import Session, apache


def handler(req):
    session = Session.Session(req)
    for _ in range(20):
        session["count"] = session.get("count", 0) + 1
        try:
            session.save()
        except Session.Conflict:
            session.clear()
            session.load()
        else:
            req.write(f"{req.get_options()['name']} {session['count']}")
            return apache.OK
    return apache.HTTP_CONFLICT
