"""Says what its modules were when they were imported, and which interpreter answers."""

import importlib
import itertools
import json
import os
import sys
import time
from pathlib import Path

from mod_python import apache

# A folder for modules that are none of this directory's handlers.
_library = str(Path(__file__).parent / "library")
if _library not in sys.path:
    sys.path.append(_library)
plain = importlib.import_module("plain")
part = importlib.import_module("pieces.part")

version = 1
_token = os.urandom(8).hex()
_served = itertools.count(1)


def handler(req):
    facts = {
        "plain": plain.version,
        "part": part.version,
        "own": version,
        "token": _token,
        "served": next(_served),
        "pid": os.getpid(),
    }
    req.content_type = "application/json"
    req.write(json.dumps(facts))
    return apache.OK


def slow(req):
    time.sleep(0.05)
    return handler(req)


def freeze(req):
    apache.freeze_modules()
    return handler(req)
