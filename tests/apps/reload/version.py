from mod_python import apache


def handler(req):
    req.write("one")
    return apache.OK
