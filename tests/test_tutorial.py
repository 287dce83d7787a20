"""docs/tutorial.md: each file of it works, and each answer is the one that it shows.

A chapter is everything between two headings. Its files are those of the chapters before it as well.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from harness import guestbook, site
from harness.command import Command
from harness.guestbook import Visitor
from harness.serve import Serve
from harness.server import Server

pytestmark = pytest.mark.skipif(site.MPM != "event", reason="the tutorial says nothing about the MPM")

ROOT = "/srv/tutorial"
MODULES = ("auth_basic", "authn_core", "authz_user", *guestbook.MODULES)
Get = Callable[[str, dict[str, str]], httpx.Response]


@dataclass(frozen=True)
class Block:
    """language: of the code. path: the file that it is, or ''."""

    language: str
    path: str
    text: str

    def exchanges(self) -> list[tuple[str, str]]:
        """The commands of a console block, each with what it prints."""
        parts = re.split(r"(?m)^\$ (.*)\n", self.text)[1:]
        return list(zip(parts[::2], parts[1::2], strict=True))


def chapters() -> dict[str, list[Block]]:
    page = (site.CHECKOUT / "docs/tutorial.md").read_text()
    parts = re.split(r"(?m)^## (.*)\n", page)[1:]
    block = re.compile(r"(?:^`(/srv/tutorial/\S+)`:\n\n)?^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
    return {
        title: [Block(language, path, text) for path, language, text in block.findall(body)]
        for title, body in zip(parts[::2], parts[1::2], strict=True)
    }


def commands(title: str) -> list[tuple[str, str]]:
    return [exchange for block in chapters()[title] if block.language == "console" for exchange in block.exchanges()]


def write(folder: Path, block: Block) -> None:
    file = folder / block.path.removeprefix(f"{ROOT}/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(block.text.replace(ROOT, str(folder)))


def run(folder: Path, script: str) -> None:
    """What the page has the user type in the folder of the sources; a password that is asked for is `apache`."""
    account = site.unprivileged()
    owner = "" if account is None else f"-o {account[0]} -g {account[1]}"
    script = script.replace(ROOT, str(folder)).replace("-o www-data -g www-data", owner)
    # Without a terminal, where a password would be read from.
    command = ["sh", "-e", "-c", script]
    subprocess.run(command, cwd=site.CHECKOUT, input="apache\n", text=True, check=True, start_new_session=True)


def write_until(folder: Path, title: str) -> None:
    """The files of this chapter and of all before it."""
    for name, blocks in chapters().items():
        for block in blocks:
            if block.path:
                write(folder, block)
        if name == title:
            return


def ask(command: str, jar: dict[str, str], get: Get) -> str:
    """What a curl command of the page prints; `get` asks for a path with headers."""
    words = shlex.split(command)
    assert words.pop(0) == "curl"
    path = "/" + words.pop().split("/", 3)[3]
    headers = {"Accept-Encoding": "identity"}
    if "--compressed" in words:
        headers["Accept-Encoding"] = "gzip"
    if "-u" in words:
        headers["Authorization"] = f"Basic {b64encode(words[words.index('-u') + 1].encode()).decode()}"
    if "-b" in words:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
    answer = get(path, headers)
    assert answer.status_code == 200, answer.text
    jar.update(answer.cookies)
    return answer.text


@pytest.fixture
def virtual_host(serve: Serve) -> Callable[[str], Server]:
    """Starts the virtual host as it is at the end of a chapter."""

    def start(title: str) -> Server:
        server = serve.prepare(modules=MODULES, late="Include {root}/tutorial/site.conf")
        folder = server.root / "tutorial"
        folder.mkdir()
        for block in chapters()[title]:
            if block.language == "sh":
                run(folder, block.text)
        write_until(folder, title)
        (folder / "sessions").mkdir(mode=0o700)
        account = site.unprivileged()
        if account is not None:
            shutil.chown(folder / "sessions", *account)
        conf = folder / "site.conf"
        conf.write_text(conf.read_text().replace("*:80", "*"))
        server.start()
        return server

    return start


def try_all(server: Server, title: str) -> None:
    """Ask what a chapter asks the virtual host, and compare."""
    jar: dict[str, str] = {}
    tried = [(command, printed) for command, printed in commands(title) if command.startswith("curl")]
    assert tried

    def get(path: str, headers: dict[str, str]) -> httpx.Response:
        # What curl sends is in its jar alone.
        server.http.cookies.clear()
        return server.get(path, host="www.example.com", headers=headers)

    for command, printed in tried:
        assert ask(command, jar, get) == printed, command


# --- with start-server ---


def test_a_page(command: Command) -> None:
    first, *rest = chapters()["A page"]
    write(command.cwd, first)
    (start, said), *asked = commands("A page")
    with command.serving(*shlex.split(start.replace(ROOT, str(command.cwd)))[2:]) as server:
        assert server.said.replace(str(command.cwd), ROOT).replace(server.url, "http://127.0.0.1:8000") == said

        def get(path: str, headers: dict[str, str]) -> httpx.Response:
            return server.get(path, headers=headers)

        assert ask(asked[0][0], {}, get) == asked[0][1]
        (edited,) = [block for block in rest if block.path]
        write(command.cwd, edited)
        assert ask(asked[1][0], {}, get) == asked[1][1]


def test_a_function_for_each_page(command: Command) -> None:
    title = "A function for each page"
    write_until(command.cwd, title)
    (start, said), *asked = commands(title)
    with command.serving(*shlex.split(start.replace(ROOT, str(command.cwd)))[2:]) as server:
        assert server.said.replace(str(command.cwd), ROOT).replace(server.url, "http://127.0.0.1:8000") == said
        for line, printed in asked:
            assert ask(line, {}, lambda path, headers: server.get(path, headers=headers)) == printed
        assert server.get("/_private").status_code == 403


# --- with a virtual host ---


def test_a_virtual_host(virtual_host: Callable[[str], Server]) -> None:
    server = virtual_host("A virtual host")
    try_all(server, "A virtual host")
    assert "def handler" not in server.get("/app/hello.py", host="www.example.com").text


def test_a_password(virtual_host: Callable[[str], Server]) -> None:
    server = virtual_host("A password")
    server.expect_log("AH01617", "AH01618")
    try_all(server, "A password")
    for auth in (None, ("ada", "wrong"), ("nobody", "lovelace")):
        answer = server.get("/members", host="www.example.com", auth=auth)
        assert answer.status_code == 401
        assert "Welcome" not in answer.text


def test_a_session(virtual_host: Callable[[str], Server]) -> None:
    server = virtual_host("A session")
    try_all(server, "A session")
    server.http.cookies.clear()
    assert server.get("/visits", host="www.example.com").text == "Visit 1\n"


def test_a_filter(virtual_host: Callable[[str], Server]) -> None:
    """The example that 3.5 shipped, which Python 3 could not run."""
    server = virtual_host("A filter")
    try_all(server, "A filter")
    headers = {"Accept-Encoding": "gzip"}
    answer = server.get("/index.html", host="www.example.com", headers=headers)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.text == "<p>A file that httpd sends by itself.</p>\n"
    answer = server.get("/index.html", host="www.example.com", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in answer.headers
    assert answer.text == "<p>A file that httpd sends by itself.</p>\n"


def test_a_guest_book(virtual_host: Callable[[str], Server]) -> None:
    server = virtual_host("A guest book")
    visitor, moderator = (Visitor(f"http://127.0.0.1:{server.port}", host="www.example.com") for _ in range(2))
    visitor.sign("Ada", "Hello https://example.com/ada", guestbook.PIXEL)
    moderator.log_in("ada", "apache")
    moderator.publish_all()
    assert '<a href="https://example.com/ada"' in visitor.look()
    assert "<td>/guestbook/moderators/</td>" in visitor.look("statistics.shtml")


def test_the_guest_book_is_what_the_page_shows() -> None:
    shown = [block for block in chapters()["A guest book"] if block.path.startswith(f"{ROOT}/guestbook/")]
    assert len(shown) > 3
    for block in shown:
        assert block.text == (guestbook.SOURCE / block.path.removeprefix(f"{ROOT}/guestbook/")).read_text(), block.path


# --- check ---


def test_is_it_right(command: Command) -> None:
    write_until(command.cwd, "A filter")
    # Where the tests may write is what check warns of.
    visits = command.cwd / "conf/visits.conf"
    visits.write_text(visits.read_text().replace(f"{command.cwd}/sessions", f"{ROOT}/sessions"))
    ((line, printed),) = commands("Is it right?")
    words = shlex.split(line.replace(ROOT, str(command.cwd)))
    outcome = command.run(*words[1:])
    assert (outcome.returncode, outcome.stdout) == (0, printed)


def test_every_chapter_is_tried() -> None:
    tests = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert {re.sub(r"\W+", "_", title.lower()).strip("_") for title in chapters()} <= tests
