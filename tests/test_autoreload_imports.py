"""Editing a file that a handler's module imports, while httpd runs."""

from __future__ import annotations

import textwrap
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness import site
from harness.serve import Serve
from harness.server import Server

_DIRECTIVES = "SetHandler mod_python\nPythonHandler index\n"

# Each execution leaves a line in ../spool/runs.
_COUNT = """
import pathlib
with (pathlib.Path("{spool}") / "runs").open("a") as runs:
    runs.write(__name__ + "\\n")
"""


def _write(server: Server, name: str, text: str) -> None:
    """At once, as editors and deployments do."""
    file = server.htdocs / f"{name}.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.write_text(_COUNT.replace("{spool}", str(server.spool)) + textwrap.dedent(text))
    fresh.rename(file)


def _answering(expression: str, head: str = "") -> str:
    return f"{textwrap.dedent(head)}\ndef handler(req):\n    req.write(str({expression}))\n    return 0\n"


def _runs(server: Server) -> list[str]:
    """What was executed since the last call, in order."""
    file = server.spool / "runs"
    lines = file.read_text().split()
    file.write_text("")
    return lines


def _serve(
    serve: Serve, directives: str = _DIRECTIVES, files: dict[str, str] | None = None, threads: int = 8
) -> Server:
    server = serve.prepare(directory=directives, threads=threads)
    for name, text in (files or {}).items():
        _write(server, name, text)
    server.start()
    return server


_HELPED = {"index": _answering("helper.name", "import helper"), "helper": "name = 'one'"}
_CHAIN = {
    "index": _answering("name", "from middle import name"),
    "middle": "from deep import name",
    "deep": "name = 'one'",
}


def test_an_edit_of_a_helper_shows_in_the_very_next_request(serve: Serve) -> None:
    """Q1."""
    server = _serve(serve, files=_HELPED)
    answers = [server.text()]
    for number in range(10):
        _write(server, "helper", f"name = 'edit {number}'")
        answers.append(server.text())
    assert answers == ["one"] + [f"edit {number}" for number in range(10)]


def test_the_helper_is_executed_and_then_its_importer_each_once(serve: Serve) -> None:
    server = _serve(serve, files=_HELPED)
    server.text()
    assert sorted(_runs(server)) == ["helper", "index"]
    _write(server, "helper", "name = 'two'")
    assert [server.text() for _ in range(3)] == ["two"] * 3
    assert _runs(server) == ["helper", "index"]


def test_an_edit_of_the_handler_leaves_its_helper_alone(serve: Serve) -> None:
    server = _serve(serve, files=_HELPED)
    server.text()
    _runs(server)
    _write(server, "index", _HELPED["index"].replace("helper.name", "helper.name * 2"))
    assert server.text() == "oneone"
    assert _runs(server) == ["index"]


def test_an_edit_of_a_helpers_helper_reaches_the_handler(serve: Serve) -> None:
    server = _serve(serve, files=_CHAIN)
    server.text()
    _runs(server)
    _write(server, "deep", "name = 'two'")
    assert [server.text() for _ in range(3)] == ["two"] * 3
    assert _runs(server) == ["deep", "middle", "index"]


def test_it_reaches_every_handler_that_depends_on_it(serve: Serve) -> None:
    server = serve.prepare(
        server="""
        <Location "/one">
            SetHandler mod_python
            PythonHandler ~/one
        </Location>
        <Location "/two">
            SetHandler mod_python
            PythonHandler ~/two
        </Location>
        """
    )
    for name in ("one", "two"):
        _write(server, name, _answering("name", "from helper import name"))
    _write(server, "helper", "name = 'old'")
    server.start()
    assert [server.text(path) for path in ("/one", "/two")] == ["old", "old"]
    _runs(server)
    _write(server, "helper", "name = 'new'")
    assert [server.text(path) for path in ("/one", "/two", "/one")] == ["new"] * 3
    assert _runs(server) == ["helper", "one", "two"]


def test_a_module_that_starts_to_use_a_changed_helper_gets_it_new(serve: Serve) -> None:
    files = {**_HELPED, "late": _answering("name", "from helper import name")}
    server = _serve(
        serve, "SetHandler mod_python\nPythonHandler index | .one\nPythonHandler late | .two\n", files=files
    )
    assert server.text("/x.one") == "one"
    _write(server, "helper", "name = 'two'")
    assert server.text("/x.two") == "two"


def test_a_new_module_gets_a_helper_that_was_changed_with_it(serve: Serve) -> None:
    server = _serve(
        serve, "SetHandler mod_python\nPythonHandler index | .one\nPythonHandler late | .two\n", files=_HELPED
    )
    assert server.text("/x.one") == "one"
    _write(server, "helper", "fresh = 'two'; name = 'old'")
    _write(server, "late", _answering("fresh", "from helper import fresh"))
    assert server.text("/x.two") == "two"


