"""Handlers of a pool: what they do, and which member did it."""

import json
import threading
import time
import urllib.request

from mod_python import apache

_running = 0
_most = 0
_lock = threading.Lock()


def _answer(req, **facts):
    facts["index"] = apache.interpreter_index
    req.content_type = "application/json"
    req.write(json.dumps(facts))
    return apache.OK


def _do(work):
    """Has `work` done; returns how many did such work in this member at once, at most."""
    global _running, _most
    with _lock:
        _running += 1
        _most = max(_most, _running)
    work()
    with _lock:
        _running -= 1
    return _most


def _compute():
    until = time.thread_time() + 0.005
    while time.thread_time() < until:
        sum(range(1000))


def computes(req):
    return _answer(req, most=_do(_compute))


def waits(req):
    return _answer(req, most=_do(lambda: time.sleep(0.05)))


def plain(req):
    return _answer(req)


def asks(req):
    """Asks this very server, which can answer only if others are let in beside this one."""
    port = req.connection.local_addr[1]
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/plain", headers={"Host": req.hostname})
    with urllib.request.urlopen(asked) as answer:
        return _answer(req, other=json.load(answer)["index"])


def access(req):
    req.seen = [apache.interpreter_index]
    return apache.OK


def content(req):
    req.seen.append(apache.interpreter_index)
    _compute()
    return _answer(req, seen=req.seen)


def redirects(req):
    req.internal_redirect("/redirected")
    return apache.OK


def redirected(req):
    return _answer(req, before=req.prev.seen[0])


def raises(req):
    _compute()
    raise ValueError("raised in a pool")


def prints(req):
    _compute()
    print(req.args)
    return _answer(req)


def receives(req):
    _compute()
    return _answer(req, length=len(req.read()))


def streams(req):
    _compute()
    for _ in range(50):
        req.write(b"x" * 10_000)
    return apache.OK


def logs(req):
    _compute()
    req.log_error(f"logged {apache.interpreter_index}")
    return apache.OK
