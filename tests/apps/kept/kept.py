"""Keeps the request, and uses it after its end."""

import json
import threading

from mod_python import apache

kept = []

_USES = {
    "uri": lambda req: req.uri,
    "write": lambda req: req.write("x"),
    "read": lambda req: req.read(),
    "flush": lambda req: req.flush(),
    "log_error": lambda req: req.log_error("x"),
    "get_options": lambda req: req.get_options(),
    "get_config": lambda req: req.get_config(),
    "set status": lambda req: setattr(req, "status", 200),
    "set content_type": lambda req: setattr(req, "content_type", "text/plain"),
    "headers_in": lambda req: req.headers_in,
}

_TABLE_USES = {
    "subscript": lambda table: table["Host"],
    "len": len,
    "iter": list,
    "keys": lambda table: table.keys(),
    "items": lambda table: table.items(),
    "set": lambda table: table.__setitem__("a", "b"),
    "delete": lambda table: table.__delitem__("Host"),
    "contains": lambda table: "Host" in table,
    "copy": lambda table: table.copy(),
    "clear": lambda table: table.clear(),
    "repr": repr,
    "equal": lambda table: table == {},
}


def keeps(req):
    tables = [req.headers_in, req.headers_out]
    kept[:] = [req, tables, iter(req.headers_in), req.write]
    return apache.OK


def _error(use, thing):
    try:
        use(thing)
    except Exception as error:
        return type(error).__name__
    return "nothing"


def uses(req):
    old, tables, iterator, write = kept
    answer = {name: _error(use, old) for name, use in _USES.items()}
    for position, table in enumerate(tables):
        answer |= {f"{name} {position}": _error(use, table) for name, use in _TABLE_USES.items()}
    answer["iterator"] = _error(next, iterator)
    answer["bound method"] = _error(write, "x")
    repr(old)
    hash(old)
    req.write(json.dumps(answer))
    return apache.OK


def keeps_a_copy(req):
    kept[:] = [req.headers_in.copy()]
    return apache.OK


def uses_the_copy(req):
    req.write(json.dumps(kept[0].get("X-Kept")))
    return apache.OK


# --- from a thread of the script's own ---

seen = []
_over = threading.Event()


def starts_a_thread(req):
    seen.clear()
    _over.clear()

    def use_later():
        try:
            while not _over.wait(0.001):
                req.headers_in.get("Host")
        except Exception as error:
            seen.append(type(error).__name__)

    thread = threading.Thread(target=use_later)
    thread.start()
    kept[:] = [thread]
    return apache.OK


def asks_the_thread(req):
    kept[0].join(5)
    _over.set()
    req.write(json.dumps(seen))
    return apache.OK
