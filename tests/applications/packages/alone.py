"""What one package answers: the one that the address names."""

import importlib
import json

from mod_python import apache


def handler(req):
    part = importlib.import_module(req.uri.removeprefix("/"))
    req.content_type = "application/json"
    req.write(json.dumps(part.answer()))
    return apache.OK
