"""The search path, as the handler's interpreter has it."""

import json
import sys

from mod_python import apache


def handler(req):
    req.write(json.dumps(sys.path))
    return apache.OK
