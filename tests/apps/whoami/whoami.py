"""Says where a request was served. The token tells one import of this module from another."""

import json
import os
import threading
import uuid

from mod_python import apache

token = uuid.uuid4().hex


def handler(req):
    req.content_type = "application/json"
    answer = {
        "interpreter": req.interpreter,
        "apache.interpreter": apache.interpreter,
        "token": token,
        "pid": os.getpid(),
        "thread": threading.get_native_id(),
    }
    req.write(json.dumps(answer))
    return apache.OK
