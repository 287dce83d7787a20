"""Trac 1.6 through its own mod_python front end, as docs/deploying/trac.md sets it up."""

from __future__ import annotations

import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from harness import client, deploying, files, site
from harness.serve import Serve
from harness.server import Server

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = deploying.CELLS

MODULES = ("alias", "auth_basic", "authn_core", "authz_user", "mime")
# As Debian's own configuration begins, so that the sample says itself what it allows.
CLOSED = "<Directory />\nAllowOverride None\nRequire all denied\n</Directory>"
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

    def user(self, project: str = "/trac") -> httpx.Client:
        """Jo, who has logged in."""
        jo = self.visitor()
        response = jo.get(f"{project}/login", auth=JO)
        assert response.status_code == 200, response.text
        return jo


@pytest.fixture(scope="module")
def trac(session_dir: Path, package_path: Path) -> Iterator[Trac]:
    folder = files.new_folder(session_dir)
    serve = Serve(folder, package_path)
    server = serve.prepare(
        server=CLOSED,
        modules=MODULES,
        late=deploying.configuration("trac", folder / "server-0"),
        children=4,
    )
    home = server.root / "srv/trac"
    set_up(home)
    server.start()
    yield Trac(server, home)
    problems = serve.finish()
    shutil.rmtree(folder, ignore_errors=True)
    assert not problems, "\n".join(problems)


def set_up(home: Path) -> None:
    """What the page tells an administrator to do."""
    (home / "www").mkdir(parents=True)
    (home / "projects").mkdir()
    (home / "venv").symlink_to(deploying.environment("trac"))
    deploying.place(OWN_FILES / "auth", home / "auth")
    initenv(home / "env", "My project")
    # The others are made in the same way, so they are copied.
    for name in ("one", "two"):
        shutil.copytree(home / "env", home / "projects" / name)
        admin(home / "projects" / name, "config", "set", "project", "name", f"Project {name}")
    admin(home / "env", "deploy", str(home / "static"))
    for folder in (home / "env", home / "projects"):
        deploying.give_to_httpd(folder)
    set_password(home, *JO)


def initenv(folder: Path, name: str) -> None:
    admin(folder, "initenv", name, "sqlite:db/trac.db")
    admin(folder, "config", "set", "attachment", "max_size", "52428800")
    admin(folder, "permission", "add", JO[0], "TRAC_ADMIN")


def admin(environment: Path, *command: str) -> str:
    program = deploying.environment("trac") / "bin/trac-admin"
    return subprocess.run([program, environment, *command], check=True, capture_output=True, text=True).stdout


def set_password(home: Path, user: str, password: str) -> None:
    path = home / "passwords"
    path.touch()
    subprocess.run(
        [site.PYTHON, home / "auth/passwords.py", path, user], input=f"{password}\n", text=True, check=True
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


# --- who may do what ---


def test_a_visitor_sees_the_wiki(trac: Trac) -> None:
    response = trac.visitor().get("/trac")
    assert response.status_code == 200
    assert "Welcome to Trac" in response.text
    assert "My project" in response.text


def test_the_right_password_logs_in(trac: Trac) -> None:
    assert "logged in as <span class=\"trac-author-user\">jo</span>" in trac.user().get("/trac/wiki").text


@pytest.mark.parametrize("credentials", [None, ("jo", "wrong"), ("jo", ""), ("stranger", JO[1])])
def test_nobody_else_gets_past_the_login(trac: Trac, credentials: tuple[str, str] | None) -> None:
    trac.server.tolerate_log("AH01617", "AH01618")
    response = trac.visitor().get("/trac/login", auth=credentials)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Basic realm="Trac"'


def test_only_the_login_asks_for_a_password(trac: Trac) -> None:
    assert trac.visitor().get("/trac/newticket").status_code == 403


def test_a_password_that_was_changed_counts_at_once(trac: Trac) -> None:
    trac.server.tolerate_log("AH01617")
    set_password(trac.home, "amy", "first")
    assert trac.visitor().get("/trac/login", auth=("amy", "first")).status_code == 200
    set_password(trac.home, "amy", "second")
    assert trac.visitor().get("/trac/login", auth=("amy", "first")).status_code == 401
    assert trac.visitor().get("/trac/login", auth=("amy", "second")).status_code == 200


# --- what Trac is for ---


def test_a_ticket_is_opened(trac: Trac) -> None:
    summary = f"Späte Züge {secrets.token_hex(4)}"
    user = trac.user()
    number = open_ticket(user, summary)
    page = trac.visitor().get(f"/trac/ticket/{number}").text
    assert summary in page
    assert "jo" in page


def test_an_attachment_of_20_megabytes_comes_back_byte_for_byte(trac: Trac) -> None:
    user = trac.user()
    number = open_ticket(user, "With an attachment")
    content = secrets.token_bytes(20_000_000)
    fields = {"action": "new", "realm": "ticket", "id": number, "description": "a film"}
    attachment = {"attachment": ("film.bin", content, "application/octet-stream")}
    response = send(user, f"/trac/attachment/ticket/{number}/", fields, files=attachment)
    assert response.status_code == 200, response.text
    answer = user.get(f"/trac/raw-attachment/ticket/{number}/film.bin")
    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) == len(content)
    assert answer.content == content


