"""The pages of apxs/demo, under every MPM and Python. Its guest book is the matter of test_classic, the command that of
test_run_demo."""

from __future__ import annotations

import pytest
from harness import files, site
from harness.serve import Serve
from harness.server import Server

_DEMO = site.CHECKOUT / "apxs" / "demo"


@pytest.fixture
def demo(serve: Serve) -> Server:
    server = serve.prepare(
        modules=("mime", "dir"),
        server="TypesConfig /dev/null\nAddType text/html .html\nDirectoryIndex index.html",
        directory="AllowOverride FileInfo\nPythonDebug On",
    )
    files.copy_tree(_DEMO / "site", server.htdocs)
    server.start()
    return server


def test_the_hello_handler(demo: Server) -> None:
    assert demo.text("/hello/") == "Hello from Python\n"


def test_the_page_that_shows_the_request(demo: Server) -> None:
    text = demo.text("/request/?q=%3Cb%3E", headers={"X-Shown": "<i>"})
    assert "from request/.htaccess" in text
    assert "&lt;i&gt;" in text
    assert "<i>" not in text


def test_the_start_page_leads_to_all_of_them(demo: Server) -> None:
    page = demo.text("/")
    for link in ("/hello/", "/request/", "/guestbook/", "/guestbook/moderators/"):
        assert f'href="{link}"' in page
