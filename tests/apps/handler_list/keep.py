"""Handlers that look at, and add to, the lists of handlers."""

from mod_python import apache


def fixup(req):
    req.kept = req.hlist
    return apache.OK


def handler(req):
    req.write(f"{req.kept.handler} handler={req.hlist.handler}")
    return apache.OK


def adds_nothing(req):
    req.add_handler("PythonHandler", "")
    return apache.OK


def adds_missing(req):
    req.add_handler("PythonHandler", "keep::bad_handler")
    assert req.hlist.handler == "keep::adds_missing"
    return apache.OK


def shows_and_adds_missing(req):
    before = req.hlist.handler
    req.add_handler("PythonHandler", "keep::bad_handler")
    req.write(f"{before} {req.hlist.handler}")
    return apache.OK


def marks_and_adds(req):
    req.mark = "before"
    req.add_handler("PythonHandler", "keep::shows_mark")
    req.write("marks ")
    return apache.OK


def adds_content(req):
    req.mark = req.phase
    req.handler = "mod_python"
    req.add_handler("PythonHandler", "keep::shows_mark", req.hlist.directory)
    return apache.OK


def shows_mark(req):
    req.write(f"shows({req.mark}) {req.hlist.directory} {req.interpreter}")
    return apache.OK


def adds_to_the_past(req):
    req.add_handler("PythonFixupHandler", "no_such_module")
    req.write("served")
    return apache.OK


def adds_in_a_cleanup(req):
    def clean_up(req):
        assert req.phase is None
        req.add_handler("PythonHandler", "no_such_module")
        req.log_error("nothing happened")

    req.register_cleanup(clean_up, req)
    req.write("served")
    return apache.OK
