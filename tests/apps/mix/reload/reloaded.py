"""Says which version there is of the module that it imports."""

import version
from mod_python import apache


def handler(req):
    req.write(str(version.NUMBER))
    return apache.OK
