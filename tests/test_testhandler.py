"""`mod_python.testhandler`: a page about the server and the request."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from harness import site
from harness.browser import ATTACKS, ONE_CELL, injected, page, send_headers
from harness.serve import Serve
from harness.server import Server

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

_ALLOW = "PythonOption mod_python.testhandler.allow"
_REMOTE = "RemoteIPHeader X-Client\nRemoteIPInternalProxy 127.0.0.1"


def _serve(serve: Serve, directory: str = "", **config: Any) -> Server:
    return serve(directory=f"SetHandler mod_python\nPythonHandler mod_python.testhandler\n{directory}", **config)


def _sections(html: str) -> dict[str, str]:
    parts = re.split(r"<h2>(.*?)</h2>", html)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _rows(section: str) -> dict[str, str]:
    cells = re.findall(r"<tr><th>(.*?)</th><td>(.*?)</td></tr>", section, re.DOTALL)
    return {unescape(name): unescape(value) for name, value in cells}


# --- the page ---


def test_it_shows_the_request_and_the_server(serve: Serve) -> None:
    server = _serve(serve, "PythonOption colour blue", server="PythonOption shape round")
    response = server.get("/x?y=z", headers={"X-Test": "value"})
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    sections = _sections(response.text)
    assert list(sections) == [
        "General information",
        "Request input headers",
        "Request environment",
        "Request configuration",
        "Request options",
        "Request notes",
        "Server configuration",
        "Server options",
        "Server configuration tree",
    ]
    general = _rows(sections["General information"])
    assert "mod_python/" in general["Apache version"]
    assert general["Apache threaded MPM"].startswith("no" if site.MPM == "prefork" else "yes, maximum 8 threads")
    assert general["Apache forked MPM"].startswith("yes, maximum ")
    assert general["Apache server root"] == str(server.root)
    assert general["Apache document root"] == str(server.htdocs)
    assert general["Python interpreter name"] == "main.test"
    assert general["Python sys.version"].startswith("3.")
    assert set(general) >= {"mod_python.publisher available", "mod_python.psp available", "Python sys.path"}
    assert _rows(sections["Request input headers"])["X-Test"] == "value"
    assert "mod_python/" in _rows(sections["Request environment"])["SERVER_SOFTWARE"]
    assert _rows(sections["Request options"]) == {"colour": "blue", "shape": "round"}
    assert _rows(sections["Server options"]) == {"shape": "round"}


def test_the_configuration_is_a_tree_with_four_blanks_a_level(serve: Serve) -> None:
    server = _serve(serve)
    tree = unescape(_sections(server.text())["Server configuration tree"])
    assert f'\n<Directory "{server.htdocs}">\n    AllowOverride All\n    SetHandler mod_python\n' in tree


def test_the_form_is_kept_with_the_request(serve: Serve) -> None:
    server = _serve(serve, "PythonLogHandler ./log")
    (server.htdocs / "log.py").write_text(
        "def loghandler(req):\n    req.log_error('form: ' + req.form.getfirst('a'), 6)\n    return 0\n"
    )
    server.text("/?a=b")
    server.log.wait_for("form: b")


# --- the log ---


def test_the_last_lines_of_the_log(serve: Serve) -> None:
    server = _serve(serve)
    with server.log.path.open("a") as log:
        log.writelines(f"-|info|1|-|-|line {n} <b>\n" for n in range(300))
    server.log.path.chmod(0o644)
    response = server.get("/?view_log=1")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    lines = response.text.splitlines()
    assert len(lines) == 100
    assert "line 299 <b>" in lines[-1] or "line 299 <b>" in "".join(lines[-5:])


def test_of_a_large_log_the_end_is_read(serve: Serve) -> None:
    server = _serve(serve)
    with server.log.path.open("a") as log:
        log.write("-|info|1|-|-|" + "x" * (1 << 20) + "\n-|info|1|-|-|the end\n")
    server.log.path.chmod(0o644)
    assert server.text("/?view_log=1").splitlines()[1:2] == ["-|info|1|-|-|the end"]


@pytest.mark.skipif(site.MPM != "event", reason="the same for every MPM")
def test_a_log_that_is_no_file_is_not_found(serve: Serve) -> None:
    server = _serve(serve, vhosts={"main.test": "", "piped.test": 'ErrorLog "|/bin/dd of={root}/piped status=none"'})
    assert server.get("/?view_log=1", "piped.test").status_code == 404
    assert "view_log" not in server.text("/", "piped.test")


@pytest.mark.skipif(site.unprivileged() is None, reason="needs root to have unprivileged children")
def test_a_log_that_cannot_be_read_is_not_found(serve: Serve) -> None:
    server = _serve(serve)
    server.log.path.chmod(0o600)
    assert server.get("/?view_log=1").status_code == 404
    server.expect_log("^MPY0946: the error log cannot be shown: .*Permission denied")


# --- who may see it ---


@pytest.mark.parametrize(
    ("option", "client", "status"),
    [
        ("", "192.0.2.7", 403),
        ("", "127.0.0.1", 200),
        ("", "::1", 200),
        (f"{_ALLOW} 192.0.2.0/24", "192.0.2.7", 200),
        (f"{_ALLOW} '198.51.100.1, 192.0.2.7'", "192.0.2.7", 200),
        (f"{_ALLOW} 192.0.2.7", "192.0.2.8", 403),
        (f"{_ALLOW} 2001:db8::/32", "2001:db8::1", 200),
        (f"{_ALLOW} 192.0.2.0/24", "127.0.0.1", 200),
        (f"{_ALLOW} all", "192.0.2.7", 200),
    ],
)
def test_strangers_are_refused(serve: Serve, option: str, client: str, status: int) -> None:
    """L7.2: 32. To whom the page shows the configuration."""
    server = _serve(serve, option, server=_REMOTE, modules=("remoteip",))
    response = server.get(headers={"X-Client": client})
    assert response.status_code == status
    if status == 403:
        assert "Python" not in response.text.replace("mod_python", "")
        assert server.log.find(f"MPY0945: {client} may not see the page")


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"])
def test_who_comes_through_a_proxy_on_this_machine_is_a_stranger(serve: Serve, header: str) -> None:
    """L7.2: 32."""
    server = _serve(serve)
    assert server.get(headers={header: "127.0.0.1"}).status_code == 403


@pytest.mark.parametrize(
    ("host", "status"),
    [("main.test", 200), ("localhost", 200), ("127.0.0.1:80", 200), ("[::1]", 200), ("evil.test", 403)],
)
def test_a_name_that_is_not_the_servers_is_a_strangers(serve: Serve, host: str, status: int) -> None:
    """L7.2: 32. A foreign page, whose own name leads to this machine, in a browser here."""
    assert _serve(serve).get(host=host).status_code == status


def test_the_log_is_refused_too(serve: Serve) -> None:
    assert _serve(serve).get("/?view_log=1", headers={"Via": "1.1 x"}).status_code == 403


def test_an_option_that_means_nothing_shows_nothing(serve: Serve) -> None:
    server = _serve(serve, f"{_ALLOW} everybody")
    assert server.get().status_code == 500
    server.expect_log(
        "^MPY0303: ", "PythonOption mod_python.testhandler.allow: 'everybody' is neither an address nor a network"
    )
    server.tolerate_log("^PythonHandler mod_python.testhandler: ")


# --- what is put into the page ---


class _Tags(HTMLParser):
    """The tags and attributes of a page, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen |= {tag, *(f"{tag} {name}" for name, _ in attributes)}

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_nothing_that_is_shown_becomes_markup(serve: Serve, attack: str) -> None:
    """L7.2: 32. Names and values of headers, options, notes, the configuration's text."""
    quoted = attack.replace("\\", "\\\\").replace('"', '\\"')
    server = _serve(serve, f'PythonOption "{quoted}" "{quoted}"')
    tags = _Tags()
    tags.feed(server.text(f"/{attack}?{attack}".replace(" ", "%20"), headers={"X-Attack": attack}))
    assert tags.seen <= {
        *("html", "html lang", "head", "title", "style", "body", "h1", "h2", "table", "tr", "th", "td", "pre", "br"),
        *("a", "a href"),
    }
    assert tags.text.count(attack) >= 3


