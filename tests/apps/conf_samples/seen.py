"""What the lines of conf/python.conf have made of the Python that serves this."""

import json
import sys

from mod_python import apache


def handler(req):
    answer = {
        "config": dict(req.get_config().items()),
        "options": dict(req.get_options().items()),
        "interpreter": req.interpreter,
        "prefix": sys.prefix,
        "path": sys.path,
        "modules": sorted(sys.modules),
    }
    req.content_type = "application/json"
    req.write(json.dumps(answer))
    return apache.OK
