"""Every way to fail."""

import sys

from mod_python import apache


class OwnError(Exception):
    pass


def handler(req):
    return _WAYS[req.args](req)


def _raises(req):
    kept = [req] * 10
    raise OwnError(f"on purpose, {len(kept)}")


def _chains(req):
    try:
        _raises(req)
    except OwnError as error:
        raise OwnError("again") from error


def _exits(req):
    sys.exit(3)


def _recurses(req):
    return _recurses(req)


def _returns_nothing(req):
    return None


def _returns(req):
    raise apache.SERVER_RETURN(apache.HTTP_GONE)


def _breaks_off(req):
    req.set_content_length(1000)
    req.write("half")
    req.flush()
    raise OwnError("after a part of the answer")


_WAYS = {
    "raises": _raises,
    "chains": _chains,
    "exits": _exits,
    "recurses": _recurses,
    "returns_nothing": _returns_nothing,
    "returns": _returns,
    "breaks_off": _breaks_off,
}
