"""Input filters, one function for each behaviour."""

import json

from mod_python import apache


def facts(f):
    while f.read():
        pass
    f.write(json.dumps({"name": f.name, "is_input": f.is_input, "handler": f.handler, "closed": f.closed}))
    f.close()


def buffers(f):
    """Gives nothing until it has everything."""
    f.req.parts = getattr(f.req, "parts", [])
    while chunk := f.read():
        f.req.parts.append(chunk)
    if chunk is None:
        f.write(b"".join(f.req.parts)[::-1])
        f.close()


def grows(f):
    """Gives far more than the reader asked for."""
    while chunk := f.read():
        f.write(chunk * 1000)
    if chunk is None:
        f.close()


def does_not_close(f):
    while chunk := f.read():
        f.write(chunk.upper())


def reads_nothing(f):
    pass


def reads_a_little(f):
    f.write(f.read(5).upper())


def ends_early(f):
    """Closes before the body is at its end."""
    f.write(f.read(3) or b"")
    f.close()


def invents(f):
    f.write("invented")
    f.close()


def passes_on(f):
    f.pass_on()


def disables(f):
    f.write("[once]")
    f.disable()


def lines(f):
    while line := f.readline():
        f.write(b"%d:" % len(line) + line)
    if line is None:
        f.close()


def flushes(f):
    while chunk := f.read():
        f.write(chunk.upper())
        f.flush()
    if chunk is None:
        f.close()


def after_close(f):
    f.close()
    outcome = []
    for name, arguments in [("read", ()), ("readline", ()), ("write", ("x",))]:
        try:
            getattr(f, name)(*arguments)
        except ValueError as error:
            outcome.append(str(error))
    f.close()
    f.flush()
    f.req.log_error(f"{outcome}", apache.APLOG_INFO)


def fails(f):
    f.write(f.read(2))
    raise RuntimeError("the input cannot be had")


def returns(f):
    """SERVER_RETURN drops what was read."""
    f.read()
    f.write("lost")
    raise apache.SERVER_RETURN(apache.OK)


def returns_at_once(f):
    raise apache.SERVER_RETURN(apache.OK)


def reads_on_error(req):
    """A handler that notices."""
    try:
        req.read()
    except OSError:
        req.write("noticed")
        return apache.OK
    req.write("unnoticed")
    return apache.OK
