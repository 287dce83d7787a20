"""Pages that show what the client sent, in a browser: none of it is run."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from harness.browser import ATTACKS, ONE_CELL, injected, page
from harness.serve import Serve

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = ONE_CELL

# What fails with the client's own words, and how it is served. PythonDebug shows the words.
FAILING = {
    "handler": (
        "fails.py",
        "from urllib.parse import unquote\n\n\ndef handler(req):\n    raise ValueError(unquote(req.args or ''))\n",
        "PythonHandler fails",
    ),
    "publisher": (
        "index.py",
        "def index(req, x=''):\n    raise ValueError(x)\n",
        "PythonHandler mod_python.publisher",
    ),
    "psp": ("index.psp", "<% raise ValueError(form['x']) %>", "PythonHandler mod_python.psp\nDirectoryIndex index.psp"),
    "wsgi": (
        "fails.py",
        "from urllib.parse import unquote\n\n\ndef application(environ, start_response):\n"
        "    raise ValueError(unquote(environ['QUERY_STRING']))\n",
        "PythonHandler mod_python.wsgi\nPythonOption mod_python.wsgi.application fails",
    ),
    "filter": (
        "fails.py",
        "from urllib.parse import unquote\n\n\ndef outputfilter(filter):\n"
        "    raise ValueError(unquote(filter.req.args or ''))\n\n\n"
        "def handler(req):\n    req.write('x')\n    return 0\n",
        "PythonHandler fails\nPythonOutputFilter fails SHOUT\nSetOutputFilter SHOUT",
    ),
}


@pytest.mark.parametrize("kind", FAILING)
def test_a_debug_page_shows_words_and_runs_none(serve: Serve, browser: Chrome, kind: str) -> None:
    name, source, directives = FAILING[kind]
    server = serve.prepare(directory=f"SetHandler mod_python\n{directives}\nPythonDebug On", modules=("dir",))
    (server.htdocs / name).write_text(source)
    server.start()
    server.expect_log("^MPY0303: ")
    server.tolerate_log(".*")
    path = "/index.psp" if kind == "psp" else "/"
    for attack in ATTACKS:
        browser.get(page(server, f"{path}?x={quote(attack)}"))
        assert not injected(browser), attack
        assert attack in browser.find_element("tag name", "body").text


def test_the_page_of_a_redirect_runs_nothing(serve: Serve, browser: Chrome) -> None:
    """Shown by who does not follow: here its content is what is looked at."""
    server = serve.prepare(directory="SetHandler mod_python\nPythonHandler away")
    (server.htdocs / "away.py").write_text(
        "from urllib.parse import unquote\n\nfrom mod_python import apache, util\n\n\ndef handler(req):\n"
        "    try:\n        util.redirect(req, unquote(req.args or ''))\n    except apache.SERVER_RETURN:\n"
        "        req.status = 200\n        del req.err_headers_out['Location']\n    return apache.OK\n"
    )
    server.start()
    for attack in ATTACKS:
        # A link that somebody clicks is the author's choice of location; nothing is run before.
        if attack.startswith("javascript:"):
            continue
        browser.get(page(server, f"/?{quote(attack)}"))
        assert not injected(browser), attack
