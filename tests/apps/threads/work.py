"""Threads that an application starts, and what they find."""

import asyncio
import contextvars
import decimal
import json
import queue
import threading
import time
from pathlib import Path

from mod_python import apache

_SPOOL = Path(__file__).parent.parent / "spool"
_jobs = queue.Queue()
_done = []
_variable = contextvars.ContextVar("set by", default="nobody")


def _work():
    while (job := _jobs.get()) is not None:
        _done.append([job, apache.interpreter])


def worker(req):
    """Takes a job for a thread that outlives requests; without one, tells what it has done."""
    if not _done and _jobs.empty() and req.args:
        thread = threading.Thread(target=_work)
        # A thread that is no daemon is waited for at the end.
        apache.register_cleanup(_jobs.put, None)
        thread.start()
    if req.args:
        _jobs.put(req.args)
    req.write(json.dumps(_done))
    return apache.OK


def variable(req):
    """The context variable as the request found it; with arguments it sets it."""
    if req.args:
        _variable.set(req.args)
    req.write(_variable.get())
    return apache.OK


def variable_of_its_own(req):
    return contextvars.copy_context().run(variable, req)


def _contexts(answer, who):
    # So that this thread has a context already.
    _variable.set("thread")
    answer.append(decimal.getcontext().prec)
    decimal.getcontext().prec = who
    answer.append(decimal.getcontext().prec)


def decimals(req):
    """The precision that a new thread finds, and the one that it sets."""
    answer = []
    thread = threading.Thread(target=_contexts, args=(answer, int(req.args)))
    thread.start()
    thread.join()
    req.write(json.dumps(answer))
    return apache.OK


async def _until(file):
    (_SPOOL / "running").touch()
    while not file.exists():
        await asyncio.sleep(0.01)
    return "waited"


async def _at_once():
    await asyncio.sleep(0)
    return "at once"


def waits_in_a_loop(req):
    req.write(asyncio.run(_until(_SPOOL / "release")))
    return apache.OK


def runs_another_loop(req):
    """While `waits_in_a_loop` runs in another interpreter."""
    while not (_SPOOL / "running").exists():
        time.sleep(0.01)
    try:
        req.write(asyncio.run(_at_once()))
    finally:
        (_SPOOL / "release").touch()
    return apache.OK
