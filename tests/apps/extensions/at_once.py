"""Cannot be imported where picky cannot."""

import picky  # noqa: F401


def handler(req):
    return 0


def application(environ, start_response):
    start_response("200 OK", [])
    return [b""]
