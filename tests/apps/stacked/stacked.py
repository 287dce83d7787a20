"""A list of content handlers: who runs after whom."""

from mod_python import apache


def first(req):
    req.write("first ")
    return apache.OK


def second(req):
    req.write("second ")
    return apache.OK


def returned_ok(req):
    req.write("returned ")
    raise apache.SERVER_RETURN(apache.OK)


def done(req):
    req.write("done ")
    return apache.DONE


def declines(req):
    return apache.DECLINED


def leaves_a_mark(req):
    req.mark = "mark"
    return apache.OK


def reads_the_mark(req):
    req.write(req.mark)
    return apache.OK
