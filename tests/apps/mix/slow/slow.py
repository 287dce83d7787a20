"""Waits for a body that does not come."""

from mod_python import apache


def handler(req):
    req.write(str(len(req.read())))
    return apache.OK
