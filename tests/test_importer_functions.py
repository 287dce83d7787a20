"""What scripts may ask of the importer."""

from __future__ import annotations

import textwrap

import pytest
from harness.modules import answering, write
from harness.serve import Serve

_HANDLER = "SetHandler mod_python\nPythonHandler index\n"

# Two directories, each with an index.py.
_TWO = """
<Directory "{htdocs}/a">
    SetHandler mod_python
    PythonHandler index
</Directory>
<Directory "{htdocs}/b">
    SetHandler mod_python
    PythonHandler index
</Directory>
"""


def test_modules_carry_what_is_known_of_them(serve: Serve) -> None:
    server = serve.prepare(directory=_HANDLER)
    write(
        server,
        index=answering(
            "(__mp_info__.label, __mp_info__.file == __file__, sorted(__mp_info__.children) == [helper.__file__],"
            " __mp_path__, __mtime__ == apache.module_mtime(helper.parent()), __mtime_check__ >= __mtime__,"
            " apache.module_info('index') is __mp_info__, __mp_info__.cache.generation)",
            "import helper\nfrom mod_python import apache",
        ),
        helper="def parent():\n    import sys\n    return sys.modules['index']",
    )
    server.start()
    assert server.text() == str(("index", True, True, [], True, True, True, 1))


def test_graphs_are_dot_text(serve: Serve) -> None:
    server = serve.prepare(server=_TWO)
    head = "import helper\nfrom mod_python import apache"
    write(
        server,
        a__index=answering("apache.modules_graph(1)", head),
        b__index=answering("apache.request_modules_graph()", head),
        a__helper="",
        b__helper="",
    )
    server.start()
    a, b = server.htdocs / "a", server.htdocs / "b"
    assert server.text("/b/x") == (
        "digraph modules {\n"
        f'    "{b}/helper.py" [label="helper"];\n'
        f'    "{b}/index.py" [label="index"];\n'
        f'    "{b}/index.py" -> "{b}/helper.py";\n'
        "}\n"
    )
    whole = server.text("/a/x")
    assert f'    "{a}/index.py" -> "{a}/helper.py";\n' in whole
    assert f'    "{b}/index.py" -> "{b}/helper.py";\n' in whole
    assert "executions: 1" in whole


_RESOLVED = """
class Cls:
    def __init__(self, arg):
        self.arg = arg
    def meth(self):
        return self.arg
    @staticmethod
    def static():
        return 'static'
    class Inner:
        def __init__(self, arg):
            self.arg = arg
        def meth(self):
            return ('inner', self.arg)
instance = Cls('made')
def func():
    return 'func'
None_value = None
def __getattr__(name):
    if name == 'made_up':
        return instance
    raise AttributeError(name)
"""


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("func", "func"),
        ("Cls.meth", "arg"),
        ("Cls.Inner.meth", ("inner", "arg")),
        ("Cls.static", "static"),
        ("instance.meth", "made"),
        ("made_up.meth", "made"),
    ],
)
def test_resolve_object_follows_dotted_names(serve: Serve, text: str, answer: object) -> None:
    """5.2."""
    server = serve.prepare(directory=_HANDLER)
    head = f"from mod_python import apache\nimport named\nask = lambda: apache.resolve_object(named, {text!r}, 'arg')()"
    write(server, index=answering("repr(ask())", head), named=_RESOLVED)
    server.start()
    assert server.text() == repr(answer)


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        ("'missing'", "contains no 'missing'"),
        ("'missing.deeper'", "contains no 'missing'"),
        ("'Cls.missing'", "'Cls' object has no attribute 'missing'"),
        ("'missing', None, 1", "None"),
        ("'Cls.missing', None, silent=True", "None"),
        ("'None_value'", "None"),
    ],
)
def test_resolve_object_says_what_is_missing(serve: Serve, arguments: str, answer: str) -> None:
    server = serve.prepare(directory=_HANDLER)
    head = f"""
    from mod_python import apache
    import named
    def ask():
        try:
            return apache.resolve_object(named, {arguments})
        except AttributeError as error:
            return error
    """
    write(server, index=answering("ask()", head), named=_RESOLVED)
    server.start()
    assert server.text().endswith(answer)


@pytest.mark.parametrize("text", ["named::made_up.__class__.meth_of", "index::Page.show"])
def test_dispatch_follows_the_same_rule(serve: Serve, text: str) -> None:
    server = serve.prepare(directory=f"SetHandler mod_python\nPythonHandler {text}\n")
    page = """
    class Page:
        def __init__(self, req):
            self.req = req
        def show(self, req):
            req.write("shown" if req is self.req else "not")
            return 0
        meth_of = show
    """
    write(server, index=page, named=textwrap.dedent(page) + "\ndef __getattr__(name):\n    return Page(None)\n")
    server.start()
    assert server.text() == "shown"


def test_unchanged_modules_run_no_python_code_to_be_found(serve: Serve) -> None:
    server = serve.prepare(directory=_HANDLER)
    head = """
    import helper
    from mod_python import _runtime
    calls = []
    plain = _runtime.load
    def load(*arguments):
        calls.append(arguments)
        return plain(*arguments)
    _runtime.load = load
    """
    write(server, index=answering("len(calls)", head), helper="")
    server.start()
    assert [server.text() for _ in range(5)] == ["0"] * 5


def test_a_missing_object_is_known_to_be_missing(serve: Serve) -> None:
    """4.7: a list of phases may ask for it in each request."""
    directives = "SetHandler mod_python\nPythonHandler index | .here\nPythonHandler index::missing | .missing\n"
    server = serve.prepare(directory=directives)
    server.expect_log("^MPY0302.*contains no 'missing'")
    server.tolerate_log("^PythonHandler index::missing: ")
    head = """
    from mod_python import _runtime
    calls = []
    plain = _runtime.load
    def load(*arguments):
        calls.append(arguments)
        return plain(*arguments)
    _runtime.load = load
    """
    write(server, index=answering("len(calls)", head))
    server.start()
    assert server.text("/x.here") == "0"
    assert [server.get("/x.missing").status_code for _ in range(3)] == [500] * 3
    assert server.text("/x.here") == "1"
    write(server, index=answering("'changed'") + "missing = handler\n")
    assert server.text("/x.missing") == "changed"
