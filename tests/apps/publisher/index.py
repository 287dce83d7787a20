"""What the publisher's tests ask for; items 25 to 47 of the contract's list, mostly."""

import os
from functools import partial, wraps
from shutil import rmtree  # noqa: F401  (such imports are not to be published)

from mod_python import apache, util  # noqa: F401
from mod_python.util import redirect  # noqa: F401

_private = "private"
__dunder = "dunder"

NUMBER = 42
TEXT = "text <b>"
EMPTY = ""
NOTHING = None
BYTES = b"\xff\x00raw"
LIST = ["a", 1]
DICT = {"key": "value"}
FILE = open(os.devnull)  # noqa: PTH123, SIM115  (kept open, as sites do)
bound_builtin = DICT.keys
unbound_builtin = str.upper


def index(req):
    return "index of the root"


def about():
    return "about"


def _hidden(req):
    return "hidden"


def caller(req, name="nobody", *, keyword="none", **rest):
    return repr((name, keyword, sorted(rest)))


def echo(value=""):
    return value


def repeated(x=None):
    return repr(x)


def required(value):
    return value


def upload(data):
    return f"{data.filename} {type(data).__name__} {len(data.value)} {data.file.read(3)!r}"


def by_position(first="f", second="s", /, third="t"):
    return repr((first, second, third))


class Plain:
    attribute = "of class"

    def method(self):
        return "method of Plain"


class Old:
    pass


class Meta(type):
    pass


class WithMeta(metaclass=Meta):
    def __init__(self, **kw):
        raise AssertionError("instantiated")


class Callable:
    def __init__(self, name="callable"):
        self.name = name

    def __call__(self, req, arg="none"):
        return f"{self.name} called with {arg}"

    def method(self, arg="none"):
        return f"method of {self.name} with {arg}"

    def __str__(self):
        return f"str of {self.name}"


class Silent:
    def __str__(self):
        return "str of an instance"

    def method(self, req):
        return "method of an instance"

    @property
    def failing(self):
        raise RuntimeError("on purpose")

    @property
    def missing(self):
        raise AttributeError("on purpose")


instance = Silent()
callable_instance = Callable()

root = Callable("root")
root.child = Callable("child")
root.child.grandchild = Callable("grandchild")
root.sibling = Callable("sibling")


class Container:
    module = os
    cls = Plain


container = Container()
container.function = lambda req: "function in a container"
container.__call__ = lambda req: "container called"
container.request = None

partial_of_function = partial(caller, name="by the author")
static = staticmethod(about)


def decorated_with(function):
    @wraps(function)
    def wrapper(req):
        return function(req)

    return wrapper


@decorated_with
def decorated(req):
    return "decorated"


# --- results ---


def returns_none():
    return None


def writes(req):
    req.content_type = "text/x-written"
    req.write("written")


def returns_bytes():
    return b"\xff\x00raw"


def returns_bytearray():
    return bytearray(b"array")


def returns_number():
    return 404


def returns_list():
    return ["a", {"b": 1}]


def returns_function():
    def inner(req, x="none"):
        return f"inner {x}"

    return inner


def returns_itself():
    return returns_itself


def returns_class():
    return Silent


def generates():
    yield "one "
    yield None
    yield 2
    yield b" three"


def iterates():
    return iter({"a": 1, "b": 2}.keys())


def streams(req):
    req.content_type = "text/x-stream"
    yield "a"
    yield "b"


def html():
    return "<p>text</p></body>\n< / HTML >  \n"


def not_html():
    return "</html> and more"


def typed(req):
    req.content_type = "application/json"
    return '{"a": 1}'


def conflict(req):
    req.status = 409
    return "short and stout"


def gone():
    raise apache.SERVER_RETURN(apache.HTTP_GONE)


def fails():
    raise RuntimeError("on purpose <script>")


def keeps_form(req, a="none"):
    return f"{a} {req.form.getfirst('a')}"


def filename(req):
    return req.filename


def surrogate():
    return "\ud800"
