"""For PythonHandlerModule: functions for two phases."""

from mod_python import apache


def fixuphandler(req):
    req.mark = "fixed up"
    return apache.OK


def handler(req):
    req.write(req.mark)
    return apache.OK
