"""Modules imported from the directories of handlers: which file a name means."""

from __future__ import annotations

import textwrap
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.serve import Serve
from harness.server import Server

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


def _write(server: Server, **files: str) -> None:
    """`a__helper="..."` writes a/helper.py."""
    for name, text in files.items():
        file = server.htdocs / (name.replace("__", "/") + ".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))


def _answering(expression: str, head: str = "") -> str:
    """A handler that writes the value of an expression, as text."""
    return f"{textwrap.dedent(head)}\ndef handler(req):\n    req.write(str({expression}))\n    return 0\n"


def _two(serve: Serve, head: str, expression: str, **files: str) -> Server:
    server = serve.prepare(server=_TWO)
    _write(server, a__index=_answering(expression, head), b__index=_answering(expression, head), **files)
    server.start()
    return server


# --- identity ---


def test_helpers_of_one_name_in_two_directories_are_two(serve: Serve) -> None:
    """Q2."""
    server = _two(serve, "import helper", "helper.name", a__helper="name = 'a'", b__helper="name = 'b'")
    assert [server.text(f"/{place}/x") for place in "abab"] == ["a", "b", "a", "b"]


def test_so_are_those_named_by_from_import(serve: Serve) -> None:
    server = _two(serve, "from helper import name as seen", "seen", a__helper="name = 'a'", b__helper="name = 'b'")
    assert [server.text(f"/{place}/x") for place in "ab"] == ["a", "b"]


def test_helpers_of_helpers_come_from_their_own_directory(serve: Serve) -> None:
    helper = "import deeper\nname = deeper.name"
    server = _two(
        serve,
        "import helper",
        "helper.name",
        a__helper=helper,
        b__helper=helper,
        a__deeper="name = 'deep in a'",
        b__deeper="name = 'deep in b'",
    )
    assert [server.text(f"/{place}/x") for place in "ab"] == ["deep in a", "deep in b"]


def test_an_import_inside_a_function_is_no_different(serve: Serve) -> None:
    server = _two(
        serve,
        "def ask():\n    import helper\n    return helper.name",
        "ask()",
        a__helper="name = 'a'",
        b__helper="name = 'b'",
    )
    assert [server.text(f"/{place}/x") for place in "abab"] == ["a", "b", "a", "b"]


def test_the_first_keeps_the_plain_name_and_the_second_has_its_own(serve: Serve) -> None:
    server = _two(
        serve,
        "import sys, helper",
        "(__name__, helper.__name__, sys.modules[helper.__name__] is helper, sys.modules['helper'].name)",
        a__helper="name = 'a'",
        b__helper="name = 'b'",
    )
    assert server.text("/a/x") == str(("index", "helper", True, "a"))
    place = str(server.htdocs / "b").replace(".", "%2E")
    assert server.text("/b/x") == str((f"index@{place}", f"helper@{place}", True, "a"))


def test_objects_of_both_can_be_pickled(serve: Serve) -> None:
    server = serve.prepare(server=_TWO.replace("/a", "/a.d").replace("/b", "/b.d"))
    for place in "ab":
        expression = (
            "pickle.loads(pickle.dumps(helper.Point())).where + pickle._loads(pickle._dumps(helper.Point())).where"
        )
        _write(
            server,
            **{
                f"{place}.d__index": _answering(expression, "import pickle, helper"),
                f"{place}.d__helper": f"class Point:\n    where = {place!r}",
            },
        )
    server.start()
    assert [server.text(f"/{place}.d/x") for place in "ab"] == ["aa", "bb"]


def test_importlib_reload_works_on_both(serve: Serve) -> None:
    server = _two(
        serve,
        "import importlib, helper",
        "importlib.reload(helper) is helper and helper.name",
        a__helper="name = 'a'",
        b__helper="name = 'b'",
    )
    assert [server.text(f"/{place}/x") for place in "ab"] == ["a", "b"]


def test_tracebacks_name_the_right_file(serve: Serve) -> None:
    server = _two(serve, "import helper", "helper.fails()", b__helper="def fails():\n    return 1 / 0", a__helper="")
    server.expect_log("^MPY0303", "ZeroDivisionError", rf'File "{server.htdocs}/b/helper\.py", line 2, in fails')
    server.tolerate_log("^PythonHandler index")
    assert server.get("/b/x").status_code == 500


def test_a_relative_import_fails_as_in_any_module_outside_a_package(serve: Serve) -> None:
    head = "try:\n    from . import helper\nexcept ImportError as error:\n    seen = str(error)"
    server = _two(serve, head, "seen", a__helper="", b__helper="")
    for place in "ab":
        assert server.text(f"/{place}/x") == "attempted relative import with no known parent package"


def test_a_module_that_imports_its_own_name_gets_the_other(serve: Serve) -> None:
    server = serve.prepare(directory="SetHandler mod_python\nPythonHandler os\n")
    _write(server, os=_answering("os.sep", "import os"))
    server.start()
    assert server.text() == "/"


def test_what_python_has_loaded_of_its_own_library_is_not_hidden(serve: Serve) -> None:
    server = serve.prepare(directory=_HANDLER)
    _write(server, index=_answering("os.sep", "import os"), os="sep = 'hidden'")
    server.start()
    assert server.text() == "/"


def test_a_module_may_put_another_object_in_its_place(serve: Serve) -> None:
    server = serve.prepare(directory=_HANDLER)
    text = "import sys\nclass Lazy:\n    name = {0!r}\nsys.modules[__name__] = Lazy()\n"
    _write(server, index=_answering("helper.name", "import helper"), helper=text.format("one"))
    server.start()
    assert [server.text() for _ in range(2)] == ["one"] * 2
    _write(server, helper=text.format("two"))
    assert [server.text() for _ in range(2)] == ["two"] * 2


def test_a_module_may_be_taken_out_of_the_table_of_modules(serve: Serve) -> None:
    server = serve.prepare(directory=_HANDLER)
    head = """
    import sys
    def ask():
        sys.modules.pop("helper", None)
        import helper
        return helper.__mp_info__.executions
    """
    _write(server, index=_answering("ask()", head), helper="")
    server.start()
    assert [server.text() for _ in range(3)] == ["1", "2", "3"]


def test_a_package_beside_the_module_is_pythons(serve: Serve) -> None:
    server = serve.prepare(directory=_HANDLER)
    _write(
        server,
        index=_answering("(package.inner.name, package.__name__)", "import package.inner"),
        package____init__="",
        package__inner="name = 'inner'",
    )
    server.start()
    assert server.text() == str(("inner", "package"))


def test_the_import_function_takes_keywords_as_before(serve: Serve) -> None:
    server = serve.prepare(directory=_HANDLER)
    head = """
    import builtins
    seen = [
        __import__("helper", fromlist=["name"], level=0).name,
        builtins.__import__(name="os.path", globals=globals()).__name__,
        builtins.__import__("os.path", fromlist=["sep"]).sep,
    ]
    try:
        __import__("helper", nonsense=1)
    except TypeError as error:
        seen.append(type(error).__name__)
    """
    _write(server, index=_answering("seen", head), helper="name = 'beside'")
    server.start()
    assert server.text() == str(["beside", "os", "/", "TypeError"])


def test_a_module_imported_at_start_is_the_handlers_too(serve: Serve) -> None:
    """21.3: 54."""
    path = "PythonPath \"['{htdocs}'] + sys.path\"\nPythonImport index main.test\n"
    server = serve.prepare(server=path, directory=_HANDLER)
    _write(server, index=_answering("(sys.modules['index'].__dict__ is globals(), runs)", "import sys\nruns = 1"))
    server.start()
    assert server.text() == str((True, 1))


# --- name forms ---


@pytest.mark.parametrize(
    "form", ["index", "./index", "./sub/../index.py", "~/index", "{htdocs}/index", "{htdocs}/index.py"]
)
def test_a_directive_may_name_a_file(serve: Serve, form: str) -> None:
    server = serve.prepare(directory=f"SetHandler mod_python\nPythonHandler {form}::Page.show\n")
    _write(server, index="class Page:\n    def show(req, self=None):\n        pass")
    _write(
        server,
        index="""
        class Page:
            def __init__(self, req):
                req.write(__name__ + " ")
            def show(self, req):
                req.write("shown")
                return 0
        """,
    )
    server.start()
    assert server.text() == "index shown"


def test_dots_lead_out_of_the_directory_of_the_directive(serve: Serve) -> None:
    server = serve.prepare(
        server="""
        <Directory "{htdocs}/deep/inner">
            SetHandler mod_python
            PythonHandler ../shared
        </Directory>
        """
    )
    _write(server, deep__shared=_answering("__file__"))
    (server.htdocs / "deep/inner").mkdir()
    server.start()
    assert server.text("/deep/inner/x") == str(server.htdocs / "deep/shared.py")


def test_a_pattern_stands_for_the_directory_that_it_matched(serve: Serve) -> None:
    server = serve.prepare(
        server="""
        <Directory "{htdocs}/user-*">
            SetHandler mod_python
            PythonHandler ./page
        </Directory>
        """
    )
    _write(server, **{"user-a__page": _answering("'a'"), "user-b__page": _answering("'b'")})
    server.start()
    assert [server.text(f"/user-{user}/x") for user in "aba"] == ["a", "b", "a"]


def test_the_handler_root_is_the_outermost_directory_with_handlers(serve: Serve) -> None:
    server = serve.prepare(
        directory="SetHandler mod_python\nPythonHandler nothing\n",
        server="""
        <Directory "{htdocs}/sub">
            PythonHandler ~/lib/page
        </Directory>
        """,
    )
    _write(
        server,
        lib__page=_answering(
            "(apache.get_handler_root(), apache.import_module('~/other').name)", "from mod_python import apache"
        ),
        other="name = 'other'",
    )
    (server.htdocs / "sub").mkdir()
    server.start()
    assert server.text("/sub/x") == str((f"{server.htdocs}/", "other"))


def test_without_a_directory_it_is_the_document_root(serve: Serve) -> None:
    server = serve.prepare(server='<Location "/here">\nSetHandler mod_python\nPythonHandler ~/page\n</Location>')
    _write(server, page=_answering("'page'"))
    server.start()
    assert server.text("/here") == "page"


@pytest.mark.parametrize("form", ["./gone", "../gone", "~/gone", "/gone.py", "./pa/ge", "./"])
def test_a_file_that_does_not_exist_is_an_import_error(serve: Serve, form: str) -> None:
    server = serve("hello", directory=f"SetHandler mod_python\nPythonHandler {form}\n")
    server.expect_log("^MPY0301.*there is no file /", "^PythonHandler")
    assert server.get().status_code == 500


@pytest.mark.parametrize("form", ["./hello", "../hello::x"])
@pytest.mark.parametrize("section", ['<Location "/x">', '<LocationMatch "^/x">', ""])
def test_relative_to_no_directory_is_refused_with_the_configuration(serve: Serve, form: str, section: str) -> None:
    lines = f"PythonHandler {form}"
    if section:
        lines = f"{section}\n{lines}\n</{section[1:].split()[0]}>"
    said = serve.refused("hello", server=lines)
    assert "PythonHandler" in said
    assert f"names '{form}'" in said
    assert "stands in no directory" in said


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        ("'helper'", "beside"),
        ("'./helper'", "beside"),
        ("'./helper.py'", "beside"),
        ("'./lib/helper'", "in lib"),
        ("'~/lib/helper'", "in lib"),
        ("'lib/../helper', path=['~']", "ModuleNotFoundError"),
        ("__file__.replace('index', 'helper')", "beside"),
        ("'only', path=['lib']", "only in lib"),
        ("'only', path=['~/lib']", "only in lib"),
        ("'helper', path=['./lib']", "in lib"),
        ("'only'", "ModuleNotFoundError"),
        ("'only', path=[]", "ModuleNotFoundError"),
        ("'./nothing'", "ModuleNotFoundError"),
        ("'string'", "of Python"),
    ],
)
def test_import_module_finds(serve: Serve, call: str, answer: str) -> None:
    """Q2."""
    server = serve.prepare(directory=_HANDLER)
    head = f"""
    from mod_python import apache
    def ask():
        try:
            return getattr(apache.import_module({call}), "name", "of Python")
        except ImportError as error:
            return type(error).__name__
    """
    _write(
        server,
        index=_answering("ask()", head),
        helper="name = 'beside'",
        lib__helper="name = 'in lib'",
        lib__only="name = 'only in lib'",
    )
    server.start()
    assert [server.text() for _ in range(2)] == [answer, answer]


