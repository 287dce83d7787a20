"""Which URL means which object of which module, and what is never published (mod_python.publisher)."""

from __future__ import annotations

import pytest
from harness.modules import write
from harness.serve import Serve
from harness.server import Server

PUBLISHER = "SetHandler mod_python\nPythonHandler mod_python.publisher"


@pytest.fixture
def server(serve: Serve) -> Server:
    return serve("publisher", directory=PUBLISHER)


def _statuses(server: Server, *paths: str) -> dict[str, int]:
    return {path: server.get(path).status_code for path in paths}


# --- from the URL to the module ---


def test_the_name_of_a_module_file_is_its_index(server: Server) -> None:
    """L7.1: 25. Without a path the function `index` of the module."""
    assert server.text("/shop.py") == "index of shop"


def test_a_path_after_the_file_names_a_function(server: Server) -> None:
    """L7.1: 26, 27. `/index` and `/name` after the module's file."""
    assert server.text("/shop.py/index") == "index of shop"
    assert server.text("/shop.py/item") == "item 0"


def test_a_directory_is_the_index_of_its_index(server: Server) -> None:
    """L7.1: 28."""
    assert server.text("/") == "index of the root"
    assert server.text("/sub/") == "index of sub, index"


def test_an_unknown_name_is_looked_for_in_index_py(server: Server) -> None:
    """L7.1: 29. L7.3: 14. The name of the missing module becomes the first of the path."""
    assert server.text("/about") == "about"
    assert server.text("/root/child") == "child called with none"


def test_a_module_is_found_without_its_extension(server: Server) -> None:
    """L7.1: 30."""
    assert server.text("/shop") == "index of shop"
    assert server.text("/shop/") == "index of shop"
    assert server.text("/shop/item") == "item 0"
    assert server.text("/shop.py/item/") == "item 0"
    assert server.text("/index/about") == "about"


def test_dots_are_slashes(server: Server) -> None:
    assert server.text("/shop/things.sub") == "sub"
    assert server.text("/shop/things/sub") == "sub"


@pytest.mark.parametrize("path", ["/shop/item.", "/shop/things..sub", "/shop/.item", "/shop/things.sub.", "/about."])
def test_an_empty_component_is_not_found(server: Server, path: str) -> None:
    """L7.2: 21."""
    assert server.raw(path.encode()).status == 404


def test_what_is_not_there_is_not_found(server: Server) -> None:
    paths = ["/nothing", "/nothing/at/all", "/shop/nothing", "/shop.zip/item", "/empty/", "/empty/about", "/shop.html"]
    assert set(_statuses(server, *paths).values()) == {404}


def test_names_beyond_ascii_are_those_of_the_module(server: Server) -> None:
    assert server.text("/shop/gr%C3%BCn") == "green"
    assert server.raw(b"/shop/gr%FCn").status == 404


def test_a_directory_without_its_slash_is_mod_dirs(serve: Serve) -> None:
    server = serve("publisher", directory=PUBLISHER, modules=("dir",))
    answer = server.get("/sub")
    assert (answer.status_code, answer.headers["Location"].endswith("/sub/")) == (301, True)
    assert server.text("/sub/") == "index of sub, index"


def test_extensions_of_addhandler_are_left_out(serve: Serve) -> None:
    """They are text, not patterns, and one is left out at most."""
    server = serve(
        "publisher",
        directory="AddHandler mod_python .py .h+m\nPythonHandler mod_python.publisher",
        modules=("mime",),
    )
    (server.htdocs / "shop.h+m").touch()
    (server.htdocs / "shop.hhm").touch()
    (server.htdocs / "shop.h+m.h+m").touch()
    assert server.text("/shop.h+m") == "index of shop"
    assert server.get("/shop.hhm").text == ""
    assert server.get("/shop.h+m.h+m").status_code == 404


def test_other_extensions_stay(serve: Serve) -> None:
    server = serve.prepare(directory=PUBLISHER)
    write(server, index="", **{"shop.html": "def index():\n    return 'shop.html.py'\n"})
    server.start()
    assert server.text("/shop.html") == "shop.html.py"


def test_the_extension_of_the_handler_is_left_out(serve: Serve) -> None:
    """L7.1: 47. What the extension does not choose is the second handler's."""
    directory = (
        "SetHandler mod_python\nPythonHandler mod_python.publisher | .py\n"
        "PythonHandler mod_python.publisher | .page\nPythonHandler second"
    )
    server = serve.prepare("publisher", directory=directory)
    write(server, second="def handler(req):\n    req.write('second')\n    return 0\n")
    server.start()
    assert server.text("/shop.py") == "index of shop"
    assert server.text("/shop.page/item") == "item 0"
    assert server.text("/shop.txt") == "second"


def test_equal_names_in_two_directories_are_two_modules(server: Server) -> None:
    assert server.text("/") == "index of the root"
    assert server.text("/sub/index") == "index of sub, index"
    assert server.text("/") == "index of the root"