def test_a_helper_imported_while_a_request_runs_is_watched_too(serve: Serve) -> None:
    head = "def ask():\n    import helper\n    return helper.name"
    server = _serve(serve, files={"index": _answering("ask()", head), "helper": "name = 'one'"})
    answers = [server.text(), server.text()]
    for answer in ("two", "three"):
        _write(server, "helper", f"name = {answer!r}")
        answers += [server.text(), server.text()]
    assert answers == ["one", "one", "two", "two", "three", "three"]


@pytest.mark.parametrize(
    "call", ["'helper'", "'./helper'", "'~/helper.py'", "'lib', path=['~/lib']", "'lib', 1, 0, ['~/lib']"]
)
def test_import_module_makes_a_dependency_too(serve: Serve, call: str) -> None:
    head = f"from mod_python import apache\nname = apache.import_module({call}).name"
    server = _serve(
        serve, files={"index": _answering("name", head), "helper": "name = 'one'", "lib/lib": "name = 'one'"}
    )
    assert server.text() == "one"
    for name in ("helper", "lib/lib"):
        _write(server, name, "name = 'two'")
    assert server.text() == "two"


def test_import_module_asks_for_no_reload_where_told_so(serve: Serve) -> None:
    head = "from mod_python import apache\nname = apache.import_module('helper', autoreload=0).name"
    server = _serve(serve, files={"index": _answering("name", head), "helper": "name = 'one'"})
    server.text()
    _write(server, "helper", "name = 'two'")
    assert server.text() == "one"


def test_import_module_from_other_code_reloads_at_each_call(serve: Serve) -> None:
    """5.1: as mod_python's own handlers call it."""
    text = "from mod_python import apache\ndef ask(path):\n    return apache.import_module('page', 1, 1, [path])\n"
    server = serve.prepare(directory=f"{_DIRECTIVES}PythonPath \"['{{htdocs}}/lib', '{{htdocs}}'] + sys.path\"\n")
    _write(server, "lib/caller", text)
    _write(server, "index", _answering("caller.ask(__file__[:-8] + 'pages').name", "import caller"))
    _write(server, "pages/page", "name = 'one'")
    server.start()
    answers = [server.text(), server.text()]
    _write(server, "pages/page", "name = 'two'")
    answers += [server.text(), server.text()]
    assert answers == ["one", "one", "two", "two"]
    assert len(server.log.find("^MPY0307: module 'page' loaded, path ")) == 2


def test_many_requests_at_once_execute_an_edit_once(serve: Serve) -> None:
    server = _serve(serve, files=_CHAIN, threads=8)
    server.text()
    for number in range(5):
        _runs(server)
        _write(server, "deep", f"import time; time.sleep(0.05); name = 'edit {number}'")
        server.at_once(8)
        assert server.text() == f"edit {number}"
        # Under prefork there is one child, and so one of each as well.
        assert _runs(server) == ["deep", "middle", "index"]


def test_many_requests_at_once_all_get_the_edit(serve: Serve) -> None:
    server = _serve(serve, files=_CHAIN, threads=8)
    server.text()
    _write(server, "deep", "import time; time.sleep(0.1); name = 'two'")
    assert {answer.text for answer in server.at_once(8)} == {"two"}


def test_modules_that_import_each_other_are_executed_once_each(serve: Serve) -> None:
    files = {
        "index": _answering("one.name + two.name()", "import one, two"),
        "one": "import two\nname = 'a'",
        "two": "import one\ndef name():\n    return one.name",
    }
    server = _serve(serve, files=files)
    assert server.text() == "aa"
    _runs(server)
    _write(server, "one", "import two\nname = 'b'")
    assert [server.text() for _ in range(3)] == ["bb"] * 3
    assert sorted(_runs(server)) == ["index", "one", "two"]
    _write(server, "two", "import one\ndef name():\n    return one.name.upper()")
    assert [server.text() for _ in range(3)] == ["bB"] * 3
    assert sorted(_runs(server)) == ["index", "one", "two"]


def test_edits_of_modules_that_import_each_other_end_under_load(serve: Serve) -> None:
    directives = "SetHandler mod_python\nPythonHandler one | .one\nPythonHandler two | .two\n"
    text = "import time, {0}\ntime.sleep(0.02)\ndef handler(req):\n    req.write('{1}')\n    return 0\n"
    files = {"one": text.format("two", "old"), "two": text.format("one", "old")}
    server = _serve(serve, directives, files=files, threads=8)
    for number in range(5):
        for name, other in (("one", "two"), ("two", "one")):
            _write(server, name, text.format(other, f"edit {number}"))
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda at: server.get(f"/x.{('one', 'two')[at % 2]}"), range(8)))
        assert {answer.status_code for answer in answers} == {200}
        assert [server.text("/x.one"), server.text("/x.two")] == [f"edit {number}"] * 2


