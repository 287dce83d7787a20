"""Fields of a form as arguments: util.apply_fs_data, and the publisher's calls."""

from __future__ import annotations

import pytest
from harness.inside import Inside
from harness.serve import Serve
from harness.server import Server

PUBLISHER = "SetHandler mod_python\nPythonHandler mod_python.publisher"

_HEAD = """
import functools
from mod_python.util import apply_fs_data

class Field:
    def __init__(self, name, value, filename=None):
        self.name, self.value, self.filename = name, value, filename

class Form:
    def __init__(self, *pairs):
        self.list = [pair if isinstance(pair, Field) else Field(*pair) for pair in pairs]

"""


def _apply(inside: Inside, source: str) -> object:
    lines = (_HEAD + source).splitlines()
    return inside("\n".join(lines))


@pytest.fixture
def server(serve: Serve) -> Server:
    return serve("publisher", directory=PUBLISHER)


def test_fields_become_arguments_of_their_names(inside: Inside) -> None:
    source = """
def f(a, b="default", *args, c="keyword", **kw):
    return [a, b, list(args), c, kw]
g = lambda a, b="default": [a, b]
form = Form(("a", "1"), ("c", "2"), ("x", "3"), ("x", "4"))
result = [apply_fs_data(f, form), apply_fs_data(g, form)]
"""
    assert _apply(inside, source) == [["1", "default", [], "2", {"x": ["3", "4"]}], ["1", "default"]]


def test_repeated_fields_are_lists_and_files_are_fields(inside: Inside) -> None:
    source = """
def f(a, file): return [a, file.filename]
result = apply_fs_data(f, Form(("a", "1"), ("a", "2"), Field("file", b"data", "name.txt")))
"""
    assert _apply(inside, source) == [["1", "2"], "name.txt"]


def test_a_field_does_not_replace_what_the_caller_gives(inside: Inside) -> None:
    """L7.2: 8. Not with `**kw` either."""
    source = """
def f(req, a): return [req, a]
def g(**kw): return kw
form = Form(("req", "field"), ("a", "1"))
result = [apply_fs_data(f, form, req="caller"), apply_fs_data(g, form, req="caller")]
"""
    assert _apply(inside, source) == [["caller", "1"], {"req": "caller", "a": "1"}]


def test_what_the_caller_gives_is_dropped_where_it_is_not_taken(inside: Inside) -> None:
    source = """
def f(a): return a
result = apply_fs_data(f, Form(("a", "1")), req="caller")
"""
    assert _apply(inside, source) == "1"


def test_keyword_only_and_positional_only_parameters(inside: Inside) -> None:
    """L7.2: 8."""
    source = """
def only_keyword(*, a, b="b"): return [a, b]
def only_position(a="a", b="b", /, c="c"): return [a, b, c]
def position_and_all(a, /, **kw): return [a, kw]
result = [
    apply_fs_data(only_keyword, Form(("a", "1"))),
    apply_fs_data(only_position, Form(("b", "2"), ("c", "3"))),
    apply_fs_data(only_position, Form()),
    apply_fs_data(position_and_all, Form(("a", "1"), ("x", "2")), req="r"),
]
"""
    assert _apply(inside, source) == [["1", "b"], ["a", "2", "3"], ["a", "b", "c"], ["1", {"req": "r", "x": "2"}]]


def test_a_missing_argument_is_a_type_error(inside: Inside) -> None:
    source = _HEAD + "def f(a, b): pass\napply_fs_data(f, Form(('a', '1')))\n"
    assert inside.error(source).startswith("TypeError: f() missing 1 required positional argument: 'b'")
    assert inside.error(_HEAD + "def f(a, /): pass\napply_fs_data(f, Form())\n").startswith("TypeError: f() missing 1")


def test_bytes_names_are_decoded_and_parts_without_a_name_are_dropped(inside: Inside) -> None:
    """L7.2: 8."""
    source = """
def f(**kw): return kw
result = apply_fs_data(f, Form((b"a", "1"), (None, "2"), ("", "3"), ("not a name", "4")))
"""
    assert _apply(inside, source) == {"a": "1", "": "3", "not a name": "4"}


