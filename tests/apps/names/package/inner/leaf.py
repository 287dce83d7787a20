from mod_python import apache


def handler(req):
    req.write(__name__)
    return apache.OK
