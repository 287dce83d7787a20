"""Runs the posted Python source inside httpd, and answers what it left in `result`."""

import json
import traceback

from mod_python import apache


def handler(req):
    names = {"req": req, "apache": apache}
    source = req.read().decode()
    try:
        exec(compile(source, "<test>", "exec"), names)
        answer = {"result": names.get("result")}
    except BaseException as error:
        answer = {
            "error": type(error).__name__,
            "text": str(error),
            "traceback": traceback.format_exc(),
        }
    req.content_type = "application/json"
    req.write(json.dumps(answer))
    return apache.OK
