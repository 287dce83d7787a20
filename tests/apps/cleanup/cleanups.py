"""Handlers that register clean-ups; each says in the log that it ran."""

from mod_python import apache

_kept = []


def _say(text):
    apache.log_error(f"clean-up {text}", apache.APLOG_WARNING)


def with_request(req):
    def clean_up(req):
        mark = req.headers_out["X-Mark"]
        req.log_error(f"clean-up {req.mark} {req.uri} {req.phase} {mark}", apache.APLOG_WARNING)

    req.mark = "mark"
    req.headers_out["X-Mark"] = "cleanup-test"
    req.register_cleanup(clean_up, req)
    return apache.OK


def without_data(req):
    req.register_cleanup(_say)
    return apache.OK


def several(req):
    for name in "abc":
        req.register_cleanup(_say, name)
    return apache.OK


def last(req):
    _say("handler")
    return apache.OK


def failing(req):
    def fail(data):
        raise LookupError(data)

    req.register_cleanup(_say, "after")
    req.register_cleanup(fail, "on purpose")
    return apache.OK


def nested(req):
    def outer(req):
        _say("outer")
        req.register_cleanup(_say, "inner")

    req.register_cleanup(outer, req)
    return apache.OK


def interpreter(req):
    req.register_cleanup(lambda data: _say(apache.interpreter))
    return apache.OK


def keeps(req):
    try:
        req.write(str(_kept[0].uri) if _kept else "None")
    except ReferenceError as error:
        req.write(f"ReferenceError: {error}")
    _kept.append(req)
    return apache.OK
