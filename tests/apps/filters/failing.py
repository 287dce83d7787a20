"""Output filters that fail, and handlers whose answers they break."""

from mod_python import apache


def at_once(f):
    raise RuntimeError("no <filtering> today")


def at_end(f):
    """Everything was sent but the end."""
    while chunk := f.read():
        f.write(chunk)
    if chunk is None:
        raise RuntimeError("no end")


def second(f):
    """Passes the first call's data on, and fails in the next."""
    if hasattr(f.req, "called"):
        raise RuntimeError("the second call")
    f.req.called = True
    f.write(f.read())
    f.flush()


def after_writing(f):
    f.write("written, never sent")
    raise RuntimeError("after writing")


def exits(f):
    raise SystemExit(3)


def returns(f):
    """SERVER_RETURN: drops this call's data, and goes on with the next."""
    data = f.read()
    f.write("lost")
    if data == b"two ":
        raise apache.SERVER_RETURN(apache.OK)
    f.write(data or b"")


def returns_status(f):
    raise apache.SERVER_RETURN(apache.OK, 503)


def returns_nothing(f):
    raise apache.SERVER_RETURN


def only_here(f):
    """Fails for one URL, so that error documents can be told apart."""
    if f.req.uri == "/page.txt":
        raise RuntimeError("here")
    f.pass_on()


def swallows(f):
    """Does not care that nothing gets through."""
    try:
        while chunk := f.read(1024):
            f.write(chunk)
            f.flush()
        if chunk is None:
            f.close()
    except OSError:
        f.req.log_error("nobody listens", apache.APLOG_INFO)


# --- handlers ---


def handler(req):
    req.content_type = "text/plain"
    req.write("some text")
    return apache.OK


def several(req):
    req.content_type = "text/plain"
    for word in ("one ", "two ", "three"):
        req.write(word)
    return apache.OK


def endless(req):
    """Ends only because its writes fail."""
    while True:
        req.write("more ")


def fails_after_sending(req):
    req.write("some text")
    raise RuntimeError("handler")
