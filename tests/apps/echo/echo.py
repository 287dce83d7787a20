"""The request as Python sees it."""

import json

from mod_python import apache

_NAMES = (
    "args",
    "content_type",
    "filename",
    "handler",
    "interpreter",
    "method",
    "path_info",
    "status",
    "the_request",
    "unparsed_uri",
    "uri",
    "user",
)


def handler(req):
    answer = {name: getattr(req, name) for name in _NAMES}
    answer["headers_in"] = req.headers_in.items()
    req.content_type = "application/json"
    req.write(json.dumps(answer))
    return apache.OK


def args(req):
    req.write(req.args)
    return apache.OK


def sends_back(req):
    """Hostile values go through Python and back into the response, byte for byte."""
    req.headers_out["X-Header"] = req.headers_in["X-Header"]
    req.headers_out["X-Uri"] = req.uri
    req.uri = req.uri
    req.filename = req.filename
    req.write(req.filename.encode("utf-8", "surrogateescape"))
    return apache.OK
