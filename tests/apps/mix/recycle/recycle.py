"""Has its interpreter replaced."""

from mod_python import apache


def handler(req):
    req.write(str(apache.recycle()))
    return apache.OK