def test_methods_classes_and_instances(inside: Inside) -> None:
    source = """
class C:
    def __init__(self, a="none", **kw): self.a, self.kw = a, kw
    def method(self, a="none", **kw): return [self.a, a, kw]
    def __call__(self, a, b="b"): return [self.a, a, b]
    @classmethod
    def of_class(cls, a, **kw): return [cls.__name__, a, kw]
    @staticmethod
    def static(self, a): return [self, a]

form = Form(("a", "1"), ("self", "client"), ("cls", "client"))
c = C()
made = apply_fs_data(C, form)
on_instance = C.__new__(C)
class Bare: pass
bare = Bare()
bare.__call__ = lambda a: ["on the instance", a]
result = [
    [made.a, made.kw],
    apply_fs_data(c.method, form),
    apply_fs_data(C.of_class, form),
    apply_fs_data(c, form),
    apply_fs_data(C.static, form),
    apply_fs_data(staticmethod(C.static), form),
    apply_fs_data(C.method, Form(("self", "1")), self=c),
    apply_fs_data(bare, form),
]
"""
    assert _apply(inside, source) == [
        ["1", {"cls": "client"}],
        ["none", "1", {"cls": "client"}],
        ["C", "1", {"self": "client"}],
        ["none", "1", "b"],
        ["client", "1"],
        ["client", "1"],
        ["none", "none", {}],
        ["on the instance", "1"],
    ]


def test_partials_take_what_their_author_left_open(inside: Inside) -> None:
    """L7.2: 8. What the author has given, a client does not change."""
    source = """
def f(a, b, c="c", **kw): return [a, b, c, kw]
form = Form(("a", "client"), ("b", "client"), ("c", "client"), ("x", "client"))
result = [
    apply_fs_data(functools.partial(f, "author"), form),
    apply_fs_data(functools.partial(f, b="author"), form),
    apply_fs_data(functools.partial(functools.partial(f, "author"), c="author"), form),
]
"""
    assert _apply(inside, source) == [
        ["author", "client", "client", {"x": "client"}],
        ["client", "author", "client", {"x": "client"}],
        ["author", "client", "author", {"x": "client"}],
    ]


def test_what_is_written_in_c_is_called_without_arguments(inside: Inside) -> None:
    source = """
form = Form(("obj", "1"), ("object", "2"), ("x", "3"))
result = [apply_fs_data(dict, form, req="r"), apply_fs_data("text".upper, form, req="r"), apply_fs_data(int, form)]
"""
    assert _apply(inside, source) == [{}, "TEXT", 0]


def test_decorated_functions_take_what_the_decorator_takes(inside: Inside) -> None:
    source = """
def closed(f):
    @functools.wraps(f)
    def wrapper(a): return f(a, "decorator")
    return wrapper
@closed
def f(a, b): return [a, b]
@functools.lru_cache
def cached(a): return [a]
form = Form(("a", "1"), ("b", "client"))
result = [apply_fs_data(f, form), apply_fs_data(cached, form)]
"""
    assert _apply(inside, source) == [["1", "decorator"], ["1"]]


def test_functions_of_one_code_have_their_own_defaults(inside: Inside) -> None:
    source = """
def make(default):
    def f(a=default, /, b=default): return [a, b]
    return f
form = Form(("b", "1"))
result = [apply_fs_data(make("x"), form), apply_fs_data(make("y"), form), apply_fs_data(make("z"), Form())]
"""
    assert _apply(inside, source) == [["x", "1"], ["y", "1"], ["z", "z"]]


# --- over HTTP ---


def test_query_and_body_are_one_form(server: Server) -> None:
    """L7.2: 8. Names of urlencoded bodies are text: 3.5 dropped them on Python 3."""
    answer = server.http.post("/caller?name=a", data={"keyword": "b", "other": "c"})
    assert answer.text == "('a', 'b', ['other'])"


def test_a_client_that_sends_a_field_called_req_gets_its_answer(server: Server) -> None:
    """L7.2: 8."""
    assert server.text("/caller?req=1&name=a") == "('a', 'none', [])"


def test_repeated_fields_over_http(server: Server) -> None:
    assert server.text("/repeated?x=1&x=2") == "['1', '2']"
    assert server.text("/repeated?x=") == "''"


def test_a_partial_of_a_module_is_published(server: Server) -> None:
    assert server.text("/partial_of_function?name=client&keyword=k") == "('by the author', 'k', [])"
    assert server.text("/static") == "about"
    assert server.text("/decorated") == "decorated"


def test_positional_only_parameters_over_http(server: Server) -> None:
    assert server.text("/by_position?second=2") == "('f', '2', 't')"


def test_an_upload_is_a_field_with_its_file(server: Server) -> None:
    answer = server.http.post("/upload", files={"data": ("name.bin", b"\x00\xff\r\n", "application/x")})
    assert answer.text == "name.bin Field 4 b'\\x00\\xff\\r'"


def test_a_missing_argument_is_500(server: Server) -> None:
    server.expect_log("missing 1 required")
    server.tolerate_log(".")
    assert server.get("/required").status_code == 500
