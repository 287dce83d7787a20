"""Handlers that say their own name and let the next one of the list run."""

from mod_python import apache


def _named(name):
    def handler(req):
        req.write(name)
        return apache.OK

    return handler


a = _named("a")
b = _named("b")
c = _named("c")
d = _named("d")


def declines(req):
    return apache.DECLINED
