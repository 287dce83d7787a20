"""Handlers that fail, each in its own way."""

from mod_python import apache


def raises(req):
    raise ValueError("<script>alert('&')</script>")


def raises_with_newline(req):
    raise ValueError("first line\nsecond line")


def raises_non_ascii(req):
    raise ValueError("grün \udce9 \U0001f40d")


def raises_after_output(req):
    req.content_type = "text/plain"
    req.write("already sent ")
    raise ValueError("too late")


def raises_in_a_chain(req):
    try:
        {}["inner"]
    except KeyError as error:
        raise RuntimeError("outer") from error


class _UnprintableError(Exception):
    def __str__(self):
        raise RuntimeError("no text for you")


def raises_unprintable(req):
    raise _UnprintableError


def recurses(req):
    return recurses(req)


def wrong_type(req):
    return "OK"


def malformed(req):
    raise apache.SERVER_RETURN("not a number")


class Made:
    def __init__(self, req):
        raise LookupError("cannot be made")

    def show(self, req):
        return apache.OK


class Deep:
    def __init__(self, req):
        pass
