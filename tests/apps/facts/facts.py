"""Facts about the running Python."""

import json
import os
import sys

from mod_python import apache


def handler(req):
    answer = {
        "version": list(sys.version_info[:2]),
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "stdlib": os.__file__,
        "path": sys.path,
        "argv": sys.argv,
        "dont_write_bytecode": sys.dont_write_bytecode,
        "hash": hash("mod_python"),
        "pid": os.getpid(),
    }
    req.content_type = "application/json"
    req.write(json.dumps(answer))
    return apache.OK


def imports(req):
    """Imports the module that the query string names, and shows where it came from."""
    module = __import__(req.args)
    req.write(module.__file__)
    return apache.OK
