"""Modules imported from the directories of handlers: one for each file, imported once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from harness.modules import answering, write
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


def _two(serve: Serve, head: str, expression: str, **files: str) -> Server:
    server = serve.prepare(server=_TWO)
    write(server, a__index=answering(expression, head), b__index=answering(expression, head), **files)
    server.start()
    return server


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
        write(
            server,
            **{
                f"{place}.d__index": answering(expression, "import pickle, helper"),
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
    write(server, os=answering("os.sep", "import os"))
    server.start()
    assert server.text() == "/"


def test_what_python_has_loaded_of_its_own_library_is_not_hidden(serve: Serve) -> None:
    server = serve.prepare(directory=_HANDLER)
    write(server, index=answering("os.sep", "import os"), os="sep = 'hidden'")
    server.start()
    assert server.text() == "/"


def test_a_module_may_put_another_object_in_its_place(serve: Serve) -> None:
    server = serve.prepare(directory=_HANDLER)
    text = "import sys\nclass Lazy:\n    name = {0!r}\nsys.modules[__name__] = Lazy()\n"
    write(server, index=answering("helper.name", "import helper"), helper=text.format("one"))
    server.start()
    assert [server.text() for _ in range(2)] == ["one"] * 2
    write(server, helper=text.format("two"))
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
    write(server, index=answering("ask()", head), helper="")
    server.start()
    assert [server.text() for _ in range(3)] == ["1", "2", "3"]


def test_a_package_beside_the_module_is_pythons(serve: Serve) -> None:
    server = serve.prepare(directory=_HANDLER)
    write(
        server,
        index=answering("(package.inner.name, package.__name__)", "import package.inner"),
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
    write(server, index=answering("seen", head), helper="name = 'beside'")
    server.start()
    assert server.text() == str(["beside", "os", "/", "TypeError"])


def test_a_module_imported_at_start_is_the_handlers_too(serve: Serve) -> None:
    """21.3: 54."""
    path = "PythonPath \"['{htdocs}'] + sys.path\"\nPythonImport index main.test\n"
    server = serve.prepare(server=path, directory=_HANDLER)
    write(server, index=answering("(sys.modules['index'].__dict__ is globals(), runs)", "import sys\nruns = 1"))
    server.start()
    assert server.text() == str((True, 1))


def test_a_helper_is_executed_once_however_many_import_it_first(serve: Serve) -> None:
    server = serve.prepare(directory=_HANDLER, threads=8)
    write(
        server,
        index=answering("helper.runs", "import helper"),
        helper="import sys, time\nruns = sys.__dict__['runs'] = sys.__dict__.get('runs', 0) + 1\ntime.sleep(0.2)",
    )
    server.start()
    assert {answer.text for answer in server.at_once(8)} == {"1"}


def test_modules_that_import_each_other_from_two_threads_end(serve: Serve) -> None:
    server = serve.prepare(server=_TWO, threads=8)
    for one, other in (("a", "b"), ("b", "a")):
        text = f"import time\ntime.sleep(0.2)\n__mp_path__ = ['../{other}']\nimport {other}_helper\nname = '{one}'"
        write(
            server,
            **{
                f"{one}__index": answering(f"{one}_helper.{other}_helper.name", f"import {one}_helper"),
                f"{one}__{one}_helper": text,
            },
        )
    server.start()
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda place: server.text(f"/{place}/x"), "ab")) == ["b", "a"]
