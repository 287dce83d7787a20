"""Ends its process."""

import ctypes
import os
import signal


def handler(req):
    if req.args == "abort":
        os.abort()
    if req.args:
        signal.raise_signal(getattr(signal, req.args))
    ctypes.string_at(0)
