"""A handler for every phase that looks at all of a request, whatever the client sent."""

import re

from _apache import parse_qs, parse_qsl
from mod_python import apache

_METHODS = (
    "get_basic_auth_pw",
    "auth_name",
    "auth_type",
    "get_remote_host",
    "document_root",
    "is_https",
    "add_common_vars",
    "add_cgi_vars",
    "get_config",
    "get_options",
    "meets_conditions",
)


def touch(req):
    """Reads each attribute of req and of what it leads to, and asks what can be asked."""
    look(req)
    look(req.connection)
    look(req.server)
    for name in _METHODS:
        repr(getattr(req, name)())
    for text in (req.args, req.unparsed_uri, req.the_request):
        if text:
            parse_qs(text)
            parse_qsl(text, 1)
    req.construct_url(req.uri or "/")
    req.log_error(f"{req.phase}: {req.the_request}", apache.APLOG_DEBUG)
    req.notes["request"] = req.unparsed_uri or ""
    # Controls: we refuse some, httpd answers 500 to the others.
    req.headers_out["X-Request"] = re.sub(r"[\x00-\x1f\x7f]", "?", req.uri or "")


def look(thing):
    for name in dir(type(thing)):
        value = getattr(thing, name)
        if not callable(value):
            repr(value)
        if isinstance(value, apache.table):
            for key, entry in value.items():
                # httpd writes a variable without a value for a file that is not known yet.
                assert entry is None or value.has_key(key), (name, key, entry)


def passes(req):
    touch(req)
    return apache.OK


def declines(req):
    touch(req)
    return apache.DECLINED


postreadrequesthandler = inithandler = headerparserhandler = passes
accesshandler = fixuphandler = loghandler = cleanuphandler = passes
transhandler = typehandler = declines


def authenhandler(req):
    password = req.get_basic_auth_pw()
    touch(req)
    if password is None:
        req.user = "nobody"
    return apache.OK


def authzhandler(req):
    touch(req)
    return apache.OK if req.user else apache.HTTP_FORBIDDEN


def handler(req):
    """The body, after the path, as far as it is sound."""
    touch(req)
    req.content_type = "application/octet-stream"
    req.write(f"{req.uri}\n")
    body = req.readline() + b"".join(req.readlines(100)) + req.read()
    req.write(body)
    return apache.OK


def inputfilter(filter):
    _copy(filter)


def outputfilter(filter):
    _copy(filter)


def _copy(filter):
    look(filter)
    touch(filter.req)
    chunk = filter.read()
    while chunk:
        filter.write(chunk)
        chunk = filter.read()
    if chunk is None:
        filter.close()
