"""The Django site of docs/deploying/django.md, made as the page tells an administrator to, and what visitors send."""

from __future__ import annotations

import re
import secrets
import subprocess
from pathlib import Path

import httpx

from harness import deploying, files, visitor
from harness.log import FORMAT
from harness.server import Server

ADDRESS = "https://django.example.com"
PASSWORD = "open the library"
# What the sample asks for besides.
MODULES = ("headers", "ssl")
# Each entry tells its client and its virtual host.
LINES = f"""
Listen 127.0.0.1:{{tls_port}}
ErrorLogFormat "{FORMAT.replace("%M", "%-a %-v %M")}"
"""
# About the OpenSSL that httpd was built with, and that no cache of TLS sessions is configured.
REMARKS = ("AH01873", "AH01882")


def set_up(folder: Path) -> None:
    """What the page tells an administrator to do, in /srv/django."""
    files.copy_tree(deploying.REQUIREMENTS / "django", folder / "site")
    (folder / "venv").symlink_to(deploying.environment("django"))
    (folder / "secret_key").write_text(secrets.token_urlsafe(50))
    for name in ("data", "media", "tls"):
        (folder / name).mkdir()
    visitor.make_certificate(folder / "tls", "django.example.com")
    manage(folder, "migrate")
    manage(folder, "collectstatic", "--noinput")
    manage(folder, "createsuperuser", "--noinput", "--username=admin", "--email=admin@django.example.com")
    for name in ("data", "media"):
        deploying.give_to_httpd(folder / name)


def manage(folder: Path, *arguments: str) -> str:
    outcome = subprocess.run(
        [str(folder / "venv/bin/python"), str(folder / "site/manage.py"), *arguments],
        env={"PATH": "/usr/bin:/bin", "DJANGO_SUPERUSER_PASSWORD": PASSWORD},
        capture_output=True,
        text=True,
    )
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout


def visitor_of(server: Server) -> httpx.Client:
    return visitor.visitor(server, ADDRESS, server.root / "srv/django/tls/certificate.pem")


def token_of(page: httpx.Response) -> str:
    """Django's token against forgery."""
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert found, page.text
    return found[1]


def add_paper(guest: httpx.Client, title: str) -> httpx.Response:
    """Fill in the form of the first page, and send it."""
    token = token_of(guest.get("/"))
    return guest.post("/", data={"title": title, "csrfmiddlewaretoken": token}, follow_redirects=True)


def log_in(guest: httpx.Client) -> None:
    form = {"username": "admin", "password": PASSWORD, "next": "/admin/"}
    form["csrfmiddlewaretoken"] = token_of(guest.get("/admin/login/"))
    assert guest.post("/admin/login/", data=form).headers["Location"] == "/admin/"
