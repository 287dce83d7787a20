"""The status page in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from harness.browser import ATTACKS, ONE_CELL, injected, page
from harness.serve import Serve
from harness.server import Server
from selenium.webdriver.common.by import By

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = ONE_CELL

_PAGE = '<Location "/python-status">\nSetHandler python-status\n</Location>\n'


def _serve(serve: Serve, handler: str = "status", server: str = "", **config: Any) -> Server:
    directory = f"SetHandler mod_python\nPythonHandler {handler}"
    return serve("status", directory=directory, server=_PAGE + server, **config)


@pytest.fixture
def without_javascript(browser: Chrome) -> Any:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    yield browser
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_everything_is_seen_without_javascript(serve: Serve, without_javascript: Chrome) -> None:
    browser = without_javascript
    server = _serve(serve)
    for _ in range(3):
        server.text()
    browser.get(page(server, "/python-status"))
    assert browser.title == "Python Status of main.test"
    headings = [heading.text for heading in browser.find_elements(By.TAG_NAME, "h2")]
    assert headings == ["Interpreters", "Handlers", "Children", "Slow calls", "Exceptions"]
    assert not browser.find_elements(By.TAG_NAME, "script")
    text = browser.find_element(By.TAG_NAME, "body").text
    for part in ("main_interpreter", "main.test", "legacy", "PythonHandler", "MiB"):
        assert part in text


def test_charts_are_drawn(serve: Serve, without_javascript: Chrome) -> None:
    """The bars of a handler's times: as wide and high as their share, and none without a call."""
    browser = without_javascript
    server = _serve(serve, "status::slow")
    server.text()
    browser.get(page(server, "/python-status"))
    chart = browser.find_element(By.CSS_SELECTOR, 'svg[aria-label="Calls by their time"]')
    assert chart.is_displayed()
    # The axis is the last.
    *bars, _axis = chart.find_elements(By.TAG_NAME, "rect")
    heights = [bar.size["height"] for bar in bars]
    assert len(heights) == 17
    assert sorted(heights)[-2:] == [0, 32]
    full = [bar for bar in bars if bar.size["height"]]
    title = full[0].find_element(By.TAG_NAME, "title").get_attribute("textContent")
    assert title is not None
    assert title.endswith(": 1")


def test_nothing_else_is_fetched(serve: Serve, browser: Chrome) -> None:
    server = _serve(serve)
    server.text()
    browser.get(page(server, "/python-status"))
    fetched = browser.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert [name for name in fetched if not name.endswith("/favicon.ico")] == []


def test_nothing_that_is_shown_becomes_markup(serve: Serve, browser: Chrome) -> None:
    """Names of interpreters and of handlers, paths of requests, exceptions."""
    names = [attack.replace("\\", "\\\\").replace('"', '\\"') for attack in ATTACKS]
    folders = "".join(
        f'<Location "/{number}">\nPythonInterpreter "{name}"\n</Location>\n' for number, name in enumerate(names)
    )
    server = _serve(serve, "attack", folders)
    (server.htdocs / "attack.py").write_text(
        "import urllib.parse\ndef handler(req):\n    raise KeyError(urllib.parse.unquote(req.args))\n"
    )
    server.expect_log("^MPY0303")
    server.tolerate_log("^PythonHandler attack: ")
    for number, attack in enumerate(ATTACKS):
        server.http.get(f"/{number}/{attack}", params=attack, headers={"Host": "main.test"})
    browser.get(page(server, "/python-status"))
    text = browser.find_element(By.TAG_NAME, "body").text
    for attack in ATTACKS:
        assert text.count(attack) >= 2, attack
    assert not injected(browser)
