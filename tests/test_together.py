"""Trac and Django in one child, each on a virtual host and in an interpreter of its own, under load together.

For some seconds here; `TOGETHER_SECONDS=600` makes it ten minutes.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from harness import deploying, django, trac
from harness.serve import Serve
from harness.server import Server

pytestmark = deploying.CELLS

SECONDS = float(os.environ.get("TOGETHER_SECONDS", "5"))
CLIENTS = 2
# Django speaks German here, Trac English.
GERMAN = "\nLANGUAGE_CODE = 'de'\n"
# Trac has a log of its own, unless it is told to use httpd's.
LOGGED = "\n[logging]\nlog_type = stderr\nlog_level = WARNING\n"
FACTS = """
import json, locale, os, sys, time

def handler(req):
    settings = sys.modules.get("django.conf")
    req.write(json.dumps({
        "modules": [name for name in ("django", "trac") if name in sys.modules],
        "settings": os.environ.get("DJANGO_SETTINGS_MODULE"),
        "path": [folder for folder in sys.path if "/venv/" in folder],
        "locale": locale.setlocale(locale.LC_ALL),
        "zone": time.tzname,
    }))
    return 0
"""
PROBE = """
<Location /facts-of-{name}>
    SetHandler mod_python
    PythonHandler {{root}}/facts.py
    PythonInterpreter {name}
    Require all granted
</Location>
"""


@pytest.fixture
def server(serve: Serve) -> Server:
    samples = [deploying.configuration(name, Path("{root}")) for name in ("trac", "django")]
    probes = [PROBE.format(name=name) for name in ("trac", "django")]
    server = serve.prepare(
        server=f"{django.LINES}\n{deploying.DEBIANS_LINES}\nKeepAlive Off",
        modules=(*deploying.DEBIANS_MODULES, *django.MODULES),
        late="\n".join(samples + probes),
    )
    trac.set_up(server.root / "srv/trac")
    django.set_up(server.root / "srv/django")
    for file, lines in (("trac/shared.ini", LOGGED), ("django/site/library/settings.py", GERMAN)):
        with (server.root / "srv" / file).open("a") as settings:
            settings.write(lines)
    (server.root / "facts.py").write_text(FACTS)
    server.tolerate_log(*django.REMARKS)
    server.start()
    return server


def use_trac(server: Server, user: httpx.Client, number: int) -> None:
    """A ticket, found again; and a page that is not there, of which Trac tells the log."""
    ticket = trac.open_ticket(user, f"Ticket of {threading.get_ident()}, {number}")
    page = user.get(f"/trac/ticket/{ticket}")
    assert f"Ticket of {threading.get_ident()}, {number}" in page.text
    assert "Opened" in page.text
    assert user.get(f"/trac/nowhere-{number}").status_code == 404


def use_django(server: Server, user: httpx.Client, number: int) -> None:
    """A paper, in the list and in the admin site; and a page that is not there, of which Django tells the log."""
    title = f"Paper of {threading.get_ident()}, {number}"
    assert title in django.add_paper(user, title).text
    assert "Django-Systemverwaltung" in user.get("/admin/papers/paper/").text
    assert user.get(f"/nowhere-{number}").status_code == 404


def trac_user(server: Server) -> httpx.Client:
    return trac.Trac(server, server.root / "srv/trac").user()


def django_user(server: Server) -> httpx.Client:
    user = django.visitor_of(server)
    django.log_in(user)
    return user


def go_on(
    server: Server,
    log_in: Callable[[Server], httpx.Client],
    use: Callable[[Server, httpx.Client, int], None],
) -> int:
    """How often a user has done what users do."""
    deadline = time.monotonic() + SECONDS
    number = 0
    with closing(log_in(server)) as user:
        while number == 0 or time.monotonic() < deadline:
            use(server, user, number)
            number += 1
    return number


def facts(server: Server, name: str) -> dict[str, Any]:
    found: dict[str, Any] = server.json(f"/facts-of-{name}", host="trac.example.com")
    return found


def test_each_keeps_what_is_its_own(server: Server) -> None:
    server.expect_log(r"trac\.example\.com .*/nowhere-0", r"django\.example\.com .*Not Found: /nowhere-0")
    server.tolerate_log(r"/nowhere-\d+", r"\[trac\] base_url option not set")
    # Trac's word when two browsers of one user bring their first words at the same moment; it goes on.
    server.tolerate_log(r"Trac\[session\] WARNING: (Authenticated s|S)ession (for )?jo already exists")
    children = server.process.children()
    with ThreadPoolExecutor(2 * CLIENTS) as pool:
        users: list[Future[int]] = []
        for _ in range(CLIENTS):
            users.append(pool.submit(go_on, server, trac_user, use_trac))
            users.append(pool.submit(go_on, server, django_user, use_django))
        counts = [user.result() for user in users]
    print(f"trac {sum(counts[::2])} rounds, django {sum(counts[1::2])} rounds in {SECONDS:g} s")
    of_trac, of_django = facts(server, "trac"), facts(server, "django")
    assert (of_trac["modules"], of_django["modules"]) == (["trac"], ["django"])
    assert (of_trac["settings"], of_django["settings"]) == (None, "library.settings")
    for name, found in (("trac", of_trac), ("django", of_django)):
        assert {f"/srv/{name}/venv/" in folder for folder in found["path"]} == {True}
    assert of_trac["locale"] == of_django["locale"]
    assert (of_trac["zone"], of_django["zone"]) == (["UTC", "UTC"], ["UTC", "UTC"])
    assert server.process.children() == children
    assert not [entry for entry in server.log if misplaced(entry.message)]


def misplaced(message: str) -> bool:
    """Whether one application's words stand in an entry of the other's virtual host."""
    is_djangos = "django.request" in message
    return "/nowhere-" in message and is_djangos != ("django.example.com" in message)
