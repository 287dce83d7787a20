"""One function per way for a handler to end."""

from mod_python import apache


def ok(req):
    req.write("body")
    return apache.OK


def declined(req):
    return apache.DECLINED


def done(req):
    req.write("done by handler")
    return apache.DONE


def not_found(req):
    return apache.HTTP_NOT_FOUND


def no_content(req):
    return apache.HTTP_NO_CONTENT


def own_status(req):
    req.status = apache.HTTP_CONFLICT
    req.write("own body")
    return apache.OK


def two_hundred(req):
    req.write("body")
    return apache.HTTP_OK


def unknown_number(req):
    return 7


def huge_number(req):
    return 2**70


def returns_bool(req):
    return False


def returns_none(req):
    req.write("")


def returns_str(req):
    return "OK"


class _Int(int):
    pass


def returns_int_subclass(req):
    return _Int(0)


def raises_ok(req):
    req.write("body")
    raise apache.SERVER_RETURN(apache.OK)


def raises_forbidden(req):
    raise apache.SERVER_RETURN(apache.HTTP_FORBIDDEN)


def raises_with_status(req):
    req.write("own body", 0)
    raise apache.SERVER_RETURN(apache.OK, apache.HTTP_CONFLICT)


def raises_with_none_status(req):
    raise apache.SERVER_RETURN(apache.HTTP_NOT_FOUND, None)


def raises_three(req):
    raise apache.SERVER_RETURN(apache.HTTP_GONE, None, "ignored")


def raises_subclass(req):
    class Own(apache.SERVER_RETURN):
        pass

    raise Own(apache.HTTP_GONE)


def raises_bare(req):
    raise apache.SERVER_RETURN


def raises_str(req):
    raise apache.SERVER_RETURN("404")


def raises_tuple(req):
    raise apache.SERVER_RETURN((apache.HTTP_NOT_FOUND, None))


def exits(req):
    raise SystemExit(3)


def interrupts(req):
    raise KeyboardInterrupt


def generator_exits(req):
    raise GeneratorExit


def fixuphandler(req):
    req.headers_out["Location"] = "/dummy"
    req.status = apache.HTTP_MOVED_TEMPORARILY
    req.write("own body")
    raise apache.SERVER_RETURN(apache.DONE)
