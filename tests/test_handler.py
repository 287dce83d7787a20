"""Which requests reach Python, and what a handler name means."""

from __future__ import annotations

import pytest
from harness.serve import Serve


@pytest.mark.parametrize("name", ["mod_python", "python-program"])
def test_set_handler_activates_under_both_names(serve: Serve, name: str) -> None:
    """21.1: 8. A <Directory>, and no virtual host."""
    server = serve("hello", directory=f"SetHandler {name}\nPythonHandler hello")
    assert server.text("/anything") == "Hello, World!"


@pytest.mark.parametrize("name", ["mod_python2", "python", "mod-python"])
def test_the_activation_name_is_exact(serve: Serve, name: str) -> None:
    server = serve("hello", directory=f"SetHandler {name}\nPythonHandler hello")
    (server.htdocs / "page.txt").write_text("static")
    assert server.text("/page.txt") == "static"


def test_a_handler_without_activation_leaves_files_alone(serve: Serve) -> None:
    server = serve("hello", directory="PythonHandler hello")
    (server.htdocs / "page.txt").write_text("static")
    assert server.text("/page.txt") == "static"


@pytest.mark.parametrize("name", ["mod_python", "python-program"])
def test_add_handler_activates_by_extension(serve: Serve, name: str) -> None:
    server = serve("hello", modules=("mime",), directory=f"AddHandler {name} .py\nPythonHandler hello")
    (server.htdocs / "page.txt").write_text("static")
    assert server.text("/hello.py") == "Hello, World!"
    assert server.text("/page.txt") == "static"


def test_add_handler_needs_no_existing_file(serve: Serve) -> None:
    server = serve("hello", modules=("mime",), directory="AddHandler mod_python .py\nPythonHandler hello")
    assert server.text("/no-such-file.py") == "Hello, World!"


def test_activation_without_a_handler_declines_to_the_file(serve: Serve) -> None:
    server = serve("hello", directory="SetHandler mod_python")
    (server.htdocs / "page.txt").write_text("static")
    assert server.text("/page.txt") == "static"


def test_activation_without_a_handler_and_file_is_not_found(serve: Serve) -> None:
    server = serve("hello", directory="SetHandler mod_python")
    assert server.get("/nothing").status_code == 404


def test_a_location_without_a_file_is_handled(serve: Serve) -> None:
    server = serve(
        "hello",
        server="""
        <Location "/virtual">
            SetHandler mod_python
            PythonPath "sys.path + ['{htdocs}']"
            PythonHandler hello
        </Location>
        """,
    )
    assert server.text("/virtual/deeper") == "Hello, World!"


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("names", "handler"),
        ("names::other", "other"),
        ("names::Page.show", "Page.show same"),
        ("names::Page.static", "Page.static"),
        ("names::Page.made", "Page.made"),
        ("names::Page.Inner.show", "Page.Inner.show same"),
        ("names::instance", "instance"),
        ("names::instance.method", "instance.method"),
        ("package.inner.leaf", "package.inner.leaf"),
    ],
)
def test_a_name_reaches(serve: Serve, name: str, answer: str) -> None:
    server = serve("names", directory=f"SetHandler mod_python\nPythonHandler {name}")
    assert server.text() == answer


def test_a_class_is_made_anew_for_every_request(serve: Serve) -> None:
    server = serve("names", directory="SetHandler mod_python\nPythonHandler names::Page.show")
    assert [server.text(), server.text(), server.text()] == ["Page.show same"] * 3


def test_a_class_alone_is_not_a_handler(serve: Serve) -> None:
    server = serve("names", directory="SetHandler mod_python\nPythonHandler names::Page")
    server.expect_log("MPY0304", "PythonHandler names::Page")
    assert server.get().status_code == 500


def test_none_is_not_a_handler(serve: Serve) -> None:
    """21.4: 60."""
    server = serve("names", directory="SetHandler mod_python\nPythonHandler names::nothing")
    server.expect_log("MPY0303", "PythonHandler names::nothing")
    assert server.get().status_code == 500


def test_a_plain_name_does_not_run_the_modules_getattr(serve: Serve) -> None:
    server = serve("names", directory="SetHandler mod_python\nPythonHandler names::missing")
    server.expect_log("MPY0302.*contains no 'missing'", "PythonHandler names::missing: ")
    assert server.get().status_code == 500
    assert not server.log.find("must not go through __getattr__")


