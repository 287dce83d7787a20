"""Handlers beside a C module that uses Python."""

import ctypes

from mod_python import apache


def marks(req):
    req.mark = "by a handler"
    return apache.OK


def handler(req):
    """Calls C code that enters other interpreters, with the GIL held."""
    module = ctypes.PyDLL(req.get_options()["module"])
    module.nested_for_handler.restype = ctypes.c_char_p
    inner = req.args.encode()
    req.write(f"{module.nested_for_handler(inner).decode()} | {req.uri} {apache.interpreter}")
    return apache.OK