def test_a_reload_and_an_import_that_wait_for_one_another_end(serve: Serve) -> None:
    """A reload that imports a package, while that package asks for what is being reloaded."""
    path = "import sys\nsys.path.append(__file__.rpartition('/')[0] + '/site')\n"
    directives = "SetHandler mod_python\nPythonHandler index | .one\nPythonHandler other | .two\n"
    files = {
        "index": path + _answering("'old'"),
        "other": _answering("ask()", path + "def ask():\n    import package\n    return package.name"),
        "site/package/__init__": """
        import time
        from mod_python import apache
        open("{spool}/begun", "w").close()
        while not pathlib.Path("{spool}/reloading").exists():
            time.sleep(0.01)
        time.sleep(0.1)
        name = apache.import_module("{htdocs}/index.py").__name__
        """,
    }
    server = serve.prepare(directory=directives, threads=8)
    for name, text in files.items():
        _write(server, name, text.replace("{spool}", str(server.spool)).replace("{htdocs}", str(server.htdocs)))
    server.start()
    assert server.text("/x.one") == "old"
    touch = f"open('{server.spool}/reloading', 'w').close()\nimport package\n"
    _write(server, "index", path + touch + _answering("'new'"))
    if site.MPM == "prefork":
        # One after the other.
        (server.spool / "reloading").touch()
        (server.spool / "reloading").chmod(0o666)
    with ThreadPoolExecutor(2) as pool:
        other = pool.submit(server.text, "/x.two")
        while not (server.spool / "begun").exists():
            time.sleep(0.01)
        assert server.text("/x.one") == "new"
        assert other.result() == "index"


def test_a_broken_helper_fails_every_request_until_it_is_mended(serve: Serve) -> None:
    server = _serve(serve, files=_CHAIN)
    server.expect_log("^MPY0301", "ZeroDivisionError", r'middle\.py\\?"', r'deep\.py\\?"')
    server.tolerate_log("^PythonHandler index: ")
    server.text()
    _write(server, "deep", "1 / 0")
    assert [server.get().status_code for _ in range(3)] == [500] * 3
    _write(server, "deep", "name = 'mended'")
    assert [server.text(), server.text()] == ["mended"] * 2
    _runs(server)
    server.text()
    assert _runs(server) == []


def test_so_does_one_that_is_broken_from_the_start(serve: Serve) -> None:
    server = _serve(serve, files={**_CHAIN, "deep": "nam = 'x'"})
    server.expect_log("^MPY0301", "cannot import name")
    server.tolerate_log("^PythonHandler index: ")
    assert [server.get().status_code for _ in range(2)] == [500] * 2
    # Of the same size, and maybe within the same second.
    _write(server, "deep", "name='y'")
    assert server.text() == "y"


def test_a_syntax_error_in_a_helper_is_reported_as_one(serve: Serve) -> None:
    server = _serve(serve, files=_HELPED)
    server.expect_log("^MPY0305", r"helper\.py")
    server.tolerate_log("^PythonHandler index: ")
    server.text()
    _write(server, "helper", "def name(:")
    assert server.get().status_code == 500
    _write(server, "helper", "name = 'mended'")
    assert server.text() == "mended"


def test_a_traceback_shows_the_sites_modules_and_no_importer(serve: Serve) -> None:
    server = _serve(serve, _DIRECTIVES + "PythonDebug On", files=_CHAIN)
    server.expect_log("^MPY0301")
    server.tolerate_log("^PythonHandler index: ")
    server.text()
    for edit in ("1 / 0", "1 / 0 ", "1 / 0  "):
        _write(server, "deep", edit)
        page = server.get().text
        files = [line.split("&quot;")[1].rpartition("/")[2] for line in page.split("\n") if "  File " in line]
        assert files == ["index.py", "middle.py", "deep.py"]


def test_an_importer_may_do_without_a_broken_helper(serve: Serve) -> None:
    head = "try:\n    from helper import name\nexcept ValueError:\n    name = 'none'"
    server = _serve(serve, files={"index": _answering("name", head), "helper": "name = 'one'"})
    assert server.text() == "one"
    _write(server, "helper", "raise ValueError")
    assert [server.text(), server.text()] == ["none", "none"]
    _write(server, "helper", "name = 'two'")
    assert server.text() == "two"


