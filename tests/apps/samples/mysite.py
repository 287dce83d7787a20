"""The module that conf/vhost.conf names."""

from mod_python import apache


def handler(req):
    req.write("handler")
    return apache.OK


def status(req):
    req.write("status")
    return apache.OK
