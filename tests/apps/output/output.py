"""Prints what the query asks for."""

import pathlib
import sys
import threading
import time

from mod_python import apache

over = threading.Event()


def handler(req):
    """A line that says who asks."""
    print(req.args)
    return apache.OK


def begins(req):
    """A line that does not end."""
    sys.stdout.write(f"begun by {req.args}")
    return apache.OK


def raises(req):
    sys.stdout.write("last words")
    raise ValueError("of a handler")


def includes(req):
    """With mod_include as filter, a request that serves another one while it writes."""
    if req.args != "outer":
        print("inner")
        req.write("inside")
        return apache.OK
    sys.stdout.write("outer begins")
    req.write('<<!--#include virtual="/?inner" -->>')
    print(" and ends")
    return apache.OK


def piecemeal(req):
    """Lines in pieces, with other threads at work between them."""
    for _ in range(20):
        for letter in req.args:
            sys.stdout.write(letter)
            sys.stderr.write(letter.upper())
            time.sleep(0)
        print()
        print(file=sys.stderr)
    return apache.OK


def prints_much(req):
    """More than a pipe holds, if asked to."""
    if req.args == "much":
        spool = pathlib.Path(__file__).parent.parent / "spool"
        (spool / "begun").touch()
        print("much\n" * 100_000)
    else:
        print("little")
    return apache.OK


def outlives(req):
    """A thread that prints when its request is over, during another one."""
    if req.args == "start":
        threading.Thread(target=lambda: (over.wait(), print("from a thread that stayed"))).start()
    else:
        over.set()
    return apache.OK


class Dying:
    def __del__(self):
        print("printed by __del__")


def dies_with_the_request(req):
    req.dying = Dying()
    return apache.OK
