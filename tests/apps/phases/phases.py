"""A function for each phase, which writes down that it ran.

`X-Answer: PythonAccessHandler=403` makes that phase return 403, `=raise` raise.
"""

import threading
from pathlib import Path

from mod_python import apache

_SPOOL = Path(__file__).resolve().parent.parent / "spool" / "trace"
_lock = threading.Lock()


def _ran(req, who=""):
    with _lock, _SPOOL.open("a") as trace:
        trace.write(f"{req.phase}{who}\n")
    wanted = dict(item.split("=") for item in req.headers_in.get("X-Answer", "").split())
    answer = wanted.get(req.phase + who)
    if answer == "raise":
        raise LookupError(f"<{req.phase}>")
    if answer == "body":
        req.write(f"body of {req.phase}")
        return apache.DONE
    return int(answer) if answer is not None else apache.DECLINED


postreadrequesthandler = transhandler = headerparserhandler = inithandler = _ran
accesshandler = typehandler = fixuphandler = loghandler = cleanuphandler = _ran


def authenhandler(req):
    req.user = "somebody"
    return apache.OK if _ran(req) == apache.DECLINED else _ran(req)


def authzhandler(req):
    return apache.OK if _ran(req) == apache.DECLINED else _ran(req)


def handler(req):
    answer = _ran(req)
    if answer != apache.DECLINED:
        return answer
    req.write("content")
    return apache.OK


def no_user(req):
    return apache.OK


def first(req):
    return _ran(req, ":first")


def second(req):
    return _ran(req, ":second")


def third(req):
    return _ran(req, ":third")


def adds_during(req):
    req.add_handler(req.phase, "phases::second")
    return apache.OK


def skips_the_next(req):
    req.hlist.next()
    return apache.OK


def adds_content(req):
    req.handler = "mod_python"
    req.add_handler("PythonHandler", "phases::handler")
    return apache.OK


def adds_log(req):
    req.add_handler("PythonLogHandler", "phases")
    return apache.DECLINED


def trans_to_page(req):
    req.filename = str(Path(__file__).resolve().parent / "page.txt")
    return apache.OK


def sets_header(req):
    req.headers_out["X-From-Python"] = "yes"
    return apache.OK


def sets_type(req):
    req.content_type = "text/x-of-python"
    return apache.OK


def trans_of_rewritten(req):
    return trans_to_page(req) if req.uri == "/new" else apache.DECLINED


def filename(req):
    req.write(req.filename)
    return apache.OK


def adds_content_there(req):
    req.handler = "mod_python"
    req.add_handler("PythonHandler", "phases", req.hlist.directory)
    return apache.OK