def test_a_helper_that_no_longer_is_imported_no_longer_counts(serve: Serve) -> None:
    server = _serve(serve, files=_HELPED)
    server.text()
    _write(server, "index", _answering("'alone'"))
    assert server.text() == "alone"
    _runs(server)
    _write(server, "helper", "name = 'two'")
    assert server.text() == "alone"
    assert _runs(server) == []


def test_a_vanished_helper_goes_on_serving_with_one_warning(serve: Serve) -> None:
    server = _serve(serve, files=_HELPED)
    server.expect_log(r"^MPY0330.*/helper\.py is gone")
    server.text()
    (server.htdocs / "helper.py").unlink()
    assert [server.text() for _ in range(3)] == ["one"] * 3
    assert len(server.log.find("^MPY0330")) == 1
    _write(server, "helper", "name = 'back'")
    assert server.text() == "back"


def test_what_is_on_the_search_path_is_plain_python(serve: Serve) -> None:
    path = "PythonPath \"sys.path + ['{htdocs}/site']\"\n"
    server = serve.prepare(server='<Location "/">\nSetHandler mod_python\nPythonHandler ~/index\n</Location>\n' + path)
    _write(server, "index", _answering("package.name + module.name", "import package, module"))
    _write(server, "site/package/__init__", "name = 'p'")
    _write(server, "site/module", "name = 'm'")
    server.start()
    assert server.text() == "pm"
    _write(server, "site/package/__init__", "name = 'changed'")
    _write(server, "site/module", "name = 'changed'")
    assert [server.text(), server.text()] == ["pm", "pm"]


def test_off_leaves_helpers_alone_too(serve: Serve) -> None:
    server = _serve(serve, _DIRECTIVES + "PythonAutoReload Off", files=_HELPED)
    server.text()
    _write(server, "helper", "name = 'two'")
    assert [server.text(), server.text()] == ["one", "one"]


def test_frozen_modules_are_not_looked_at_again(serve: Serve) -> None:
    """20."""
    head = "import helper\nfrom mod_python import apache\napache.freeze_modules()"
    server = _serve(serve, files={**_HELPED, "index": _answering("helper.name", head)})
    server.text()
    _write(server, "helper", "name = 'two'")
    _write(server, "index", _answering("'changed'"))
    assert [server.text(), server.text()] == ["one", "one"]


def test_a_clone_hook_carries_state_into_a_new_module(serve: Serve) -> None:
    """20."""
    text = """
    kept = globals().get("kept", 0) + 1
    fresh = "old" not in globals()
    old = {0}
    def __mp_clone__(module):
        module.kept = kept
    """
    server = _serve(
        serve,
        files={
            "index": _answering("(helper.kept, helper.fresh, helper.old)", "import helper"),
            "helper": text.format(1),
        },
    )
    answers = [server.text()]
    for number in (2, 3):
        _write(server, "helper", text.format(number))
        answers.append(server.text())
    assert answers == [str((number, True, number)) for number in (1, 2, 3)]


def test_a_clone_hook_that_fails_is_followed_by_the_purge_hook(serve: Serve) -> None:
    """20."""
    text = """
    old = globals().get("old", "fresh")
    def __mp_clone__(module):
        module.old = "half done"
        raise LookupError("no clone")
    def __mp_purge__():
        open("{spool}/purged", "a").write("{number}")
    """
    server = serve.prepare(directory=_DIRECTIVES)
    server.expect_log(r"^MPY0331: __mp_clone__ of .*/helper\.py raised LookupError: no clone")

    def helper(number: int) -> str:
        return text.replace("{spool}", str(server.spool)).replace("{number}", str(number))

    _write(server, "index", _answering("helper.old", "import helper"))
    _write(server, "helper", helper(1))
    server.start()
    assert server.text() == "fresh"
    _write(server, "helper", helper(2))
    assert server.text() == "fresh"
    assert (server.spool / "purged").read_text() == "1"


def test_a_purge_hook_alone_means_a_fresh_module(serve: Serve) -> None:
    """20."""
    text = "old = globals().get('old', 0) + 1\ndef __mp_purge__():\n    pass\n"
    server = _serve(serve, files={"index": text + _answering("old")})
    assert server.text() == "1"
    _write(server, "index", text + _answering("old") + "\n")
    assert server.text() == "1"


def test_without_hooks_the_module_stays_the_same_object(serve: Serve) -> None:
    """5.1."""
    text = "old = globals().get('old', 0) + 1\n"
    server = _serve(serve, files={**_HELPED, "helper": text + "name = old"})
    assert server.text() == "1"
    _write(server, "helper", text + "name = old ")
    assert server.text() == "2"
