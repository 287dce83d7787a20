"""Requests that come of one another: `internal_redirect`, `prev`, `next` and `main`."""

from __future__ import annotations

from typing import Any

import pytest
from harness import wait
from harness.inside import Inside
from harness.serve import Serve
from harness.server import Server


def _family(serve: Serve, **config: Any) -> Server:
    names = [
        "redirects",
        "circles",
        "target",
        "looks",
        "done",
        "from_a_thread",
        "keeps_all",
        "asks_the_kept",
        "marks_the_main",
        "cleans_up",
    ]
    files = [f'<Files "{name}">\nSetHandler mod_python\nPythonHandler family::{name}\n</Files>' for name in names]
    config["directory"] = "\n".join([*files, config.get("directory", "")])
    return serve("request_family", **config)


def test_both_requests_answer_the_client(serve: Serve) -> None:
    """21.2: 24. 4.12: the request's own object is what `prev` gives, and the other way round."""
    server = _family(serve)
    assert server.text("/redirects?/target") == "test ok"
    # The client may have its answer before the requests end.
    wait.until(lambda: server.json("/done") == [["/target", True, "the target's"]])


def test_lists_by_extension_choose_for_either(serve: Serve) -> None:
    """21.2: 25."""
    server = serve(
        "request_family",
        directory="SetHandler mod_python\nPythonHandler family::redirects | .py\nPythonHandler family::target | .int",
    )
    assert server.text("/tests.py?/test.int") == "test ok"


def test_the_target_sees_where_it_came_from(serve: Serve) -> None:
    """7.1. The request line stays the client's."""
    seen = _family(serve).json("/redirects?/looks")
    assert (seen["uri"], seen["prev"], seen["main"]) == ("/looks", "/redirects", None)
    assert seen["same each time"]
    assert seen["prev.next is req"]
    assert seen["mark"] == "mine"
    assert seen["line"].startswith("GET /redirects?/looks ")


def test_another_interpreter_has_its_own_objects(serve: Serve) -> None:
    server = _family(serve, directory='<Files "looks">\nPythonInterpreter other\n</Files>')
    seen = server.json("/redirects?/looks")
    assert (seen["interpreter"], seen["prev"]) == ("other", "/redirects")
    assert seen["prev.next is req"]
    assert seen["mark"] is None


def test_each_has_its_own_options(serve: Serve) -> None:
    """Both live in one pool of httpd's."""
    directory = 'PythonOption both 1\n<Files "looks">\nPythonOption target 2\n</Files>'
    seen = _family(serve, directory=directory).json("/redirects?/looks")
    assert seen["options"] == {"both": "1", "target": "2"}
    assert seen["prev's options"] == {"both": "1"}


def test_an_error_page_sees_the_request_that_failed(serve: Serve) -> None:
    """Python has not served that one."""
    server = _family(serve, directory="ErrorDocument 404 /looks")
    answer = server.get("/missing")
    assert answer.status_code == 404
    assert (answer.json()["prev"], answer.json()["prev's status"]) == ("/missing", 404)


def test_a_redirect_in_circles_ends(serve: Serve) -> None:
    """At httpd's LimitInternalRecursion."""
    server = _family(serve)
    server.expect_log("AH00124")
    assert server.get("/circles").status_code == 500
    assert server.text("/redirects?/target") == "test ok"


def test_only_the_handlers_thread_redirects(serve: Serve) -> None:
    assert _family(serve).text("/from_a_thread").startswith("RuntimeError: ")


@pytest.mark.parametrize("uri", ["None", "7", "'/a\\0b'", "'\\u20ac'", "'\\udcff'", ""])
def test_a_redirect_takes_a_url(inside: Inside, uri: str) -> None:
    assert inside.error(f"req.internal_redirect({uri})").split(":")[0] in {"TypeError", "ValueError"}


@pytest.mark.parametrize("uri", ["", "no slash", "/%", "//", "/\\xff", "/a\\r\\nb", "http://", "x" * 20000])
def test_no_url_does_harm(inside: Inside, uri: str) -> None:
    inside.server.tolerate_log("AH")
    inside.server.post("/", f"req.internal_redirect('{uri}')".encode())
    assert inside("result = 'alive'") == "alive"


def test_all_of_a_family_end(serve: Serve) -> None:
    """Q43. A thread of a script's own uses them until then, and after."""
    server = _family(serve)
    for _ in range(5):
        assert server.text("/redirects?/keeps_all") == "kept"
        answer = server.json("/asks_the_kept")
        assert answer == ["ReferenceError"] * 9


def test_a_sub_request_knows_its_main_request(serve: Serve) -> None:
    """7.1. Made by mod_include, which is no Python."""
    server = serve.prepare(
        "request_family",
        modules=("include", "mime"),
        directory="""
        Options +Includes
        AddOutputFilter INCLUDES .shtml
        AddType text/html .shtml
        <Files "marks_the_main">
            SetHandler mod_python
            PythonHandler family::marks_the_main
        </Files>
        """,
    )
    (server.htdocs / "page.shtml").write_text('<!--#include virtual="/marks_the_main" -->')
    server.start()
    for _ in range(3):
        assert server.text("/page.shtml") == "sub of /page.shtml, True, None, None"


def test_each_ends_once(serve: Serve) -> None:
    """The pool that both share is destroyed: the target ends first."""
    server = _family(serve, directory="PythonCleanupHandler family")
    server.text("/cleans_up?/cleans_up")
    server.log.wait_for("handler at the end", count=2)
    assert [entry.message for entry in server.log.find("end of")] == [
        "end of /cleans_up, relatives ['/cleans_up', None]",
        "handler at the end of /cleans_up",
        "end of /cleans_up, relatives [None, None]",
        "handler at the end of /cleans_up",
    ]


def test_a_directory_index_is_whole_at_the_end(serve: Serve) -> None:
    """mod_dir moves the record's contents over from a sub-request, whose pool goes first."""
    server = serve.prepare(
        "request_family",
        modules=("dir",),
        directory="DirectoryIndex page\nPythonOption at-end yes\nPythonCleanupHandler family::tells_all",
    )
    (server.htdocs / "page").write_text("the index")
    server.start()
    for _ in range(5):
        assert server.text("/") == "the index"
    server.log.wait_for("whole at the end", count=5)
    assert {entry.message for entry in server.log.find("whole at the end")} == {
        f"whole at the end: /page {server.htdocs}/page {{'at-end': 'yes'}}"
    }