def test_a_module_may_embed_a_search_path(serve: Serve) -> None:
    server = serve.prepare(directory=_HANDLER)
    _write(
        server,
        index=_answering("only.name", "__mp_path__ = ['lib', '~/more']\nimport only, another"),
        lib__only="name = 'only in lib'",
        more__another="",
    )
    server.start()
    assert server.text() == "only in lib"


def test_an_option_adds_to_the_search_path(serve: Serve) -> None:
    option = "PythonOption mod_python.importer.path \"['~/lib', '{htdocs}/more']\"\n"
    server = serve.prepare(directory="SetHandler mod_python\nPythonHandler page\n" + option)
    _write(server, lib__page=_answering("other.name", "import other"), more__other="name = 'in more'")
    server.start()
    assert server.text() == "in more"


def test_with_python_path_the_directory_is_not_searched(serve: Serve) -> None:
    """Q41, 21.3: 56."""
    server = serve.prepare(directory=_HANDLER + "PythonPath \"['{htdocs}/lib'] + sys.path\"\n")
    _write(
        server,
        index=_answering("'beside'"),
        lib__index=_answering(
            "(helper.name, sys.path.count(place), place + '/' in sys.path)",
            "import sys, helper\nplace = __file__.rpartition('/')[0]",
        ),
        lib__helper="name = 'in lib'",
    )
    server.start()
    assert server.text() == str(("in lib", 1, False))


