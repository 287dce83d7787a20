"""A handler that imports nothing of its own."""

import os

_token = os.urandom(8).hex()


def handler(req):
    req.write(_token)
    return 0
