"""Two hosts run this, each with a shop module of its own: what each of them sees, wherever it is asked."""

import builtins
import contextvars
import ctypes
import decimal
import json
import logging
import os
import sys
import threading
import warnings
from pathlib import Path

import shop
from mod_python import apache

_SPOOL = Path(__file__).parent.parent / "spool"
_COMPARE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
_local = threading.local()
_variable = contextvars.ContextVar("who", default="")
_PRECISION = {"a": 11, "b": 22}


def _change():
    """Everything that is an interpreter's own, or a thread's in it."""
    who = shop.WHO
    sys.path.append(f"/of/{who}")
    os.environ["WHO"] = who
    os.environ.setdefault("SETTINGS", who)
    warnings.filterwarnings("ignore", message=f"of {who}")
    logging.getLogger("shared").addHandler(logging.NullHandler())
    logging.getLogger("shared").handlers[-1].name = who
    logging.getLogger().setLevel(_PRECISION[who])
    builtins.who = who
    sys.modules["made_up"] = who
    decimal.getcontext().prec = _PRECISION[who]
    _local.who = who
    _variable.set(who)


def _seen():
    """What of it is there: each is of one host, or nobody's."""
    of_level = {level: who for who, level in _PRECISION.items()}
    import shop as imported_now

    return {
        "apache.interpreter": apache.interpreter.partition(".")[0],
        "module": imported_now.WHO,
        "path": "".join(sorted({path[4:] for path in sys.path if path.startswith("/of/")})),
        "environ": os.environ.get("WHO", ""),
        "setdefault": os.environ.get("SETTINGS", ""),
        "warnings": "".join(
            sorted({str(f[1].pattern)[3:] for f in warnings.filters if f[1] and "of " in f[1].pattern})
        ),
        "log handlers": "".join(sorted({handler.name for handler in logging.getLogger("shared").handlers})),
        "log level": of_level.get(logging.getLogger().level, ""),
        "builtins": getattr(builtins, "who", ""),
        "sys.modules": sys.modules.get("made_up", ""),
        "decimal": of_level.get(decimal.getcontext().prec, ""),
        "threading.local": getattr(_local, "who", ""),
        "contextvars": _variable.get(),
    }


def _note(where):
    line = json.dumps([shop.WHO, where, _seen()])
    with (_SPOOL / "lines").open("a") as file:
        file.write(f"{line}\n")


def access(req):
    _note("access")
    return apache.OK


def authen(req):
    req.get_basic_auth_pw()
    _note("authen")
    return apache.OK


def handler(req):
    _note("before")
    _change()
    _note("handler")
    numbers = (ctypes.c_int * 2)(2, 1)

    def compare(left, right):
        _note("callback")
        return left[0] - right[0]

    ctypes.CDLL(None).qsort(numbers, 2, ctypes.sizeof(ctypes.c_int), _COMPARE(compare))
    req.register_cleanup(_note, "registered")
    req.write("answer")
    return apache.OK


def output(filter):
    _note("filter")
    while data := filter.read():
        filter.write(data)
    if data is None:
        filter.close()


def log(req):
    _note("log")
    return apache.OK


def cleanup(req):
    _note("cleanup")
    return apache.OK


def environment(req):
    """What is in the environment; with arguments, after setting one variable and removing another."""
    if req.args:
        os.environ["ADDED"] = req.args
        del os.environ["GIVEN"]
    req.write(json.dumps([os.environ.get("ADDED"), os.environ.get("GIVEN")]))
    return apache.OK
