"""The guest book of `apps/classic` as its visitors and moderators see it."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from harness import deploying, guestbook
from harness.browser import ATTACKS, ONE_CELL, injected, page, press
from harness.serve import Serve
from harness.server import Server
from selenium.webdriver.common.by import By

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = ONE_CELL

# Draws a picture, and returns the PNG file of it in base64.
SUNSET = """
const canvas = Object.assign(document.createElement("canvas"), {width: 320, height: 120});
const pen = canvas.getContext("2d");
const sky = pen.createLinearGradient(0, 0, 0, 80);
sky.addColorStop(0, "#31407a");
sky.addColorStop(1, "#f7a35c");
pen.fillStyle = sky;
pen.fillRect(0, 0, 320, 80);
pen.fillStyle = "#ffe9a8";
pen.arc(220, 72, 26, 0, 2 * Math.PI);
pen.fill();
pen.fillStyle = "#24426b";
pen.fillRect(0, 80, 320, 40);
return canvas.toDataURL("image/png").split(",")[1];
"""


@pytest.fixture(scope="module")
def running(serve_all: Serve) -> Server:
    return guestbook.start(serve_all)


@pytest.fixture
def server(running: Server, browser: Chrome) -> Server:
    """One for all tests; each begins with an empty guest book, as somebody who is new there."""
    guestbook.empty(running)
    browser.get(page(running, "/guestbook/"))
    browser.delete_all_cookies()
    browser.refresh()
    return running


def fill(browser: Chrome, **fields: str) -> None:
    for name, value in fields.items():
        browser.find_element("name", name).send_keys(value)


def press_button(browser: Chrome, label: str) -> None:
    press(browser, f"//button[starts-with(., '{label}')]", By.XPATH)


def sign(browser: Chrome, server: Server, name: str, text: str, picture: Path | None = None) -> None:
    browser.get(page(server, "/guestbook/"))
    browser.find_element("name", "name").clear()
    fill(browser, name=name, text=text, **({} if picture is None else {"picture": str(picture)}))
    press_button(browser, "Sign")
    assert shown(browser, "[role=status]") == ["Thank you! Your entry is shown when a moderator has read it."]


def log_in(browser: Chrome, server: Server) -> None:
    browser.get(page(server, "/guestbook/moderators/"))
    name, password = guestbook.MODERATOR
    fill(browser, name=name, password=password)
    press_button(browser, "Log in")


def shown(browser: Chrome, selector: str) -> list[str]:
    return [element.text for element in browser.find_elements("css selector", selector)]


def picture_width(browser: Chrome) -> int:
    """That of the page's first picture; 0 if the browser could make nothing of it."""
    return int(browser.execute_script("return document.querySelector('article img').naturalWidth"))


def test_an_entry_on_its_way_to_the_book(server: Server, browser: Chrome, tmp_path: Path) -> None:
    picture = tmp_path / "the picture.png"
    picture.write_bytes(b64decode(browser.execute_script(SUNSET)))
    sign(browser, server, "Ada", "Lovely :-)\nMore is at https://example.com/ada", picture)
    assert shown(browser, "article") == []

    log_in(browser, server)
    assert picture_width(browser) == 320
    deploying.picture(browser, "classic-moderators")
    press_button(browser, "Publish")
    assert shown(browser, "article") == []
    press_button(browser, "Log out")

    assert shown(browser, "article h2")[0].startswith("Ada")
    assert shown(browser, "article .text") == ["Lovely \N{WHITE SMILING FACE}\nMore is at https://example.com/ada"]
    assert picture_width(browser) == 320
    link = browser.find_element("css selector", ".text a")
    assert link.get_attribute("href") == "https://example.com/ada"
    assert browser.find_element("name", "name").get_attribute("value") == "Ada"
    deploying.picture(browser, "classic-book")


def test_the_theme_stays(server: Server, browser: Chrome) -> None:
    press_button(browser, "Dark")
    browser.get(page(server, "/guestbook/statistics.shtml"))
    scheme = "return getComputedStyle(document.documentElement).colorScheme"
    assert browser.execute_script(scheme) == "dark"
    deploying.picture(browser, "classic-statistics")


@pytest.fixture
def without_policy(browser: Chrome) -> Iterator[None]:
    """What the pages' policy forbids to run would be run: escaping alone has to do."""
    browser.execute_cdp_cmd("Page.setBypassCSP", {"enabled": True})
    yield
    browser.execute_cdp_cmd("Page.setBypassCSP", {"enabled": False})


@pytest.mark.usefixtures("without_policy")
def test_what_visitors_write_is_not_run(server: Server, browser: Chrome) -> None:
    for attack in ATTACKS:
        sign(browser, server, attack, f"{attack} https://example.com/{attack}")
        assert not injected(browser), attack
    log_in(browser, server)
    assert len(shown(browser, "article")) == len(ATTACKS)
    assert not injected(browser)
    for _ in ATTACKS:
        press_button(browser, "Publish")
    for path in ("", "?page=2"):
        browser.get(page(server, f"/guestbook/{path}"))
        assert shown(browser, "article")
        assert not injected(browser)


@pytest.mark.usefixtures("without_policy")
def test_an_attack_would_be_seen(server: Server, browser: Chrome) -> None:
    """Or the test above says nothing: `links` is made to leave out what it finds escaped."""
    filter = server.root / "guestbook/lib/links.py"
    original = filter.read_text()
    try:
        filter.write_text(
            original.replace(
                "linked = ", "entry = [__import__('html').unescape(entry[0].decode()).encode()]\n    linked = "
            )
        )
        sign(browser, server, "Eve", ATTACKS[0])
        log_in(browser, server)
        assert injected(browser)
    finally:
        filter.write_text(original)