def test_a_location_never_joins_the_search_path(serve: Serve) -> None:
    """Q29."""
    server = serve.prepare(server='<Location "/here">\nSetHandler mod_python\nPythonHandler ~/page\n</Location>')
    _write(server, page=_answering("[entry for entry in sys.path if 'here' in entry]", "import sys"))
    server.start()
    assert server.text("/here") == "[]"


def test_a_path_is_evaluated_once_however_many_ask(serve: Serve) -> None:
    """Q41."""
    text = "__import__('time').sleep(0.2) or sys.path + ['{htdocs}']"
    server = serve.prepare(directory=f'{_HANDLER}PythonPath "{text}"\n', threads=8)
    _write(server, index=_answering(f"sys.path.count({str(server.htdocs)!r})", "import sys"))
    server.start()
    assert {answer.text for answer in server.at_once(8)} == {"1"}


# --- threads and cycles ---


def test_a_helper_is_executed_once_however_many_import_it_first(serve: Serve) -> None:
    server = serve.prepare(directory=_HANDLER, threads=8)
    _write(
        server,
        index=_answering("helper.runs", "import helper"),
        helper="import sys, time\nruns = sys.__dict__['runs'] = sys.__dict__.get('runs', 0) + 1\ntime.sleep(0.2)",
    )
    server.start()
    assert {answer.text for answer in server.at_once(8)} == {"1"}


