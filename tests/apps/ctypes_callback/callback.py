"""A Python function called back by a C function that released the GIL."""

import ctypes
import json

from mod_python import apache

try:
    import _interpreters as interpreters  # 3.13
except ImportError:
    import _xxsubinterpreters as interpreters

_COMPARE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))


def _here():
    # What an import inside the callback would find, and whose thread state is current.
    import mod_python.apache

    return [str(interpreters.get_current()), mod_python.apache.interpreter]


def handler(req):
    seen = []

    def compare(left, right):
        seen.append(_here())
        return left[0] - right[0]

    numbers = (ctypes.c_int * 3)(3, 1, 2)
    ctypes.CDLL(None).qsort(numbers, 3, ctypes.sizeof(ctypes.c_int), _COMPARE(compare))
    req.write(json.dumps({"outside": _here(), "inside": seen, "sorted": list(numbers)}))
    return apache.OK
