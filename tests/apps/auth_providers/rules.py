"""Authorization providers: what `Require python-...` asks."""

from mod_python import apache


def group(req, args):
    """Needs a user, and says so."""
    if req.user is None:
        return apache.AUTHZ_DENIED_NO_USER
    return getattr(req, "groups", "") in args.split()


def ask(req, args):
    """What the client wants the answer to be."""
    return {"yes": True, "no": False, "neutral": None}[req.headers_in.get("X-Answer", "no")]


def arguments(req, args):
    req.headers_out["X-Arguments"] = ascii(args)
    return True


def raises(req, args):
    raise LookupError("the rules are lost")


def answers(req, args):
    return eval(args)


def tells_interpreter(req, args):
    req.headers_out["X-Interpreter"] = req.interpreter
    return True
