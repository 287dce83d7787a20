"""Published modules and their files: reloading, coming and going (mod_python.publisher)."""

from __future__ import annotations

import os
import time

import pytest
from harness.modules import write
from harness.serve import Serve
from harness.server import Server

PUBLISHER = "SetHandler mod_python\nPythonHandler mod_python.publisher"


def _page(text: str, more: str = "") -> str:
    return f"executions = []\n{more}\ndef index():\n    return {text!r}\n"


@pytest.fixture
def server(serve: Serve) -> Server:
    server = serve.prepare(directory=PUBLISHER)
    write(server, index=_page("one"))
    server.start()
    return server


def test_a_page_is_executed_anew_when_its_file_changes_and_only_then(serve: Serve) -> None:
    """L7.1: 46. In the next request."""
    server = serve.prepare(directory=PUBLISHER)
    write(server, index="import random\nmark = random.random()\ndef index(): return str(mark)\n")
    server.start()
    first = server.text()
    assert {server.text() for _ in range(5)} == {first}
    write(server, index="def index(): return 'another text'\n")
    assert server.text() == "another text"


def test_an_older_file_is_a_change_too(server: Server) -> None:
    assert server.text() == "one"
    write(server, index=_page("two"))
    os.utime(server.htdocs / "index.py", (1, 1))
    assert server.text() == "two"


def test_what_is_no_longer_in_the_file_is_no_longer_published(serve: Serve) -> None:
    server = serve.prepare(directory=PUBLISHER)
    write(server, index="def index(): return 'one'\ndef secret(): return 'secret'\nleft = 'over'\n")
    server.start()
    assert (server.text(), server.text("/secret"), server.text("/left")) == ("one", "secret", "over")
    write(server, index="def index(): return 'two'\n")
    assert server.text() == "two"
    assert (server.get("/secret").status_code, server.get("/left").status_code) == (404, 404)


def test_a_change_of_what_a_page_imports_shows(serve: Serve) -> None:
    server = serve.prepare(directory=PUBLISHER)
    write(server, index="import helper\ndef index(): return helper.text\n", helper="text = 'one'\n")
    write(server, other="import helper\ndef index(): return helper.text\n")
    server.start()
    assert (server.text(), server.text("/other")) == ("one", "one")
    write(server, helper="text = 'two'\n")
    assert (server.text(), server.text("/other")) == ("two", "two")


def test_a_failed_reload_is_an_error_until_it_is_mended(server: Server) -> None:
    """L7.2: 23. In 3.5 the second request silently got the old module."""
    server.expect_log("SyntaxError|MPY0305|expected")
    server.tolerate_log(".")
    assert server.text() == "one"
    write(server, index="def index(: return 'broken'\n")
    assert [server.get().status_code for _ in range(30)] == [500] * 30
    write(server, index=_page("two"))
    assert server.text() == "two"


def test_a_page_that_fails_at_first_is_tried_again(serve: Serve) -> None:
    server = serve.prepare(directory=PUBLISHER)
    write(server, index="raise RuntimeError('on purpose')\n")
    server.start()
    server.expect_log("on purpose")
    server.tolerate_log(".")
    assert [server.get().status_code for _ in range(3)] == [500] * 3
    write(server, index=_page("one"))
    assert server.text() == "one"


def test_without_autoreload_a_page_stays_as_it_was_loaded(serve: Serve) -> None:
    server = serve.prepare(directory=f"{PUBLISHER}\nPythonAutoReload Off")
    write(server, index=_page("one"))
    server.start()
    assert server.text() == "one"
    write(server, index=_page("two, and longer"))
    assert {server.text() for _ in range(3)} == {"one"}


@pytest.mark.parametrize("autoreload", ["On", "Off"])
def test_a_page_whose_file_is_gone_is_gone(serve: Serve, autoreload: str) -> None:
    server = serve.prepare(directory=f"{PUBLISHER}\nPythonAutoReload {autoreload}")
    write(server, index=_page("index", "page = 'page of index'"), page=_page("page"))
    server.start()
    assert (server.text("/page"), server.text("/page")) == ("page", "page")
    (server.htdocs / "page.py").unlink()
    assert server.text("/page") == "page of index"
    (server.htdocs / "index.py").unlink()
    assert server.get("/page").status_code == 404
    write(server, page=_page("page again"))
    assert server.text("/page") == ("page again" if autoreload == "On" else "page")


def test_a_new_module_comes_before_a_name_in_index_py(server: Server) -> None:
    write(server, index=_page("index", "page = 'page of index'"))
    assert (server.text("/page"), server.text("/page")) == ("page of index", "page of index")
    write(server, page=_page("page"))
    assert server.text("/page") == "page"


def test_a_changed_page_is_protected_by_what_it_says_now(serve: Serve) -> None:
    server = serve.prepare(directory=PUBLISHER)
    write(server, index="def index():\n    return 'open'\n")
    server.start()
    assert server.text() == "open"
    write(server, index="def index():\n    __access__ = ['ann']\n    return 'closed'\n")
    assert server.get().status_code == 403
    write(server, index="def index():\n    __access__ = 1\n    return 'open again'\n")
    assert server.text() == "open again"


def test_loads_and_reloads_are_said_under_pythondebug(serve: Serve) -> None:
    server = serve.prepare(directory=f"{PUBLISHER}\nPythonDebug On")
    write(server, shop=_page("one"))
    server.start()
    assert (server.text("/shop"), server.text("/shop")) == ("one", "one")
    write(server, shop=_page("two"))
    assert server.text("/shop") == "two"
    assert [entry.message for entry in server.log.find("MPY0307: module 'shop'")] == [
        "MPY0307: module 'shop' loaded",
        "MPY0307: module 'shop' reloaded",
    ]


def test_pages_import_from_beside_them_and_from_the_handler_root(serve: Serve) -> None:
    server = serve.prepare(directory=PUBLISHER)
    write(
        server,
        deep__page="from mod_python import apache\nimport beside\ntop = apache.import_module('~/top')\n"
        "def index(): return beside.text + top.text\n",
        deep__beside="text = 'beside '\n",
        top="text = 'top'\n",
    )
    server.start()
    assert server.text("/deep/page") == "beside top"


def test_a_page_may_have_the_name_of_a_library_module(serve: Serve) -> None:
    server = serve.prepare(directory=PUBLISHER)
    write(server, json=_page("own"), index="import json\ndef index(): return json.__name__.partition('@')[0]\n")
    server.start()
    assert server.text("/json") == "own"


def test_many_threads_get_the_same_page(serve: Serve) -> None:
    server = serve.prepare(directory=PUBLISHER)
    write(server, index="import time\ntime.sleep(0.2)\ndef index(): return 'one'\n")
    server.start()
    assert {answer.text for answer in server.at_once(8)} == {"one"}
    write(server, index="import time\ntime.sleep(0.2)\ndef index(): return 'two, changed'\n")
    deadline = time.monotonic() + 10
    while (texts := {answer.text for answer in server.at_once(8)}) != {"two, changed"}:
        assert texts <= {"one", "two, changed"}
        assert time.monotonic() < deadline


def test_the_page_cache_gives_the_module_of_a_request(serve: Serve) -> None:
    server = serve.prepare(directory="SetHandler mod_python\nPythonHandler own")
    write(
        server,
        own="""
        import os
        from mod_python import apache, publisher
        def handler(req):
            req.filename = os.path.dirname(__file__) + '/page.py'
            module = publisher.page_cache[req]
            assert module is publisher.page_cache[req]
            req.write(module.index())
            return apache.OK
        """,
        page=_page("page"),
    )
    server.start()
    assert server.text() == "page"
