"""Everything that a handler name can point at; each says which one it is."""

from mod_python import apache


def _say(req, text):
    req.content_type = "text/plain"
    req.write(text)
    return apache.OK


def handler(req):
    return _say(req, "handler")


def other(req):
    return _say(req, "other")


class Page:
    def __init__(self, req):
        self.made_for = req

    def show(self, req):
        return _say(req, "Page.show " + ("same" if self.made_for is req else "different"))

    @staticmethod
    def static(req):
        return _say(req, "Page.static")

    @classmethod
    def made(cls, req):
        return _say(req, f"{cls.__name__}.made")

    class Inner:
        def __init__(self, req):
            self.made_for = req

        def show(self, req):
            return _say(req, "Page.Inner.show " + ("same" if self.made_for is req else "different"))


class _Callable:
    def __call__(self, req):
        return _say(req, "instance")

    def method(self, req):
        return _say(req, "instance.method")


instance = _Callable()
nothing = None


def __getattr__(name):
    raise AssertionError(f"a plain name must not go through __getattr__: {name}")