def test_req_filename_is_the_module_file(server: Server) -> None:
    """L7.3: 13."""
    for path in ("/filename", "/index/filename", "/index.py/filename"):
        assert server.text(path) == str(server.htdocs / "index.py")


def test_methods_other_than_get_post_and_head_are_not_allowed(server: Server) -> None:
    for method in (b"PUT", b"DELETE", b"OPTIONS", b"get", b"PROPFIND", b"X"):
        answer = server.raw(b"/shop", method=method)
        assert answer.status == 405, method
        allowed = {name.strip() for name in (answer.header("Allow") or b"").split(b",")}
        assert {b"GET", b"HEAD", b"POST"} <= allowed <= {b"GET", b"HEAD", b"POST", b"TRACE"}


def test_head_has_the_length_and_no_body(server: Server) -> None:
    answer = server.raw(b"/shop", method=b"HEAD")
    assert (answer.status, answer.header("Content-Length"), answer.body) == (200, b"13", b"")


# --- what is never published ---


def _assert_forbidden(server: Server, *paths: str) -> None:
    """403 and not 404, with a warning each."""
    server.expect_log("^MPY0950")
    assert _statuses(server, *paths) == dict.fromkeys(paths, 403)
    assert len(server.log.find("^MPY0950")) == len(paths)


def test_names_with_one_underscore_are_forbidden(server: Server) -> None:
    """L7.1: 34. L7.3: 11."""
    _assert_forbidden(server, "/_private", "/_hidden", "/index.py/_hidden", "/index/_nothing", "/%5Fhidden")


def test_names_with_two_underscores_are_forbidden(server: Server) -> None:
    """L7.1: 35."""
    _assert_forbidden(
        server, "/__dunder", "/__name__", "/index/__dict__", "/about/__globals__", "/instance/__class__/__init__"
    )


def test_imported_modules_are_forbidden(server: Server) -> None:
    """L7.1: 36."""
    _assert_forbidden(server, "/os", "/apache", "/util/redirect", "/os/environ", "/container/module", "/os/system")


def test_classes_are_forbidden(server: Server) -> None:
    """L7.1: 37. L7.2: 19. Two kinds of class statement, a metaclass, and what lies behind a class."""
    _assert_forbidden(
        server, "/Plain", "/Old", "/WithMeta", "/Plain/method", "/Plain/attribute", "/container/cls", "/container/cls/x"
    )


def test_attributes_of_functions_are_forbidden(server: Server) -> None:
    """L7.1: 38. Those that are not there too."""
    _assert_forbidden(server, "/about/func_code", "/index/index/nothing", "/caller/name")


def test_attributes_of_methods_are_forbidden(server: Server) -> None:
    """L7.1: 39."""
    _assert_forbidden(server, "/instance/method/im_func", "/callable_instance/method/name")


def test_methods_of_a_dict_are_forbidden(server: Server) -> None:
    """L7.1: 40. L7.2: 19. No way leads through scalars and containers."""
    _assert_forbidden(server, "/DICT/keys", "/DICT/key", "/NUMBER/real", "/TEXT/upper", "/LIST/append", "/BYTES/hex")


def test_builtin_methods_are_forbidden(server: Server) -> None:
    """L7.1: 41."""
    _assert_forbidden(server, "/bound_builtin", "/unbound_builtin")


def test_functions_of_the_library_that_a_module_imported_are_forbidden(server: Server) -> None:
    """`rmtree(path)` and `redirect(location, text)` would do for any client what they do for the module."""
    _assert_forbidden(server, "/rmtree?path=/nothing", "/redirect?location=/x&text=y", "/wraps", "/partial")


def test_methods_of_the_library_that_a_module_imported_are_forbidden(serve: Serve) -> None:
    """But those that a class of the site inherits are the site's."""
    server = serve.prepare(directory=PUBLISHER)
    write(
        server,
        index="""
        from random import Random, seed
        class Dice(Random):
            pass
        dice = Dice()
        """,
    )
    server.start()
    assert server.text("/dice/choices?population=a") == "['a']"
    _assert_forbidden(server, "/seed?a=1")


def test_objects_of_the_server_are_forbidden(serve: Serve) -> None:
    server = serve.prepare(directory=PUBLISHER)
    write(
        server,
        index="""
        from __future__ import annotations
        from os import environ
        import logging
        log = logging.getLogger(__name__)

        class Kept:
            pass
        kept = Kept()

        def index(req):
            kept.req, kept.table, kept.server = req, req.headers_in, req.server
            return 'kept'
        """,
    )
    server.start()
    assert server.text() == "kept"
    _assert_forbidden(
        server,
        *("/kept/req", "/kept/req/server", "/kept/table", "/kept/server", "/kept/server/port"),
        *("/annotations", "/environ", "/environ/data", "/log/manager", "/log/critical?msg=x"),
    )


