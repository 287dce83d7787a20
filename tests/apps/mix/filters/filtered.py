"""A handler between two filters: one adds to what it reads, the other to what it writes."""

from mod_python import apache


def handler(req):
    while piece := req.read(1000):
        req.write(piece, 0)
    return apache.OK


def inputfilter(filter):
    """Upper case."""
    chunk = filter.read()
    while chunk:
        filter.write(chunk.upper())
        chunk = filter.read()
    if chunk is None:
        filter.close()


def outputfilter(filter):
    """The length at the end; it is kept from call to call on the request."""
    chunk = filter.read()
    while chunk:
        filter.req.length = getattr(filter.req, "length", 0) + len(chunk)
        filter.write(chunk)
        chunk = filter.read()
    if chunk is None:
        filter.write(f"|{getattr(filter.req, 'length', 0)}")
        filter.close()
