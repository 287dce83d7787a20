"""Prints while it is imported, and at exit."""

import atexit
import sys

from mod_python import apache


def _at_exit():
    print("a whole line at exit")
    sys.stdout.write("half a line at exit")


atexit.register(_at_exit)
sys.stdout.write("half a line at import")


def handler(req):
    print("a line of a request")
    return apache.OK