def test_private_and_hidden_modules_are_not_served(server: Server) -> None:
    server.expect_log("^MPY0950")
    assert _statuses(server, "/_underscore", "/_underscore.py", "/_underscore/index") == dict.fromkeys(
        ["/_underscore", "/_underscore.py", "/_underscore/index"], 403
    )
    assert _statuses(server, "/.hidden", "/.hidden.py", "/.py", "/.py/index") == dict.fromkeys(
        ["/.hidden", "/.hidden.py", "/.py", "/.py/index"], 404
    )


def test_warnings_hold_what_the_client_sent_as_escaped_text(server: Server) -> None:
    server.expect_log(r"^MPY0950: '_\\\\u20ac\\\\n'")
    assert server.raw(b"/_%E2%82%AC%0A").status == 403


# --- instances ---


def test_instances_that_can_be_called_are_called_and_passed_through(server: Server) -> None:
    """L7.1: 42. With both kinds of class statement, which are one in Python 3."""
    assert server.text("/callable_instance?arg=1") == "callable called with 1"
    assert server.text("/callable_instance/method?arg=1") == "method of callable with 1"
    assert server.text("/instance") == "str of an instance"
    assert server.text("/instance/method") == "method of an instance"


def test_a_tree_of_instances_is_walked(server: Server) -> None:
    """L7.1: 43."""
    for path, name in {
        "/root": "root",
        "/root/child": "child",
        "/root/child/grandchild": "grandchild",
        "/root/sibling": "sibling",
    }.items():
        assert server.text(path) == f"{name} called with none"


def test_functions_in_a_container_are_called(server: Server) -> None:
    """L7.1: 44. And the container itself, which an attribute makes callable."""
    assert server.text("/container/function") == "function in a container"
    assert server.text("/container") == "container called"


def test_an_attribute_that_fails_is_an_error_and_one_that_is_missing_is_not_found(server: Server) -> None:
    server.expect_log("on purpose", "MPY0303")
    server.tolerate_log(".")
    assert server.get("/instance/failing").status_code == 500
    assert server.get("/instance/missing").status_code == 404


def test_imported_functions_of_the_sites_own_modules_are_published(serve: Serve) -> None:
    server = serve.prepare(directory=PUBLISHER)
    write(server, index="from helper import shared", helper="def shared():\n    return 'shared'\n")
    server.start()
    assert server.text("/shared") == "shared"


def test_scripts_may_add_rules(serve: Serve) -> None:
    server = serve.prepare(directory=PUBLISHER)
    write(
        server,
        index="""
        from mod_python import publisher
        class Closed:
            def __init__(self): self.inner = 'inner'
            def __str__(self): return 'closed'
        closed = Closed()
        publisher.tp_rules[Closed] = (False, True)
        """,
    )
    server.start()
    assert server.text("/closed") == "closed"
    _assert_forbidden(server, "/closed/inner")


# --- what else a client sees ---


def test_an_authorization_header_of_any_kind_disturbs_nothing_that_is_open(server: Server) -> None:
    """L7.1: 33."""
    for value in ('Digest username="x"', "Basic !!!", "Bearer x", ""):
        assert server.text("/about", headers={"Authorization": value}) == "about"


@pytest.mark.parametrize("debug", ["On", "Off"])
def test_nothing_of_the_clients_is_put_into_html(serve: Serve, debug: str) -> None:
    server = serve("publisher", directory=f"{PUBLISHER}\nPythonDebug {debug}")
    server.tolerate_log(".")
    attack = "<script>alert(1)</script>"
    for path in (
        f"/{attack}",
        f"/_{attack}",
        f"/shop/{attack}",
        f"/about/{attack}",
        f"/shop/_{attack}",
        f"/fails?{attack}={attack}",
        f"/fails/{attack}",
        f"/required?{attack}",
    ):
        answer = server.get(path)
        assert answer.status_code in (403, 404, 500), path
        assert "<script>" not in answer.text, path


def test_a_failure_of_a_page_is_shown_under_pythondebug_only(server: Server) -> None:
    server.expect_log("on purpose")
    server.tolerate_log(".")
    answer = server.get("/fails")
    assert answer.status_code == 500
    assert "purpose" not in answer.text


def test_nothing_published_is_said_under_pythondebug(serve: Serve) -> None:
    server = serve("publisher", directory=f"{PUBLISHER}\nPythonDebug On")
    assert server.text("/returns_none") == ""
    assert server.text("/writes") == "written"
    assert len(server.log.find("^MPY0952: 'returns_none' in .*/index.py")) == 1


def test_the_form_is_not_read_for_what_is_not_called(server: Server) -> None:
    answer = server.post("/NUMBER", b"x", headers={"Content-Type": "text/unknown"})
    assert (answer.status_code, answer.text) == (200, "42")


def test_a_body_that_is_no_form_is_refused(server: Server) -> None:
    assert server.post("/about", b"x", headers={"Content-Type": "text/unknown"}).status_code == 501
