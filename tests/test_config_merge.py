"""How sections, virtual hosts and .htaccess files add up."""

from __future__ import annotations

import pytest
from harness.serve import Serve
from harness.server import Server

_OPTIONS = "SetHandler mod_python\nPythonHandler options\n"
_CONFIG = "SetHandler mod_python\nPythonHandler options::config\n"


def _options(server: Server, path: str = "/", host: str = "main.test") -> dict[str, str]:
    return dict(server.json(path, host))


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/w/x.txt", "a"),
        ("/w/x.py", "b"),
        ("/w/sub/x.txt", "d"),
        # The inherited list for .py still outranks the inner plain list.
        ("/w/sub/x.py", "b"),
        ("/w/sub2/x.py", "c"),
        ("/w/sub2/x.txt", "a"),
    ],
)
def test_lists_are_inherited_and_replaced_per_extension(serve: Serve, path: str, answer: str) -> None:
    server = serve.prepare(
        "by_extension",
        server="""
        PythonPath "['{htdocs}'] + sys.path"
        <Directory "{htdocs}/w">
            SetHandler mod_python
            PythonHandler lists::a
            PythonHandler lists::b | .py
        </Directory>
        <Directory "{htdocs}/w/sub">
            PythonHandler lists::d
        </Directory>
        <Directory "{htdocs}/w/sub2">
            PythonHandler lists::c | .py
        </Directory>
        """,
    )
    for folder in ("w/sub", "w/sub2"):
        (server.htdocs / folder).mkdir(parents=True)
    server.start()
    assert server.text(path) == answer


def test_lists_of_two_sections_are_never_joined(serve: Serve) -> None:
    server = serve(
        "by_extension",
        directory="SetHandler mod_python\nPythonHandler lists::a lists::b",
        late='<Location "/inner">\nSetHandler mod_python\nPythonHandler lists::c\n</Location>',
    )
    # A Location with handlers takes nothing from <Directory>, but modules stay importable.
    assert server.text("/outer") == "ab"
    assert server.text("/inner") == "c"


def test_a_handler_at_server_level_serves_everything_below(serve: Serve) -> None:
    server = serve(
        "by_extension",
        server="PythonPath \"['{htdocs}'] + sys.path\"\nPythonHandler lists::a",
        directory="SetHandler mod_python",
    )
    assert server.text("/x") == "a"


def test_a_virtual_host_inherits_from_the_main_server(serve: Serve) -> None:
    server = serve(
        "options",
        server="PythonOption from main\nPythonOption color red",
        directory=_OPTIONS,
        vhosts={"a.test": "PythonOption color blue", "b.test": ""},
    )
    assert _options(server, host="a.test") == {"from": "main", "color": "blue"}
    assert _options(server, host="b.test") == {"from": "main", "color": "red"}


@pytest.mark.parametrize(
    ("directive", "options"),
    [
        ("PythonOption key value", {"key": "value"}),
        ('PythonOption key "a value"', {"key": "a value"}),
        ('PythonOption "a key" value', {"a key": "value"}),
        ("PythonOption key 'a \"quoted\" value'", {"key": 'a "quoted" value'}),
        ("PythonOption mod_python.some.key Value", {"mod_python.some.key": "Value"}),
        ("PythonOption key 100%", {"key": "100%"}),
        ("PythonOption key grün", {"key": "grün"}),
        ("PythonOption key", {}),
        ('PythonOption key ""', {}),
    ],
)
def test_option_form(serve: Serve, directive: str, options: dict[str, str]) -> None:
    server = serve("options", directory=_OPTIONS + directive)
    assert _options(server) == options


def test_a_directory_replaces_and_adds_options(serve: Serve) -> None:
    """21.3: 47."""
    server = serve(
        "options",
        server="PythonOption color red\nPythonOption size 1",
        directory=_OPTIONS + "PythonOption color blue\nPythonOption shape round",
    )
    assert sorted(server.json()) == [["color", "blue"], ["shape", "round"], ["size", "1"]]


@pytest.mark.parametrize("removal", ["PythonOption {}", 'PythonOption {} ""'])
def test_inner_sections_remove_options(serve: Serve, removal: str) -> None:
    """21.3: 48, 49. Each form, and no other option."""
    # Neighbours of a removed option are removed as well as any other.
    server = serve(
        "options",
        directory=_OPTIONS + "PythonOption a 1\nPythonOption b 2\nPythonOption c 3\nPythonOption d 4",
        late='<Location "/inner">\n' + "\n".join(removal.format(key) for key in "abC") + "\n</Location>",
    )
    assert _options(server, "/outer") == {"a": "1", "b": "2", "c": "3", "d": "4"}
    assert _options(server, "/inner") == {"d": "4"}