@pytest.mark.parametrize("name", ["Notes", "Grüße/日本", "100%"], ids=["plain", "unicode", "percent"])
def test_a_wiki_page_is_edited(trac: Trac, name: str) -> None:
    user = trac.user()
    address = httpx.URL("/trac/wiki/").join("/trac/wiki/" + name.replace("%", "%25"))
    assert user.get(f"{address}?action=edit").status_code == 200
    words = secrets.token_hex(8)
    fields = {"action": "edit", "version": "0", "text": f"= {name} =\nIt says {words}, ñandú.", "save": "Submit changes"}
    assert send(user, str(address), fields).status_code == 200
    page = trac.visitor().get(address)
    assert page.status_code == 200
    assert f"It says {words}, ñandú." in page.text


def test_the_search_finds_a_ticket(trac: Trac) -> None:
    word = f"needle{secrets.token_hex(6)}"
    number = open_ticket(trac.user(), f"A {word} was lost")
    page = trac.visitor().get("/trac/search", params={"q": word, "noquickjump": "1", "ticket": "on"}).text
    assert f'href="/trac/ticket/{number}"' in page


def test_the_timeline_shows_what_was_done(trac: Trac) -> None:
    word = secrets.token_hex(6)
    number = open_ticket(trac.user(), f"For the timeline {word}")
    page = trac.visitor().get("/trac/timeline").text
    assert f'href="/trac/ticket/{number}"' in page
    assert word in page


# --- several projects ---


def test_the_projects_are_listed(trac: Trac) -> None:
    page = trac.visitor().get("/projects/").text
    assert 'href="/projects/one"' in page
    assert 'href="/projects/two"' in page


def test_each_project_has_its_own_tickets_and_logins(trac: Trac) -> None:
    summary = f"Only in one {secrets.token_hex(4)}"
    user = trac.user("/projects/one")
    number = open_ticket(user, summary, "/projects/one")
    assert summary in trac.visitor().get(f"/projects/one/ticket/{number}").text
    assert summary not in user.get("/projects/two/timeline").text
    assert "logged in as" not in user.get("/projects/two").text


def test_a_project_that_is_added_is_there_at_once(trac: Trac) -> None:
    assert trac.visitor().get("/projects/three").status_code == 404
    shutil.copytree(trac.home / "projects/two", trac.home / "projects/three")
    deploying.give_to_httpd(trac.home / "projects/three")
    assert trac.visitor().get("/projects/three").status_code == 200


# --- files that do not change ---