def test_any_byte_can_be_shown(serve: Serve) -> None:
    server = serve.prepare(directory="SetHandler mod_python\nPythonHandler mod_python.testhandler")
    (server.htdocs / ".htaccess").write_bytes(b"PythonOption name \xff\x80caf\xc3\xa9\n")
    server.start()
    response = server.raw(b"/%FF?\xff\xfe", b"X-Bytes: \xff\x80")
    assert response.status == 200
    assert rb"\udcff\udc80caf" + "\xe9".encode() in response.body


@ONE_CELL
def test_a_browser_runs_nothing_of_it(serve: Serve, browser: Chrome) -> None:
    """L7.2: 32."""
    options = "\n".join('PythonOption "{0}" "{0}"'.format(attack.replace('"', '\\"')) for attack in ATTACKS)
    server = _serve(serve, options)
    for number, attack in enumerate(ATTACKS):
        send_headers(browser, {"X-Attack": attack, "User-Agent": attack})
        browser.get(page(server, f"/?{attack}"))
        assert "mod_python test page" in browser.title
        assert not injected(browser), number
    send_headers(browser, {})


@ONE_CELL
def test_a_browser_takes_the_log_for_text(serve: Serve, browser: Chrome) -> None:
    """L7.2: 32."""
    server = _serve(serve)
    with server.log.path.open("a") as log:
        log.writelines(f"-|info|1|-|-|{attack}\n" for attack in ATTACKS)
    server.log.path.chmod(0o644)
    browser.get(page(server, "/?view_log=1"))
    assert ATTACKS[0] in browser.page_source.replace("&lt;", "<").replace("&gt;", ">")
    assert not injected(browser)


# --- bounded_buffer ---


def test_a_bounded_buffer_keeps_the_last_items(serve: Serve) -> None:
    server = serve("evaluate", directory="SetHandler mod_python\nPythonHandler evaluate")
    source = """
from mod_python.testhandler import bounded_buffer
buffer = bounded_buffer(3)
for n in range(5): buffer.append(n)
result = [list(buffer), buffer.items(), len(buffer)]
"""
    assert server.post("/", source.encode()).json() == {"result": [[2, 3, 4], [2, 3, 4], 3]}
