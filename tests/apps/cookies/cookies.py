"""Sends the request's cookies back, as a script that only passes them on."""

from mod_python import Cookie, apache


def handler(req):
    for cookie in Cookie.get_cookies(req).values():
        Cookie.add_cookie(req, cookie)
    req.write("cookies")
    return apache.OK