def test_quotes_are_part_of_the_name(serve: Serve) -> None:
    server = serve("hello", directory='SetHandler mod_python\nPythonHandler "hello::handler"')
    server.expect_log("MPY0301", 'PythonHandler \\\\?"hello::handler\\\\?": ')
    assert server.get().status_code == 500


@pytest.mark.parametrize(
    "directives",
    [
        "PythonHandler stacked::first stacked::second",
        "PythonHandler stacked::first\n    PythonHandler stacked::second",
        "PythonHandler\tstacked::first \t stacked::second  ",
    ],
)
def test_several_names_run_in_order(serve: Serve, directives: str) -> None:
    server = serve("stacked", directory=f"SetHandler mod_python\n{directives}")
    assert server.text() == "first second "


def test_server_return_ok_lets_the_next_handler_run(serve: Serve) -> None:
    """21.4: 61."""
    server = serve("stacked", directory="SetHandler mod_python\nPythonHandler stacked::returned_ok stacked::second")
    assert server.text() == "returned second "


def test_done_ends_the_list(serve: Serve) -> None:
    server = serve("stacked", directory="SetHandler mod_python\nPythonHandler stacked::done stacked::second")
    assert server.text() == "done "


def test_attributes_of_the_request_pass_from_handler_to_handler(serve: Serve) -> None:
    server = serve(
        "stacked",
        directory="SetHandler mod_python\nPythonHandler stacked::leaves_a_mark stacked::reads_the_mark",
    )
    assert [server.text(), server.text()] == ["mark", "mark"]


def test_a_list_for_an_extension_replaces_the_plain_list(serve: Serve) -> None:
    server = serve(
        "by_extension",
        directory="""
        SetHandler mod_python
        PythonHandler lists::a
        PythonHandler lists::b | .py .gz.x
        """,
    )
    assert server.text("/page") == "a"
    assert server.text("/page.txt") == "a"
    assert server.text("/page.py") == "b"
    # The extension is everything from the first dot on.
    assert server.text("/page.tar.py") == "a"
    assert server.text("/page.gz.x") == "b"
    assert server.text("/.py") == "b"
    # Keys compare case-sensitively.
    assert server.text("/page.PY") == "a"


def test_lists_for_extensions_accumulate(serve: Serve) -> None:
    server = serve(
        "by_extension",
        directory="""
        SetHandler mod_python
        PythonHandler lists::a lists::b | .py
        PythonHandler lists::c || .py .txt
        """,
    )
    assert server.text("/page.py") == "abc"
    assert server.text("/page.txt") == "c"


def test_a_bar_with_nothing_behind_it_restricts_nothing(serve: Serve) -> None:
    server = serve("by_extension", directory="SetHandler mod_python\nPythonHandler lists::a |")
    assert server.text("/page.py") == "a"


def test_only_a_list_for_another_extension_declines(serve: Serve) -> None:
    server = serve("by_extension", directory="SetHandler mod_python\nPythonHandler lists::a | .py")
    (server.htdocs / "page.txt").write_text("static")
    assert server.text("/page.txt") == "static"


def test_the_extension_list_sees_the_file_and_not_the_path_info(serve: Serve) -> None:
    """21.4: 67."""
    server = serve(
        "by_extension",
        directory="SetHandler mod_python\nPythonHandler lists::a\nPythonHandler lists::b | .py",
    )
    assert server.text("/lists.py/more.txt") == "b"
    assert server.text("/more.txt/lists.py") == "a"


@pytest.mark.parametrize("line", ["PythonHandler", "PythonHandler | .py", "PythonHandler ::f", "PythonHandler m::"])
def test_a_handler_directive_without_a_name_is_refused(serve: Serve, line: str) -> None:
    assert "PythonHandler" in serve.refused("hello", directory=line)


@pytest.mark.parametrize("keep_alive", [b"", b"Connection: keep-alive\r\n"])
def test_head_has_the_headers_of_get_and_no_body(serve: Serve, keep_alive: bytes) -> None:
    server = serve("hello", directory="SetHandler mod_python\nPythonHandler hello")
    answer = server.raw(b"/", method=b"HEAD")
    assert answer.status == 200
    assert answer.header("Content-Type") == b"text/plain"
    assert answer.body == b""


def test_the_server_header_names_the_module_and_python(serve: Serve) -> None:
    """21.1: 1. Also where no handler is configured."""
    server = serve("hello", server="ServerTokens Full")
    assert "mod_python/" in server.get().headers["Server"]
    assert "Python/3." in server.get().headers["Server"]
