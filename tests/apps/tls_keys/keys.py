"""How many of the process's thread-specific keys are taken.

A child inherits its parent's keys by fork. A module that makes one each time httpd
loads it, and does not give it back, uses them up: there are about a thousand.
"""

import ctypes

from mod_python import apache

_LIBC = ctypes.CDLL(None)
_MOST = 1024


def _free():
    keys = []
    key = ctypes.c_uint()
    while len(keys) < _MOST and _LIBC.pthread_key_create(ctypes.byref(key), None) == 0:
        keys.append(key.value)
    for taken in keys:
        _LIBC.pthread_key_delete(taken)
    return len(keys)


def handler(req):
    req.write(str(_MOST - _free()))
    return apache.OK
