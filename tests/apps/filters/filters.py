"""Output filters and input filters, one function for each behaviour."""

import json
import threading
import time

from mod_python import apache


def outputfilter(f):
    """The loop that every mod_python filter has."""
    chunk = f.read()
    while chunk:
        f.write(chunk.upper())
        chunk = f.read()
    if chunk is None:
        f.close()


inputfilter = outputfilter


class Wrapped:
    """A method of a class that is made with the filter."""

    def __init__(self, f):
        self.made_with = f

    def method(self, f):
        f.write(b"same" if self.made_with is f else b"other")
        f.close()


def facts(f):
    if not hasattr(f.req, "facts"):
        f.req.facts = {
            "name": f.name,
            "is_input": f.is_input,
            "handler": f.handler,
            "dir": f.dir,
            "closed": f.closed,
            "softspace": f.softspace,
            "same_request": f.req is f.req,
            "type": type(f).__name__,
            "phase": f.req.phase,
            "interpreter": f.req.interpreter,
        }
    while f.read():
        pass
    f.write(json.dumps(f.req.facts))
    f.close()


def attributes(f):
    """What cannot be done to a filter."""
    outcome = {"unknown": hasattr(f, "unknown")}
    for name in ("name", "req", "is_input", "handler", "dir", "closed", "unknown"):
        try:
            setattr(f, name, 1)
            outcome[name] = "set"
        except AttributeError:
            outcome[name] = "refused"
    try:
        del f.softspace
    except AttributeError:
        outcome["del softspace"] = "refused"
    f.softspace = 5
    outcome["softspace"] = f.softspace
    while f.read():
        pass
    f.write(json.dumps(outcome))
    f.close()


def log_reads(f):
    """What each read of each call gives."""
    if not hasattr(f.req, "seen"):
        f.req.seen = []
    call = []
    while True:
        data = f.read(int(f.req.args or -1))
        call.append(None if data is None else data.decode("latin-1"))
        if not data:
            break
    f.req.seen.append(call)
    if data is None:
        f.write(json.dumps(f.req.seen))
        f.close()


def lines(f):
    found = []
    while line := f.readline(int(f.req.args or -1)):
        found.append(line.decode())
    f.write(json.dumps([*found, line if line is None else "more"]))
    f.close()


def temporaries(f):
    """Writes many objects that die at once."""
    while f.read():
        pass
    for number in range(2000):
        f.write(b"%d," % number)
    f.write("é")
    f.close()


def does_not_close(f):
    """Reads to the end, and leaves it at that."""
    while chunk := f.read():
        f.write(chunk.lower())


def reads_nothing(f):
    pass


def reads_a_little(f):
    f.write(f.read(5).upper())


def replaces(f):
    f.write("instead")
    f.close()


def sees_the_handler(f):
    while f.read():
        pass
    f.write(getattr(f.req, "mark", "nothing"))
    f.close()


def passes_on(f):
    f.pass_on()


def disables(f):
    f.write("[once]")
    f.disable()


def after_close(f):
    while f.read():
        pass
    f.close()
    outcome = []
    for name, arguments in [("read", ()), ("readline", ()), ("write", ("x",))]:
        try:
            getattr(f, name)(*arguments)
            outcome.append("fine")
        except ValueError as error:
            outcome.append(str(error))
    f.close()
    f.flush()
    f.req.log_error(f"closed={f.closed} {sorted(set(outcome))} x{len(outcome)}", apache.APLOG_INFO)


def wrong_arguments(f):
    wrong = [
        ("write", (1,)),
        ("write", (None,)),
        ("write", ()),
        ("read", ("x",)),
        ("read", (1, 2)),
        ("readline", (None,)),
        ("flush", (1,)),
        ("close", (1,)),
        ("pass_on", (1,)),
        ("disable", (1,)),
    ]
    outcome = []
    for name, arguments in wrong:
        try:
            getattr(f, name)(*arguments)
        except TypeError:
            outcome.append(name)
    while f.read():
        pass
    f.write(json.dumps(outcome))
    f.close()


def sets_a_header(f):
    f.req.headers_out["X-Filter"] = f.name
    f.req.headers_out["X-Phase"] = str(f.req.phase)
    f.pass_on()


def marks(f):
    """Says which request it filters."""
    while chunk := f.read():
        f.write(b"<%s:%s>" % (f.req.uri.encode(), chunk))
    if chunk is None:
        f.close()


def flushes(f):
    while chunk := f.read():
        for byte in chunk:
            f.write(bytes([byte]))
            f.flush()
    if chunk is None:
        f.close()


