import sys

from mod_python import apache


def handler(req):
    req.write("imported" if "one" in sys.modules else "not imported")
    return apache.OK
