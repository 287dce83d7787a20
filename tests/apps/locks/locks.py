"""Holds a lock of the server for a while, and notes when it had it."""

import os
import time
from pathlib import Path

import _apache
from mod_python import apache

_SPOOL = Path(__file__).parent.parent / "spool"


def handler(req):
    command, _, argument = req.uri.strip("/").partition("/")
    return globals()[f"do_{command}"](req, argument)


def do_hold(req, seconds):
    """Two times of the clock that all processes share: got it, gave it back."""
    _apache._global_lock(req.server, 1)
    begun = time.monotonic_ns()
    time.sleep(float(seconds))
    ended = time.monotonic_ns()
    _apache._global_unlock(req.server, 1)
    with (_SPOOL / "intervals").open("a") as file:
        file.write(f"{begun} {ended} {os.getpid()}\n")
    return apache.OK


def do_keep(req, key):
    """Takes a lock and returns without it."""
    _apache._global_lock(req.server, key)
    req.write(str(os.getpid()))
    return apache.OK


def do_die(req, key):
    """Takes a lock and ends the process."""
    _apache._global_lock(req.server, key)
    os._exit(1)


def do_until(req, name):
    """Holds a lock until a file appears."""
    _apache._global_lock(req.server, name)
    (_SPOOL / "holding").touch()
    while not (_SPOOL / name).exists():
        time.sleep(0.01)
    _apache._global_unlock(req.server, name)
    req.write("released")
    return apache.OK


def do_try(req, key):
    taken = _apache._global_trylock(req.server, key)
    if taken:
        _apache._global_unlock(req.server, key)
    req.write(str(taken))
    return apache.OK


def do_unlock(req, key):
    if req.args == str(os.getpid()):
        return apache.OK
    try:
        _apache._global_unlock(req.server, key)
    except ValueError as error:
        req.write(f"ValueError: {error}")
    else:
        req.write("released")
    return apache.OK