def keep(f):
    """Keeps the filter beyond its call, on the request."""
    old = getattr(f.req, "kept", None)
    f.req.kept = f
    if old is not None:
        outcome = []
        for use in (
            lambda: old.read(),
            lambda: old.write("x"),
            lambda: old.flush(),
            lambda: old.close(),
            lambda: old.pass_on(),
            lambda: old.disable(),
            lambda: old.name,
            lambda: old.req,
            lambda: old.closed,
            lambda: old.handler,
            lambda: old.dir,
            lambda: old.softspace,
            lambda: old.is_input,
        ):
            try:
                use()
                outcome.append("fine")
            except ReferenceError as error:
                outcome.append(str(error))
        f.write(json.dumps(outcome))
        f.read()
        f.close()
    else:
        f.read()


def swaps(f):
    """Keeps state on the request: counts the bytes that it sees."""
    chunk = f.read(65536)
    while chunk:
        f.req.count = getattr(f.req, "count", 0) + len(chunk)
        f.req.largest = max(getattr(f.req, "largest", 0), len(chunk))
        f.write(chunk)
        chunk = f.read(65536)
    if chunk is None:
        f.req.log_error(f"filtered {f.req.count}", apache.APLOG_INFO)
        f.close()


def whole(f):
    """The same, with reads without a length."""
    while chunk := f.read():
        f.req.largest = max(getattr(f.req, "largest", 0), len(chunk))
        f.write(chunk)
    if chunk is None:
        f.req.log_error(f"largest {f.req.largest}", apache.APLOG_INFO)
        f.close()


def writes_through_the_request(f):
    """Writes to the request that it filters, which comes to this filter again."""
    if hasattr(f.req, "inside"):
        return outputfilter(f)
    f.req.inside = True
    f.req.write("inner ")
    f.req.headers_out["X-Inner"] = "1"
    return outputfilter(f)


def from_a_thread(f):
    """What another thread may do meanwhile."""
    outcome = {}

    def attempt(name, use):
        try:
            use()
            outcome[name] = "fine"
        except Exception as error:
            outcome[name] = type(error).__name__

    for name, use in [
        ("name", lambda: f.name),
        ("read", lambda: f.read()),
        ("write", lambda: f.write("x")),
        ("req.write", lambda: f.req.write("x")),
    ]:
        thread = threading.Thread(target=attempt, args=(name, use))
        thread.start()
        thread.join()
    while f.read():
        pass
    f.write(json.dumps(outcome))
    f.close()


INSIDE, RETURNING = threading.Event(), threading.Event()


def outlasts(f):
    """Called by a thread's write, and still at it when the handler returns."""
    if f.req.phase is not None and not INSIDE.is_set():
        INSIDE.set()
        RETURNING.wait(20)
        # Time for the handler to be gone.
        time.sleep(0.1)
    chunk = f.read()
    while chunk:
        f.write(chunk.replace(b"thread", f.req.method.encode()))
        chunk = f.read()
    if chunk is None:
        f.close()


# --- handlers that the filters are tried on ---


def leaves_a_writer(req):
    threading.Thread(target=req.write, args=("thread",), daemon=True).start()
    INSIDE.wait(20)
    RETURNING.set()
    return apache.OK


def handler(req):
    req.content_type = "text/plain"
    req.write("some text")
    return apache.OK


def marked(req):
    req.mark = "left by the handler"
    req.write("some text")
    return apache.OK


def several(req):
    """Three flushed writes."""
    req.content_type = "text/plain"
    for word in ("one ", "two ", "three"):
        req.write(word)
    return apache.OK


def one_go(req):
    """Writes with a flush between them that stay in one brigade is what httpd decides."""
    req.content_type = "text/plain"
    req.write("a line\nanother\nlast", 0)
    return apache.OK


def echo(req):
    req.content_type = "text/plain"
    req.write(req.read())
    return apache.OK


def echo_pieces(req):
    """Reads seven bytes at a time."""
    req.content_type = "text/plain"
    pieces = []
    while piece := req.read(7):
        pieces.append(piece.decode())
    req.write("|".join(pieces))
    return apache.OK


def megabytes(req):
    block = bytes(65536)
    for _ in range(16 * int(req.args)):
        req.write(block)
    return apache.OK


def drops(req):
    """Many small writes, each flushed."""
    for _ in range(int(req.args)):
        req.write("x")
    return apache.OK


def counts_body(req):
    total = 0
    while data := req.read(65536):
        total += len(data)
    req.write(str(total))
    return apache.OK
