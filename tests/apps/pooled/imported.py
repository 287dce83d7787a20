"""What an interpreter has imported before it serves; imports nothing more itself."""

import sys

from mod_python import apache


def handler(req):
    req.write(" ".join(sys.modules))
    return apache.OK
