"""The guest book of `apps/classic`, laid out as its page says, and a visitor of it without a browser."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import Any

import httpx

from harness import deploying, files, site
from harness.serve import Serve
from harness.server import Server

SOURCE = site.APPS / "classic"
MODERATOR = ("demo", "apache")
MODULES = ("alias", "dir", "include", "mime")
# The smallest picture: a transparent pixel.
PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")


def place(folder: Path) -> None:
    """The site, and what it keeps: with the demo's moderator, as httpd's user's own."""
    files.copy_tree(SOURCE, folder)
    files.copy_tree(site.CHECKOUT / "apxs/demo/guestbook", folder)
    deploying.give_to_httpd(folder / "data")
    (folder / "data").chmod(0o700)


def start(serve: Serve, **config: Any) -> Server:
    server = serve.prepare(
        modules=MODULES, late="Define GUESTBOOK {root}/guestbook\nInclude {root}/guestbook/guestbook.conf", **config
    )
    place(server.root / "guestbook")
    server.start()
    return server


def empty(server: Server) -> None:
    """Forget all entries and visits, as a new guest book."""
    file = server.root / "guestbook/data/guestbook.sqlite3"
    # Made here, it would be ours and not that of httpd's user.
    if file.exists():
        with closing(sqlite3.connect(file, timeout=30)) as database, database:
            database.execute("delete from entry")
            database.execute("delete from visit")


class Visitor:
    """Somebody with cookies of his own, who looks at pages and sends their forms."""

    def __init__(self, url: str, address: str = "127.0.0.1", host: str = "") -> None:
        # One connection per request: an idle one would occupy prefork's only child.
        limits = httpx.Limits(max_keepalive_connections=0)
        self.http = httpx.Client(
            base_url=f"{url}/guestbook/",
            transport=httpx.HTTPTransport(local_address=address, http1=not site.HTTP2, http2=site.HTTP2, limits=limits),
            headers={"Host": host} if host else {},
            trust_env=False,
            follow_redirects=True,
            timeout=60,
        )

    def look(self, path: str = "") -> str:
        answer = self.http.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.text

    def token(self, path: str = "") -> str:
        found = re.search(r'name="token" value="(\w+)"', self.look(path))
        assert found
        return found[1]

    def send(self, path: str, files: Any = None, **fields: str | bytes) -> httpx.Response:
        """One of our forms, with its token."""
        return self.http.post(path, data={"token": self.token(), **fields}, files=files)

    def sign(self, name: str, text: str, picture: bytes | None = None) -> str:
        """The page that says what came of it."""
        files = None if picture is None else {"picture": ("picture", picture)}
        answer = self.send("sign", files=files, name=name, text=text)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        return answer.text

    def log_in(self, name: str = MODERATOR[0], password: str = MODERATOR[1]) -> None:
        assert "Log out" in self.send("moderators/login", name=name, password=password).text

    def waiting(self) -> list[str]:
        return numbers(self.look("moderators/"))

    def publish_all(self) -> None:
        for number in self.waiting():
            assert self.send("moderators/publish", number=number).status_code == 200


def numbers(page: str) -> list[str]:
    """Of the entries that wait, in the order of the page."""
    return re.findall(r'name="number" value="(\d+)"', page)


def entries(page: str) -> list[tuple[str, str]]:
    """Name and text of each entry of a page, as they are read."""
    found = re.findall(r'<h2>(.*?) <time>.*?</h2>\n<p class="text">(.*?)</p>', page, re.DOTALL)
    return [(unescape(name), unescape(re.sub(r"</?a\b[^>]*>", "", text))) for name, text in found]
