"""The demo site of apxs/run-demo, under every MPM and Python. The command is the matter of test_run_demo."""

from __future__ import annotations

import pytest
from harness import files, site
from harness.serve import Serve
from harness.server import Server

_DEMO = site.CHECKOUT / "apxs" / "demo"
_MODULES = ("mime", "dir", "authn_core", "authn_file", "authz_user", "auth_basic")


@pytest.fixture
def demo(serve: Serve) -> Server:
    server = serve.prepare(
        modules=_MODULES,
        server="TypesConfig /dev/null\nAddType text/html .html\nDirectoryIndex index.html",
        directory="AllowOverride FileInfo AuthConfig\nPythonDebug On",
    )
    files.copy_tree(_DEMO / "site", server.htdocs)
    (server.root / "htpasswd").write_text((_DEMO / "htpasswd").read_text())
    server.start()
    return server


def test_the_hello_handler(demo: Server) -> None:
    assert demo.text("/hello/") == "Hello from Python\n"


def test_the_page_that_shows_the_request(demo: Server) -> None:
    text = demo.text("/request/?q=%3Cb%3E", headers={"X-Shown": "<i>"})
    assert "from request/.htaccess" in text
    assert "&lt;i&gt;" in text
    assert "<i>" not in text


def test_the_protected_page(demo: Server) -> None:
    demo.tolerate_log("AH01617")
    assert demo.get("/members/").status_code == 401
    assert demo.get("/members/", auth=("demo", "wrong")).status_code == 401
    assert "Welcome, demo" in demo.get("/members/", auth=("demo", "apache")).text


def test_the_start_page_leads_to_all_of_them(demo: Server) -> None:
    page = demo.text("/")
    for link in ("/hello/", "/request/", "/members/"):
        assert f'href="{link}"' in page
