"""Connection handlers: each speaks a little protocol of its own."""

import json
import threading
from pathlib import Path

import _apache
from mod_python import apache

_SPOOL = Path(__file__).parent.parent / "spool"


def echo(conn):
    """Sends back what comes, as it comes."""
    while data := conn.read():
        conn.write(data)
    return apache.OK


def connectionhandler(conn):
    """A calculator, a line at a time: `add 1 2`, `quit`."""
    while True:
        words = conn.readline().split()
        match words:
            case [b"add", *numbers]:
                conn.write(f"{sum(map(int, numbers))}\r\n")
            case [b"quit"] | []:
                conn.write("bye\r\n")
                return apache.OK
            case _:
                conn.write("what?\r\n")


def http(conn):
    """An answer that a browser takes for HTTP."""
    while conn.readline().strip():
        pass
    conn.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\ntest ok")
    return apache.OK


def script(conn):
    """Does what the first lines say, and answers in JSON."""
    answers = []
    for order in json.loads(conn.readline()):
        name, *arguments = order
        try:
            answer = getattr(conn, name)(*arguments)
        except OSError as error:
            answer = type(error).__name__
        answers.append(answer.decode() if isinstance(answer, bytes) else answer)
    conn.write(json.dumps(answers))
    return apache.OK


def sees(conn):
    """What a connection handler finds, by its expression."""
    expression = conn.readline().decode()
    conn.write(
        json.dumps(eval(expression, {"conn": conn, "apache": apache, "_apache": _apache, "threading": threading}))
    )
    return apache.OK


def declines(conn):
    """Leaves the connection to HTTP, untouched, and counts."""
    with (_SPOOL / "declined").open("a") as file:
        file.write("x")
    return apache.DECLINED


def takes_a_line(conn):
    """Takes the first line, and leaves the rest to HTTP."""
    (_SPOOL / "line").write_bytes(conn.readline())
    return apache.DECLINED


def swallows_a_timeout(conn):
    """Leaves a connection to HTTP after half of a line."""
    try:
        conn.readline()
    except TimeoutError:
        return apache.DECLINED
    return apache.OK


def waits(conn):
    """Says that it is there, and waits for a word."""
    conn.write("here\n")
    conn.write(b"got " + conn.readline())
    return apache.OK


def never_ends(conn):
    """Echoes until an exception ends it."""
    while True:
        conn.write(conn.readline())


def writes_for_ever(conn):
    while True:
        conn.write(b"x" * 65536)


def raises(conn):
    conn.readline()
    raise KeyError("a key")


def raises_server_return(conn):
    raise apache.SERVER_RETURN(apache.OK)


def returns_none(conn):
    conn.readline()


def returns_true(conn):
    return True


def returns_500(conn):
    conn.write("so far")
    return apache.HTTP_INTERNAL_SERVER_ERROR


def handler(req):
    req.write("http")
    return apache.OK


# --- after its time ---

kept = []


def keeps(conn):
    kept[:] = [conn, conn.notes, conn.hlist, conn.read, conn.base_server]
    conn.write("kept")
    return apache.OK


def uses_kept(conn):
    old, notes, hlist, read, server = kept
    uses = {
        "client_ip": lambda: old.client_ip,
        "aborted": lambda: old.aborted,
        "set keepalive": lambda: setattr(old, "keepalive", 1),
        "read": read,
        "readline": lambda: old.readline(),
        "write": lambda: old.write("x"),
        "write nothing": lambda: old.write(""),
        "log_error": lambda: old.log_error("x"),
        "notes": lambda: old.notes,
        "notes' content": lambda: notes.items(),
        "hlist": lambda: hlist.handler,
        "hlist.next": lambda: hlist.next(),
        "base_server": lambda: old.base_server,
        "_conn_rec": lambda: old._conn_rec,
    }
    answer = {name: _error(use) for name, use in uses.items()}
    repr(old)
    hash(old)
    conn.write(json.dumps([answer, server.server_hostname]))
    return apache.OK


def _error(use):
    try:
        use()
    except Exception as error:
        return type(error).__name__
    return "nothing"


def reads_in_two_threads(conn):
    """One of them gets the line; the other is told that it cannot read meanwhile."""
    lines = []

    def read():
        try:
            lines.append(conn.readline())
        except RuntimeError as error:
            (_SPOOL / "refused").write_text(str(error))

    thread = threading.Thread(target=read)
    thread.start()
    read()
    thread.join()
    conn.write(lines[0])
    return apache.OK
