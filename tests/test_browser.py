"""The harness's browser sees an injection where there is one, so that tests which find none say something."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING

import pytest
from harness.browser import ATTACKS, ONE_CELL, injected, page
from harness.serve import Serve

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = ONE_CELL

# Where an attack may stand in a page.
PLACES = ("<p>{}</p>", '<input value="{}">', "<input value='{}'>", '<a href="{}">x</a>', "<pre>{}</pre>", "<!-- {} -->")


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_each_attack_is_run_somewhere(serve: Serve, browser: Chrome, attack: str) -> None:
    server = serve()
    pages = [place.replace("{}", attack) for place in PLACES]
    for number, content in enumerate(pages):
        (server.htdocs / f"{number}.html").write_text(f"<!doctype html>{content}")
    seen = []
    for number in range(len(pages)):
        browser.get(page(server, f"/{number}.html"))
        seen.append(injected(browser))
    assert any(seen), json.dumps(pages)


@pytest.mark.parametrize("attack", ATTACKS[:-1], ids=range(len(ATTACKS) - 1))
def test_no_attack_is_run_where_it_is_escaped(serve: Serve, browser: Chrome, attack: str) -> None:
    server = serve()
    content = "".join(place.replace("{}", html.escape(attack)) for place in PLACES[:-1])
    (server.htdocs / "page.html").write_text(f"<!doctype html>{content}")
    browser.get(page(server, "/page.html"))
    assert not injected(browser)