def test_httpd_sends_the_style_sheets_that_trac_admin_deployed(trac: Trac) -> None:
    deployed = (trac.home / "static/htdocs/common/css/trac.css").read_bytes()
    response = trac.visitor().get("/trac/chrome/common/css/trac.css")
    assert response.content == deployed
    # httpd's own mark of a file; Trac sends none.
    assert "ETag" in response.headers


def test_trac_sends_the_style_sheets_where_httpd_does_not(trac: Trac) -> None:
    deployed = (trac.home / "static/htdocs/common/css/trac.css").read_bytes()
    response = trac.visitor().get("/projects/one/chrome/common/css/trac.css")
    assert response.status_code == 200
    assert response.content == deployed
    assert "Last-Modified" in response.headers


def test_a_file_that_has_not_changed_is_not_sent_again(trac: Trac) -> None:
    visitor = trac.visitor()
    address = "/projects/one/chrome/common/css/trac.css"
    seen = visitor.get(address).headers["Last-Modified"]
    response = visitor.get(address, headers={"If-Modified-Since": seen})
    assert (response.status_code, response.content) == (304, b"")


# --- hostile requests ---


@pytest.mark.parametrize(
    "target",
    [
        b"/trac/wiki/%ff%fe",
        b"/trac/wiki/\xff\xfe",
        b"/trac/wiki/a%00b",
        b"/trac/search?q=%ff",
        b"/trac/search?q=a%00b",
        b"/trac/chrome/common/../../../env/conf/trac.ini",
        b"/trac/chrome/%2e%2e/%2e%2e/env/conf/trac.ini",
        b"/projects/one/chrome/common/%252e%252e/%252e%252e/conf/trac.ini",
        b"/projects/%ff",
        b"/projects/%2e%2e/env",
    ],
)
def test_an_address_that_is_none_is_refused(trac: Trac, target: bytes) -> None:
    trac.server.tolerate_log("AH00126", "AH02812", "AH10244")
    response = client.request(trac.server.port, target)
    assert 400 <= response.status < 500, response.head
    assert trac.visitor().get("/trac").status_code == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"--x", b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nno end", b"\r\n--x--\r\n", b"\x00\xff" * 500],
)
def test_a_broken_form_is_refused(trac: Trac, body: bytes) -> None:
    user = trac.user()
    response = user.post("/trac/newticket", content=body, headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert 400 <= response.status_code < 500, response.text


def test_a_form_without_its_token_is_refused(trac: Trac) -> None:
    response = trac.user().post("/trac/newticket", data={"field_summary": "forged", "submit": "1"})
    assert response.status_code == 400


# --- in a browser ---


def test_a_ticket_from_login_to_timeline_in_a_browser(trac: Trac, browser: Chrome) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support import expected_conditions as page_is
    from selenium.webdriver.support.ui import WebDriverWait

    wait = WebDriverWait(browser, 60)
    browser.delete_all_cookies()
    browser.get(f"http://{JO[0]}:p%C3%A4%C3%9F%3Aword@127.0.0.1:{trac.server.port}/trac/login")
    wait.until(page_is.text_to_be_present_in_element((By.ID, "metanav"), "logged in as jo"))
    deploying.picture(browser, "trac-wiki")

    browser.get(f"{trac.address}/trac/newticket")
    summary = "The 8:15 to the coast is late"
    wait.until(page_is.element_to_be_clickable((By.ID, "field-summary"))).send_keys(summary)
    browser.find_element(By.ID, "field-description").send_keys("Every '''Monday'''.")
    browser.find_element(By.NAME, "submit").click()
    wait.until(page_is.url_matches(r"/trac/ticket/\d+$"))
    wait.until(page_is.text_to_be_present_in_element((By.CSS_SELECTOR, "#ticket h1"), summary))
    deploying.picture(browser, "trac-ticket")

    browser.find_element(By.LINK_TEXT, "Timeline").click()
    wait.until(page_is.text_to_be_present_in_element((By.ID, "content"), summary))
    deploying.picture(browser, "trac-timeline")
