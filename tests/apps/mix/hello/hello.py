"""Says which interpreter answers."""

from mod_python import apache


def handler(req):
    req.content_type = "text/plain"
    req.write(f"Hello from {req.interpreter}")
    return apache.OK
