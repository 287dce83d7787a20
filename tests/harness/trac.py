"""Trac's projects, made as docs/deploying/trac.md tells an administrator to, and what users send to them."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import httpx

from harness import deploying, files, site
from harness.server import Server

OWN_FILES = site.CHECKOUT / "tests/applications/trac"
JO = ("jo", "päß:word")


@dataclass(frozen=True)
class Trac:
    """The server, and what its administrator has at hand."""

    server: Server
    home: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def visitor(self) -> httpx.Client:
        """Somebody with a browser of their own, whom nobody knows."""
        return httpx.Client(base_url=self.address, trust_env=False, timeout=60, follow_redirects=True)

    def login(self, name: str, password: str) -> int:
        """What the login answers: 302, on to where the user came from, if that is the password."""
        address = f"{self.address}/trac/login"
        return httpx.get(address, auth=(name, password), trust_env=False, timeout=60).status_code

    def user(self, project: str = "/trac") -> httpx.Client:
        """Jo, who has logged in."""
        jo = self.visitor()
        response = jo.get(f"{project}/login", auth=JO)
        assert response.status_code == 200, response.text
        return jo


def set_up(home: Path) -> None:
    """What the page tells an administrator to do."""
    (home / "www").mkdir(parents=True)
    (home / "projects").mkdir()
    (home / "venv").symlink_to(deploying.environment("trac"))
    files.copy_tree(OWN_FILES, home)
    admin(home / "env", "initenv", "My project", "sqlite:db/trac.db", f"--inherit={home}/shared.ini")
    admin(home / "env", "permission", "add", JO[0], "TRAC_ADMIN")
    admin(home / "env", "deploy", str(home / "static"))
    # The others are made in the same way: copying them takes less time.
    for name in ("one", "two"):
        copy_project(home / "env", home / "projects" / name)
    deploying.give_to_httpd(home / "env")
    passwords = home / "passwords"
    passwords.touch(mode=0o640)
    deploying.give_to_httpd(passwords)
    set_password(home, *JO)


def copy_project(source: Path, target: Path) -> None:
    shutil.copytree(source, target)
    settings = target / "conf/trac.ini"
    settings.write_text(settings.read_text().replace("My project", f"Project {target.name}"))
    deploying.give_to_httpd(target)


def admin(environment: Path, *command: str) -> None:
    program = deploying.environment("trac") / "bin/trac-admin"
    subprocess.run([program, environment, *command], check=True, stdout=subprocess.DEVNULL)


def set_password(home: Path, user: str, password: str) -> None:
    subprocess.run(
        [site.PYTHON, home / "auth/passwords.py", home / "passwords", user],
        input=f"{password}\n",
        text=True,
        check=True,
    )


def send(visitor: httpx.Client, address: str, fields: dict[str, str], **options: object) -> httpx.Response:
    """Send a form of Trac's, with the token against forgery that Trac put into the page."""
    token = visitor.cookies.get("trac_form_token")
    assert token, "Trac has set no token"
    return visitor.post(address, data={"__FORM_TOKEN": token, **fields}, **options)  # type: ignore[arg-type]


def open_ticket(user: httpx.Client, summary: str, project: str = "/trac") -> str:
    """Open a ticket, and return its number."""
    fields = {"field_summary": summary, "field_description": "What was seen.", "field_type": "defect"}
    response = send(user, f"{project}/newticket", {**fields, "submit": "Create ticket"})
    assert response.status_code == 200, response.text
    found = re.search(r"/ticket/(\d+)$", response.url.path)
    assert found, response.url
    return found[1]