def test_modules_that_import_each_other_from_two_threads_end(serve: Serve) -> None:
    server = serve.prepare(server=_TWO, threads=8)
    for one, other in (("a", "b"), ("b", "a")):
        text = f"import time\ntime.sleep(0.2)\n__mp_path__ = ['../{other}']\nimport {other}_helper\nname = '{one}'"
        _write(
            server,
            **{
                f"{one}__index": _answering(f"{one}_helper.{other}_helper.name", f"import {one}_helper"),
                f"{one}__{one}_helper": text,
            },
        )
    server.start()
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda place: server.text(f"/{place}/x"), "ab")) == ["b", "a"]


# --- what scripts may ask ---


def test_modules_carry_what_is_known_of_them(serve: Serve) -> None:
    server = serve.prepare(directory=_HANDLER)
    _write(
        server,
        index=_answering(
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
    _write(
        server,
        a__index=_answering("apache.modules_graph(1)", head),
        b__index=_answering("apache.request_modules_graph()", head),
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
    _write(server, index=_answering("repr(ask())", head), named=_RESOLVED)
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
    _write(server, index=_answering("ask()", head), named=_RESOLVED)
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
    _write(server, index=page, named=textwrap.dedent(page) + "\ndef __getattr__(name):\n    return Page(None)\n")
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
    _write(server, index=_answering("len(calls)", head), helper="")
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
    _write(server, index=_answering("len(calls)", head))
    server.start()
    assert server.text("/x.here") == "0"
    assert [server.get("/x.missing").status_code for _ in range(3)] == [500] * 3
    assert server.text("/x.here") == "1"
    _write(server, index=_answering("'changed'") + "missing = handler\n")
    assert server.text("/x.missing") == "changed"