def test_option_keys_have_no_case_and_keep_place_and_first_spelling(serve: Serve) -> None:
    server = serve(
        "options",
        directory=_OPTIONS + "PythonOption Color red\nPythonOption size 1",
        late='<Location "/inner">\nPythonOption COLOR Blue\n</Location>',
    )
    assert server.json("/inner") == [["Color", "Blue"], ["size", "1"]]


def test_what_a_script_writes_to_its_options_lasts_for_the_request(serve: Serve) -> None:
    server = serve(
        "options",
        directory="SetHandler mod_python\nPythonHandler options::changes\nPythonOption counter 1",
    )
    assert [server.text(), server.text()] == ["1 2", "1 2"]


def test_an_early_look_at_the_options_does_not_hide_those_of_the_directory(serve: Serve) -> None:
    """2.5. Sections come into effect while a request goes through its phases; what a script changes stays
    as long as they do.
    """
    server = serve(
        "options",
        server="""
        PythonPath "['{htdocs}'] + sys.path"
        PythonOption outer 1
        PythonPostReadRequestHandler options::looks_early
        PythonTransHandler options::looks_early
        """,
        directory="""
        PythonOption inner 2
        PythonFixupHandler options::looks
        SetHandler mod_python
        PythonHandler options::looks_last
        """,
    )
    seen = server.json()
    early, later = {"outer": "1", "early": "1"}, {"outer": "1", "inner": "2", "later": "1"}
    assert [dict(options) for options in seen] == [early, early, later, later]


def test_get_config_shows_what_was_set_and_nothing_else(serve: Serve) -> None:
    server = serve("options", directory=_CONFIG + "PythonDebug On\nPythonAutoReload Off")
    assert _options(server) == {"PythonDebug": "1", "PythonAutoReload": "0"}


def test_the_inner_flag_wins(serve: Serve) -> None:
    server = serve(
        "options",
        server="PythonDebug On",
        directory=_CONFIG,
        late='<Location "/inner">\nPythonDebug Off\nPythonInterpreter other\n</Location>',
    )
    assert _options(server, "/outer") == {"PythonDebug": "1"}
    assert _options(server, "/inner") == {"PythonDebug": "0", "PythonInterpreter": "other"}


def test_files_sections_count(serve: Serve) -> None:
    server = serve(
        "options",
        directory=_OPTIONS + 'PythonOption a outer\n<Files "special">\nPythonOption a special\n</Files>',
    )
    assert _options(server, "/special") == {"a": "special"}
    assert _options(server, "/usual") == {"a": "outer"}


def test_htaccess_names_the_handler(serve: Serve) -> None:
    server = serve("hello", htaccess="SetHandler mod_python\nPythonHandler hello\n")
    assert server.text("/page") == "Hello, World!"


def test_htaccess_overrides_the_configuration(serve: Serve) -> None:
    server = serve("options", directory=_OPTIONS + "PythonOption a conf", htaccess="PythonOption a htaccess\n")
    assert _options(server) == {"a": "htaccess"}


def test_htaccess_is_read_anew_for_every_request(serve: Serve) -> None:
    server = serve("options", directory=_OPTIONS)
    htaccess = server.htdocs / ".htaccess"
    answers = []
    for value in ("one", "two", "three"):
        htaccess.write_text(f"PythonOption a {value}\n")
        answers.append(_options(server))
    assert answers == [{"a": "one"}, {"a": "two"}, {"a": "three"}]


def test_the_handler_named_by_htaccess_may_change(serve: Serve) -> None:
    # Configuration of .htaccess lives in request memory, whose addresses recur.
    server = serve("by_extension", directory="SetHandler mod_python")
    answers = []
    for name in "abcdabcd":
        (server.htdocs / ".htaccess").write_text(f"PythonHandler lists::{name}\n")
        answers.append(server.text())
    assert "".join(answers) == "abcdabcd"


def test_nested_htaccess_files_merge(serve: Serve) -> None:
    server = serve("options", directory=_OPTIONS, htaccess="PythonOption a 1\nPythonOption b 1\n")
    inner = server.htdocs / "inner"
    inner.mkdir()
    (inner / ".htaccess").write_text("PythonOption b 2\n")
    assert _options(server, "/inner/x") == {"a": "1", "b": "2"}
    assert _options(server, "/x") == {"a": "1", "b": "1"}


def test_an_error_in_htaccess_is_the_requests_error(serve: Serve) -> None:
    server = serve("hello", directory="SetHandler mod_python\nPythonHandler hello", htaccess="PythonDebug Perhaps\n")
    server.expect_log("PythonDebug")
    assert server.get().status_code == 500
    (server.htdocs / ".htaccess").unlink()
    assert server.text() == "Hello, World!"
