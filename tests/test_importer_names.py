"""Modules imported from the directories of handlers: which file a name means."""

from __future__ import annotations

import pytest
from harness.modules import answering, write
from harness.serve import Serve

_HANDLER = "SetHandler mod_python\nPythonHandler index\n"


@pytest.mark.parametrize(
    "form", ["index", "./index", "./sub/../index.py", "~/index", "{htdocs}/index", "{htdocs}/index.py"]
)
def test_a_directive_may_name_a_file(serve: Serve, form: str) -> None:
    server = serve.prepare(directory=f"SetHandler mod_python\nPythonHandler {form}::Page.show\n")
    write(
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
    write(server, deep__shared=answering("__file__"))
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
    write(server, **{"user-a__page": answering("'a'"), "user-b__page": answering("'b'")})
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
    write(
        server,
        lib__page=answering(
            "(apache.get_handler_root(), apache.import_module('~/other').name)", "from mod_python import apache"
        ),
        other="name = 'other'",
    )
    (server.htdocs / "sub").mkdir()
    server.start()
    assert server.text("/sub/x") == str((f"{server.htdocs}/", "other"))


def test_without_a_directory_it_is_the_document_root(serve: Serve) -> None:
    server = serve.prepare(server='<Location "/here">\nSetHandler mod_python\nPythonHandler ~/page\n</Location>')
    write(server, page=answering("'page'"))
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
    write(
        server,
        index=answering("ask()", head),
        helper="name = 'beside'",
        lib__helper="name = 'in lib'",
        lib__only="name = 'only in lib'",
    )
    server.start()
    assert [server.text() for _ in range(2)] == [answer, answer]


def test_a_module_may_embed_a_search_path(serve: Serve) -> None:
    server = serve.prepare(directory=_HANDLER)
    write(
        server,
        index=answering("only.name", "__mp_path__ = ['lib', '~/more']\nimport only, another"),
        lib__only="name = 'only in lib'",
        more__another="",
    )
    server.start()
    assert server.text() == "only in lib"


def test_an_option_adds_to_the_search_path(serve: Serve) -> None:
    option = "PythonOption mod_python.importer.path \"['~/lib', '{htdocs}/more']\"\n"
    server = serve.prepare(directory="SetHandler mod_python\nPythonHandler page\n" + option)
    write(server, lib__page=answering("other.name", "import other"), more__other="name = 'in more'")
    server.start()
    assert server.text() == "in more"


def test_with_python_path_the_directory_is_not_searched(serve: Serve) -> None:
    """Q41, 21.3: 56."""
    server = serve.prepare(directory=_HANDLER + "PythonPath \"['{htdocs}/lib'] + sys.path\"\n")
    write(
        server,
        index=answering("'beside'"),
        lib__index=answering(
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
    write(server, page=answering("[entry for entry in sys.path if 'here' in entry]", "import sys"))
    server.start()
    assert server.text("/here") == "[]"


def test_a_path_is_evaluated_once_however_many_ask(serve: Serve) -> None:
    """Q41."""
    text = "__import__('time').sleep(0.2) or sys.path + ['{htdocs}']"
    server = serve.prepare(directory=f'{_HANDLER}PythonPath "{text}"\n', threads=8)
    write(server, index=answering(f"sys.path.count({str(server.htdocs)!r})", "import sys"))
    server.start()
    assert {answer.text for answer in server.at_once(8)} == {"1"}
