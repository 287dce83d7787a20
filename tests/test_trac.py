"""Trac 1.6 through its own mod_python front end, as docs/deploying/trac.md sets it up."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from harness import client, deploying, site
from harness.serve import Serve
from harness.trac import JO, Trac, copy_project, open_ticket, send, set_password, set_up

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = deploying.CELLS


@pytest.fixture(scope="module")
def trac(serve_all: Serve) -> Trac:
    server = serve_all.prepare(
        server=f"{deploying.DEBIANS_LINES}\nKeepAlive Off",
        modules=deploying.DEBIANS_MODULES,
        late=deploying.configuration("trac", Path("{root}")),
        # A browser may keep a child to itself, and each child imports Trac.
        children=4 if site.MPM == "prefork" else 1,
    )
    home = server.root / "srv/trac"
    set_up(home)
    server.start()
    return Trac(server, home)


@pytest.fixture(scope="module")
def jo(trac: Trac) -> Iterator[httpx.Client]:
    """Jo, who has logged in to the first project."""
    user = trac.user()
    yield user
    user.close()


# --- who may do what ---


def test_a_visitor_sees_the_wiki(trac: Trac) -> None:
    response = trac.visitor().get("/trac")
    assert response.status_code == 200
    assert "Welcome to Trac" in response.text
    assert "My project" in response.text


def test_the_right_password_logs_in(jo: httpx.Client) -> None:
    assert 'logged in as <span class="trac-author-user">jo</span>' in jo.get("/trac/wiki").text


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
    assert trac.login("amy", "first") == 302
    set_password(trac.home, "amy", "second")
    assert trac.login("amy", "first") == 401
    assert trac.login("amy", "second") == 302


@pytest.mark.parametrize("name", ["Åsa", "\x1cx"], ids=ascii)
def test_names_of_users_may_be_any_text(trac: Trac, name: str) -> None:
    set_password(trac.home, name, "secret")
    assert trac.login(name, "secret") == 302


def test_the_password_file_is_for_its_group_only(trac: Trac) -> None:
    path = trac.home / "passwords"
    before = path.stat()
    set_password(trac.home, "ann", "secret")
    after = path.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert b"secret" not in path.read_bytes()


def test_a_password_file_that_is_damaged_lets_nobody_in(trac: Trac) -> None:
    trac.server.expect_log("MPY0303: PythonAuthnProvider .*passwords.py::check")
    trac.server.tolerate_log("^PythonAuthnProvider .*passwords.py::check: ")
    path = trac.home / "passwords"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"jo:$scrypt$", b"jo:$"))
    try:
        assert trac.login(*JO) == 500
    finally:
        path.write_bytes(whole)


# --- what Trac is for ---


def test_a_ticket_is_opened(trac: Trac, jo: httpx.Client) -> None:
    summary = f"Späte Züge {secrets.token_hex(4)}"
    number = open_ticket(jo, summary)
    page = trac.visitor().get(f"/trac/ticket/{number}").text
    assert summary in page
    assert "jo" in page


def test_an_attachment_of_20_megabytes_comes_back_byte_for_byte(jo: httpx.Client) -> None:
    number = open_ticket(jo, "With an attachment")
    content = secrets.token_bytes(20_000_000)
    fields = {"action": "new", "realm": "ticket", "id": number, "description": "a film"}
    attachment = {"attachment": ("film.bin", content, "application/octet-stream")}
    response = send(jo, f"/trac/attachment/ticket/{number}/", fields, files=attachment)
    assert response.status_code == 200, response.text
    answer = jo.get(f"/trac/raw-attachment/ticket/{number}/film.bin")
    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) == len(content)
    assert answer.content == content


@pytest.mark.parametrize("name", ["Notes", "Grüße/日本", "100%"], ids=["plain", "unicode", "percent"])
def test_a_wiki_page_is_edited(trac: Trac, jo: httpx.Client, name: str) -> None:
    address = httpx.URL("/trac/wiki/").join("/trac/wiki/" + name.replace("%", "%25"))
    assert jo.get(f"{address}?action=edit").status_code == 200
    words = secrets.token_hex(8)
    fields = {
        "action": "edit",
        "version": "0",
        "text": f"= {name} =\nIt says {words}, ñandú.",
        "save": "Submit changes",
    }
    assert send(jo, str(address), fields).status_code == 200
    page = trac.visitor().get(address)
    assert page.status_code == 200
    assert f"It says {words}, ñandú." in page.text


def test_the_search_finds_a_ticket(trac: Trac, jo: httpx.Client) -> None:
    word = f"needle{secrets.token_hex(6)}"
    number = open_ticket(jo, f"A {word} was lost")
    page = trac.visitor().get("/trac/search", params={"q": word, "noquickjump": "1", "ticket": "on"}).text
    assert f'href="/trac/ticket/{number}"' in page


def test_the_timeline_shows_what_was_done(trac: Trac, jo: httpx.Client) -> None:
    word = secrets.token_hex(6)
    number = open_ticket(jo, f"For the timeline {word}")
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
    copy_project(trac.home / "projects/two", trac.home / "projects/three")
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
        b"/projects/%ff",
    ],
)
def test_an_address_that_is_none_is_refused(trac: Trac, target: bytes) -> None:
    response = client.request(trac.server.port, target)
    assert 400 <= response.status < 500, response.head
    assert trac.visitor().get("/trac").status_code == 200


@pytest.mark.parametrize(
    "target",
    [
        b"/trac/chrome/common/../../../env/conf/trac.ini",
        b"/trac/chrome/%2e%2e/%2e%2e/env/conf/trac.ini",
        b"/projects/one/chrome/common/%252e%252e/%252e%252e/conf/trac.ini",
        b"/projects/../env/conf/trac.ini",
        b"/projects/%252e%252e/env",
    ],
)
def test_no_address_leads_out_of_a_folder(trac: Trac, target: bytes) -> None:
    trac.server.tolerate_log("AH01630")
    response = client.request(trac.server.port, target)
    # To what httpd lets pass Trac's own answer is a 500: "Invalid chrome path", or that there is no project.
    assert response.status >= 400
    assert b"[project]" not in response.body


BROKEN = [b"", b"--x", b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nno end", b"\x00\xff" * 500]


def send_broken(user: httpx.Client, body: bytes) -> int:
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    return user.post("/trac/newticket", content=body, headers=kind).status_code


@pytest.mark.skipif(site.python_version() >= (3, 13), reason="Trac takes no errors of `multipart` into account")
@pytest.mark.parametrize("body", BROKEN)
def test_a_broken_form_is_refused(jo: httpx.Client, body: bytes) -> None:
    assert 400 <= send_broken(jo, body) < 500


@pytest.mark.skipif(site.python_version() < (3, 13), reason="Trac takes `cgi`")
@pytest.mark.parametrize("body", BROKEN)
def test_a_broken_form_fails_alone(trac: Trac, jo: httpx.Client, body: bytes) -> None:
    trac.server.expect_log("MPY0303: PythonHandler trac.web.modpython_frontend .*AssertionError: Response not started")
    trac.server.tolerate_log("^PythonHandler trac.web.modpython_frontend: ")
    assert send_broken(jo, body) == 500
    assert jo.get("/trac/newticket").status_code == 200


def test_a_form_without_its_token_is_refused(jo: httpx.Client) -> None:
    response = jo.post("/trac/newticket", data={"field_summary": "forged", "submit": "1"})
    assert response.status_code == 400


# --- in a browser ---


def test_a_ticket_from_login_to_timeline_in_a_browser(trac: Trac, browser: Chrome) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support import expected_conditions as page_is
    from selenium.webdriver.support.ui import WebDriverWait

    wait = WebDriverWait(browser, 60)
    browser.delete_all_cookies()
    browser.set_window_size(1000, 800)
    browser.get(f"http://{JO[0]}:p%C3%A4%C3%9F%3Aword@127.0.0.1:{trac.server.port}/trac/login")
    wait.until(page_is.text_to_be_present_in_element((By.ID, "metanav"), "logged in as jo"))

    browser.get(f"{trac.address}/trac/newticket")
    summary = "The 8:15 to the coast is late"
    wait.until(page_is.element_to_be_clickable((By.ID, "field-summary"))).send_keys(summary)
    browser.find_element(By.ID, "field-description").send_keys("Every '''Monday'''.")
    browser.find_element(By.NAME, "submit").click()
    wait.until(page_is.url_matches(r"/trac/ticket/\d+"))
    wait.until(page_is.text_to_be_present_in_element((By.CSS_SELECTOR, "#ticket h1"), summary))
    # Trac has jumped to the ticket itself; its heading belongs into the picture.
    browser.execute_script("scrollTo(0, 0)")
    deploying.picture(browser, "trac-ticket")

    browser.find_element(By.CSS_SELECTOR, "#mainnav a[href$='/timeline']").click()
    wait.until(page_is.text_to_be_present_in_element((By.ID, "content"), summary))
    deploying.picture(browser, "trac-timeline")


# --- the page ---


@pytest.mark.parametrize("file", ["trac/auth/passwords.py", "trac/shared.ini", "trac.txt"])
def test_the_page_shows_the_files_that_were_used(file: str) -> None:
    content = (site.CHECKOUT / "tests/applications" / file).read_text()
    assert f"\n{content}```" in (site.CHECKOUT / "docs/deploying/trac.md").read_text()
