"""mod_python.httpdconf: configurations as Python objects, their text and their source."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from harness import site
from harness.inside import Inside
from harness.serve import Serve
from mod_python import httpdconf
from mod_python.httpdconf import (
    AddHandler,
    Comment,
    Container,
    ContainerTag,
    Directive,
    Directory,
    DocumentRoot,
    Files,
    IfModule,
    Listen,
    Location,
    LogFormat,
    PythonHandler,
    PythonInterpPerDirectory,
    PythonOption,
    PythonPath,
    SetHandler,
    VirtualHost,
    quote_if_space,
)

NAMES_OF_3_5 = """
AddHandler AddOutputFilter AddType AuthBasicAuthoritative AuthBasicProvider AuthName AuthType Comment Container
ContainerTag CustomLog Directive Directory DirectoryIndex DocumentRoot ErrorLog Files IfModule KeepAliveTimeout
Listen LoadModule Location LockFile LogFormat LogLevel MaxClients MaxConnectionsPerChild MaxRequestsPerChild
MaxSpareServers MaxSpareThreads MaxThreadsPerChild MinSpareThreads Mutex NameVirtualHost NumServers Options PidFile
PythonAccessHandler PythonAuthenHandler PythonAuthzHandler PythonCleanupHandler PythonConnectionHandler PythonDebug
PythonFixupHandler PythonHandler PythonImport PythonInterpPerDirective PythonInterpPerDirectory PythonOption
PythonOutputFilter PythonPath PythonPostReadRequestHandler PythonTransHandler Require ServerAdmin ServerName
ServerPath ServerRoot SetHandler StartServers StartThreads ThreadsPerChild Timeout TypesConfig VirtualHost
mod_python os quote_if_space sys write_basic_config
"""


def source_of(text: str) -> object:
    """What Python source of `repr()` makes, with the names of a star import."""
    return eval(text, dict(vars(httpdconf)))


# --- text ---


def test_a_nested_configuration_is_accepted_and_serves(serve: Serve) -> None:
    """L7.1: 1. IfModule, VirtualHost, Directory, Location, Files, Container and Comment, within each other."""
    tree = Container(
        Comment("what the test is about\nin two lines"),
        IfModule(
            "python_module",
            VirtualHost(
                "127.0.0.1:{port}",
                Directive("ServerName", "nested.test"),
                DocumentRoot(quote_if_space("{htdocs}")),
                Container(
                    Directory("{htdocs}", Files("*.py", SetHandler("mod_python"), PythonHandler("hello"))),
                    Location("/forbidden", Comment("nobody"), Directive("Require", "all denied")),
                    only_if="True",
                ),
            ),
        ),
    )
    server = serve("hello", late=str(tree))
    server.expect_log("AH01630")
    assert server.text("/hello.py", host="nested.test") == "Hello, World!"
    assert server.get("/forbidden", host="nested.test").status_code == 403


@pytest.mark.once
def test_children_are_indented_by_two_within_a_tag_and_not_at_all_in_a_container() -> None:
    tree = Container(Listen(8080), Directory("/srv", Container(SetHandler("mod_python")), Files("*", Comment("all"))))
    assert str(tree) == (
        "Listen 8080\n<Directory /srv>\n  SetHandler mod_python\n  <Files *>\n    # all\n  </Files>\n</Directory>\n"
    )


@pytest.mark.once
def test_backslashes_become_slashes_where_they_are_part_of_a_path() -> None:
    assert str(DocumentRoot("c:\\www")) == "DocumentRoot c:/www\n"
    assert str(Directory("c:\\www")) == "<Directory c:/www>\n</Directory>\n"
    assert str(LogFormat(r'"\"%r\""')) == 'LogFormat "\\"%r\\""\n'
    assert str(PythonPath(r"['\x41']")) == "PythonPath ['\\x41']\n"
    assert str(Directive("X", "a\\b", flipslash=0)) == "X a\\b\n"


@pytest.mark.once
def test_an_escaped_quote_stays_escaped() -> None:
    assert str(Directive("AuthName", '"a \\"b\\""')) == 'AuthName "a \\"b\\""\n'


@pytest.mark.once
def test_only_if_is_python_over_os_sys_and_mod_python() -> None:
    line = Listen(80)
    assert str(Container(line, only_if="mod_python.version.version[0] == '4' and os and sys")) == "Listen 80\n"
    assert str(Container(line, only_if="sys.maxsize < 0")) == ""
    assert str(Container(line)) == "Listen 80\n"


@pytest.mark.once
def test_each_line_of_a_comment_is_a_comment() -> None:
    assert str(Comment("one\ntwo")) == "# one\n# two\n"
    assert str(Comment("")) == ""


def test_a_comment_never_swallows_the_next_line(serve: Serve) -> None:
    tree = Container(Comment("c:\\folder\\"), PythonHandler("hello"))
    assert serve("hello", directory=f"SetHandler mod_python\n{tree}").text() == "Hello, World!"


@pytest.mark.once
def test_the_interpreter_directives_are_off_unless_said() -> None:
    assert str(PythonInterpPerDirectory()) == "PythonInterpPerDirectory Off\n"
    assert str(PythonInterpPerDirectory("On")) == "PythonInterpPerDirectory On\n"


@pytest.mark.once
def test_a_directive_of_ones_own_is_a_subclass() -> None:
    class MyDirective(Directive):
        def __init__(self, val: object) -> None:
            Directive.__init__(self, self.__class__.__name__, val)

    assert str(MyDirective(1)) == "MyDirective 1\n"
    assert repr(MyDirective("x")) == "MyDirective('x')"


# --- what cannot be a line ---


@pytest.mark.once
@pytest.mark.parametrize("text", ["a\nb", "a\rb", "a\0b"])
def test_a_value_cannot_be_more_than_a_line(text: str) -> None:
    """L7.2: 34. A line break in a value would be a directive of its own."""
    for make in (DocumentRoot, Directory, quote_if_space, lambda value: ContainerTag("If", value, [])):
        with pytest.raises(ValueError, match="line break"):
            make(text)


@pytest.mark.once
def test_a_value_that_was_changed_later_is_looked_at_again() -> None:
    line = DocumentRoot("/srv")
    line.val = "/srv\nPythonHandler evil"
    with pytest.raises(ValueError, match="line break"):
        str(line)


@pytest.mark.once
def test_a_backslash_at_the_end_would_swallow_the_next_line() -> None:
    with pytest.raises(ValueError, match="takes in the next one"):
        PythonPath("sys.path\\")


@pytest.mark.once
def test_append_takes_elements_only() -> None:
    tree = Container()
    for element in (Listen(1), Container(), Files("*"), Comment("c")):
        tree.append(element)
    assert len(tree.args) == 4
    with pytest.raises(TypeError, match="not 'Listen 80'"):
        tree.append("Listen 80")  # type: ignore[arg-type]


@pytest.mark.once
def test_text_among_the_elements_is_refused_when_it_becomes_text() -> None:
    with pytest.raises(TypeError, match="'Listen 80' is text"):
        str(Container("Listen 80"))  # type: ignore[arg-type]


# --- quoting ---


@pytest.mark.once
def test_a_path_without_blanks_is_left_alone() -> None:
    """L7.1: 2. And the name comes with a star import."""
    assert quote_if_space("/srv/www") == "/srv/www"
    assert quote_if_space("c:\\www") == "c:\\www"
    names: dict[str, object] = {}
    exec("from mod_python.httpdconf import *", names)
    assert names["quote_if_space"] is quote_if_space


@pytest.mark.once
def test_a_path_with_blanks_gets_double_quotes() -> None:
    assert quote_if_space("/srv/my site") == '"/srv/my site"'
    assert quote_if_space("c:\\my site") == '"c:\\my site"'


AWKWARD = [
    "a b",
    "tab\there",
    'say "hi"',
    "it's",
    "both ' and \"",
    "back\\slash and blank",
    "two\\\\ and blank",
    'before a quote \\"',
    "at the end \\",
    "at the end \\\\",
]


def test_httpd_reads_what_was_quoted(inside: Inside) -> None:
    """L7.2: 34. Blanks, quotes and backslashes arrive as they were."""
    lines = [Directive("PythonOption", f"o{n} {quote_if_space(text)}", flipslash=0) for n, text in enumerate(AWKWARD)]
    inside.serve(server=str(Container(*lines)))
    seen = inside("result = dict(req.get_options().items())")
    assert [seen[f"o{number}"] for number in range(len(AWKWARD))] == AWKWARD


# --- source ---


@pytest.mark.once
def test_repr_is_the_source_that_was_written() -> None:
    assert repr(Listen(8080)) == "Listen(8080)"
    assert repr(Comment("one\ntwo")) == "Comment('one\\n'\n        'two')"
    assert repr(Files("*.py", SetHandler("mod_python"))) == "Files('*.py',\n    SetHandler('mod_python'),\n)"
    tree = Container(Listen(80), Directory("/srv", AddHandler("mod_python .py")), only_if="1")
    assert repr(tree) == (
        "Container(\n    Listen(80),\n    Directory('/srv',\n        AddHandler('mod_python .py'),\n    ),\n"
        "    only_if='1',\n)"
    )


@pytest.mark.once
@pytest.mark.parametrize(
    "element",
    [
        Listen(8080),
        DocumentRoot("c:\\www\\x"),
        LogFormat(r'"\"%r\"" short'),
        Directive("Unknown", "a b"),
        Directive("Unknown", r"a\d", flipslash=0),
        Comment(""),
        Comment("one\n\ntwo\n"),
        Container(),
        Container(Listen(1), only_if="'\\n' == chr(10)"),
        Directory("/srv", Files("*", PythonOption("k 'v'")), Container(Comment("x\ny"))),
        ContainerTag("AnyTag", "\\d", [Listen(1)], flipslash=0),
        ContainerTag("AnyTag", "", []),
    ],
    ids=lambda element: type(element).__name__,
)
def test_the_source_makes_the_same_again(element: object) -> None:
    """L7.2: 34. Of every element: repr() of a backslash or an empty comment failed."""
    again = source_of(repr(element))
    assert type(again) is type(element)
    assert (str(again), repr(again)) == (str(element), repr(element))


# --- names ---


@pytest.mark.once
@pytest.mark.parametrize("module", ["httpdconf", "version"])
def test_it_is_importable_without_httpd(module: str) -> None:
    """L7.3: 19. Programs that prepare a server need it."""
    code = f"from mod_python.{module} import *; import sys; assert '_apache' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(site.CHECKOUT / "python")}, check=True)


@pytest.mark.once
def test_every_name_of_3_5_comes_with_a_star_import() -> None:
    names: dict[str, object] = {}
    exec("from mod_python.httpdconf import *", names)
    assert set(NAMES_OF_3_5.split()) - set(names) == set()


@pytest.mark.once
def test_every_directive_of_this_module_has_a_class() -> None:
    page = (site.CHECKOUT / "docs/directives.md").read_text()
    directives = {line.split()[-1] for line in page.splitlines() if line.startswith("## Python")}
    assert len(directives) > 10
    assert {name for name in directives if not hasattr(httpdconf, name)} == set()


@pytest.mark.once
def test_a_class_is_named_after_its_directive() -> None:
    made = [cls for cls in vars(httpdconf).values() if isinstance(cls, type) and issubclass(cls, Directive)]
    assert len(made) > 80
    assert [cls.__name__ for cls in made if cls is not Directive and getattr(httpdconf, cls.__name__) is not cls] == []
    for cls in made:
        if cls is not Directive:
            assert str(cls("x")) == f"{cls.__name__} x\n"  # type: ignore[call-arg]


@pytest.mark.once
def test_every_class_is_on_the_page() -> None:
    page = (site.CHECKOUT / "docs/httpdconf.md").read_text()
    public = {name for name in vars(httpdconf) if not name.startswith("_")}
    assert public - set(re.findall(r"`(\w+)", page)) == set()


@pytest.mark.once
def test_the_example_of_the_page_prints_what_it_says() -> None:
    page = (site.CHECKOUT / "docs/httpdconf.md").read_text()
    (source,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (text,) = re.findall(r"```apache\n(.*?)```", page, re.DOTALL)
    env = {"PYTHONPATH": str(site.CHECKOUT / "python")}
    outcome = subprocess.run([sys.executable, "-c", source], env=env, check=True, capture_output=True, text=True)
    assert outcome.stdout == f"{text}\n"
