"""Counts the requests that each thread has served, by `threading.local`."""

import json
import threading
import time

from mod_python import apache

mine = threading.local()


def handler(req):
    mine.count = getattr(mine, "count", 0) + 1
    time.sleep(0.01)
    req.write(json.dumps([threading.get_native_id(), mine.count]))
    return apache.OK
