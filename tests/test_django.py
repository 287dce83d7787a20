"""Django below httpd, set up as docs/deploying/django.md says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from harness import deploying, visitor
from harness.browser import press
from harness.django import (
    ADDRESS,
    LINES,
    MODULES,
    PASSWORD,
    REMARKS,
    add_paper,
    log_in,
    manage,
    set_up,
    token_of,
    visitor_of,
)
from harness.serve import Serve
from harness.server import Server
from harness.site import MPM
from selenium.webdriver.common.by import By

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = deploying.CELLS

# So many requests are served at the same time.
AT_ONCE = 6

# What an entry begins with: who asked, and the virtual host.
CLIENT = r"^127\.0\.0\.1:\d+ django\.example\.com "
TRACEBACK = (CLIENT + "Traceback ", CLIENT + " +")


@pytest.fixture(scope="module")
def folder(serve_all: Serve) -> Path:
    """/srv/django, with what the commands of the page put there."""
    site = deploying.configuration("django", Path("{root}"))
    server = serve_all.prepare(
        server=f"{LINES}\n{deploying.DEBIANS_LINES}\n{site}",
        modules=(*deploying.DEBIANS_MODULES, *MODULES),
        children=AT_ONCE if MPM == "prefork" else 1,
        threads=AT_ONCE,
    )
    folder = server.root / "srv/django"
    set_up(folder)
    return folder


@pytest.fixture(scope="module")
def server(serve_all: Serve, folder: Path) -> Server:
    """httpd with `conf/deploying/django.conf`."""
    (server,) = serve_all.servers
    # mod_dir looks for such a file in the server's DocumentRoot, which this site inherits.
    (server.htdocs / "index.html").write_text("It works!")
    server.tolerate_log(*REMARKS)
    # Browsers ask for it by themselves.
    server.tolerate_log("django.request: Not Found: /favicon.ico")
    server.start()
    return server


def _upload(guest: httpx.Client, name: str, content: bytes) -> httpx.Response:
    token = token_of(guest.get("/admin/papers/paper/add/"))
    form = {"title": "A paper", "csrfmiddlewaretoken": token}
    return guest.post("/admin/papers/paper/add/", data=form, files={"file": (name, content)})


# --- https ---


def test_djangos_checks_for_deployment_report_nothing(folder: Path) -> None:
    assert "no issues (0 silenced)" in manage(folder, "check", "--deploy", "--fail-level=DEBUG")


def test_plain_http_is_sent_to_https(server: Server) -> None:
    answer = visitor.visitor(server, "http://django.example.com").get("/papers/?search=a%26b")
    assert answer.status_code == 301
    assert answer.headers["Location"] == "https://django.example.com/papers/?search=a%26b"


def test_django_knows_that_it_is_asked_over_https(server: Server) -> None:
    answer = visitor_of(server).get("/")
    assert answer.status_code == 200
    assert answer.headers["Strict-Transport-Security"] == "max-age=3600; includeSubDomains; preload"
    assert "Secure" in answer.headers["Set-Cookie"]


def test_another_name_is_refused(server: Server) -> None:
    server.expect_log("Invalid HTTP_HOST header: 'other.example.com'")
    server.tolerate_log(*TRACEBACK, "DisallowedHost: Invalid HTTP_HOST", "Bad Request: /")
    assert visitor.visitor(server, "https://other.example.com").get("/").status_code == 400


# --- the admin site, in a browser ---


def _type(browser: Chrome, name: str, text: str) -> None:
    field = browser.find_element(By.NAME, name)
    if field.get_attribute("type") != "file":
        field.clear()
    field.send_keys(text)


def _message(browser: Chrome) -> str:
    return browser.find_element(By.CSS_SELECTOR, ".messagelist .success").text


def test_papers_are_added_and_changed_in_the_admin_site(server: Server, browser: Chrome, tmp_path: Path) -> None:
    site = f"{ADDRESS}:{server.tls_port}"
    for name in ("bees", "wasps"):
        (tmp_path / f"{name}.txt").write_text(f"All about {name}")
    visitor.accept_any_certificate(browser)
    browser.set_window_size(1000, 740)

    browser.get(f"{site}/admin/")
    deploying.picture(browser, "django-login")
    _type(browser, "username", "admin")
    _type(browser, "password", PASSWORD)
    press(browser, "[type=submit]")
    assert browser.title.startswith("Site administration")
    deploying.picture(browser, "django-admin")

    press(browser, ".model-paper .addlink")
    _type(browser, "title", "On bées")
    _type(browser, "file", str(tmp_path / "bees.txt"))
    press(browser, "[name=_continue]")
    assert "“On bées” was added successfully" in _message(browser)
    deploying.picture(browser, "django-change")

    _type(browser, "title", "On wasps")
    _type(browser, "file", str(tmp_path / "wasps.txt"))
    press(browser, "[name=_save]")
    assert "“On wasps” was changed successfully" in _message(browser)

    browser.get(f"{site}/")
    press(browser, "[href*=wasps]")
    assert browser.find_element(By.TAG_NAME, "body").text == "All about wasps"

    browser.get(f"{site}/admin/")
    press(browser, "#logout-form button")
    browser.get(f"{site}/admin/papers/paper/")
    assert browser.title.startswith("Log in")


def test_the_admin_site_has_its_styles_and_scripts(server: Server, browser: Chrome) -> None:
    visitor.accept_any_certificate(browser)
    browser.get(f"{ADDRESS}:{server.tls_port}/admin/login/")
    header = browser.find_element(By.ID, "header")
    # As /static/admin/css/base.css says.
    assert header.value_of_css_property("display") == "flex"


# --- pages ---


def test_each_visitor_has_a_session(server: Server) -> None:
    with visitor_of(server) as one, visitor_of(server) as other:
        add_paper(one, "Hornets")
        add_paper(other, "Flies")
        assert '<span id="own">Hornets, Ants</span>' in add_paper(one, "Ants").text
        assert '<span id="own">Flies</span>' in other.get("/").text


def test_any_text_goes_into_the_database_and_back(server: Server) -> None:
    with visitor_of(server) as guest:
        assert "<li>Grüße, 日本 🐝</li>" in add_paper(guest, "Grüße, 日本 🐝").text
        assert "<li>Grüße, 日本 🐝</li>" in guest.get("/", params={"search": "本 🐝"}).text
        assert "<li>" not in guest.get("/", params={"search": "蜂"}).text


def test_a_form_without_its_token_is_refused(server: Server) -> None:
    server.expect_log(CLIENT + r"django.security.csrf: Forbidden \(CSRF cookie not set.\): /")
    with visitor_of(server) as guest:
        assert guest.post("/", data={"title": "Ticks"}).status_code == 403
        assert "Ticks" not in guest.get("/").text


def test_a_missing_page_is_a_warning(server: Server) -> None:
    server.expect_log("django.request: Not Found: /no/such/page")
    assert visitor_of(server).get("/no/such/page").status_code == 404
    assert [entry.level for entry in server.log.find("/no/such/page")] == ["warn"]


def test_files_of_httpds_own_folder_do_not_show(server: Server) -> None:
    assert "<h1>Papers</h1>" in visitor_of(server).get("/").text


def test_an_asynchronous_view(server: Server) -> None:
    with visitor_of(server) as guest:
        before = guest.get("/count/").json()["papers"]
        add_paper(guest, "Fleas")
        assert guest.get("/count/").json() == {"papers": before + 1}


def test_a_head_has_no_body(server: Server) -> None:
    with visitor_of(server) as guest:
        answer = guest.head("/count/")
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["Content-Type"] == "application/json"


def test_a_chunked_body_is_empty_for_django(server: Server) -> None:
    """Django reads as much as Content-Length says."""
    with visitor_of(server) as guest:
        headers = {"X-CSRFToken": token_of(guest.get("/")), "Content-Type": "application/x-www-form-urlencoded"}
        assert guest.post("/", content=iter([b"title=Lice"]), headers=headers).status_code == 200
        assert "Lice" not in guest.get("/").text
        assert guest.post("/", content=b"title=Lice", headers=headers).status_code == 302
        assert "Lice" in guest.get("/").text


def test_a_visitor_may_leave_in_the_middle_of_an_upload(server: Server) -> None:
    server.expect_log(r"django.security.csrf: Forbidden \(CSRF token missing.\): /")
    with visitor_of(server) as guest:
        cookie = f"Cookie: csrftoken={guest.get('/').cookies['csrftoken']}"
        visitor.leave(server, ADDRESS, b"/", cookie.encode(), body=b"title=Moths&")
        server.log.wait_for("CSRF token missing")
        assert "Moths" not in guest.get("/").text


# --- streaming ---


@pytest.fixture
def report(folder: Path) -> Iterator[Path]:
    """What `/progress/` shows."""
    path = folder / "data/import.log"
    path.write_text("one\n")
    yield path
    path.unlink()


def _append(report: Path, line: str) -> None:
    with report.open("a") as file:
        file.write(line)


def test_a_streaming_response_arrives_piece_by_piece(server: Server, report: Path) -> None:
    with visitor_of(server).stream("GET", "/progress/") as answer:
        # mod_deflate is on the way, as on Debian.
        assert answer.headers["Content-Encoding"] == "gzip"
        pieces = answer.iter_text()
        assert next(pieces) == "one\n"
        # What the next piece says is decided only now.
        _append(report, "zwölf\n")
        assert next(pieces) == "zwölf\n"
        _append(report, "done\n")
        assert "".join(pieces) == "done\n"


def test_a_visitor_may_leave_a_streaming_response(server: Server, report: Path) -> None:
    with visitor_of(server) as guest:
        with guest.stream("GET", "/progress/") as answer:
            assert next(answer.iter_text()) == "one\n"
        # A line to send, by which the application learns that nobody listens.
        _append(report, "two\ndone\n")
        assert guest.get("/").status_code == 200


# --- files ---


def test_httpd_serves_the_static_files(server: Server) -> None:
    """Django itself does so with DEBUG only."""
    guest = visitor_of(server)
    assert "/static/admin/css/base.css" in guest.get("/admin/login/").text
    answer = guest.get("/static/admin/css/base.css", headers={"Range": "bytes=0-9", "Accept-Encoding": "identity"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (206, "text/css")


def test_httpd_serves_what_was_uploaded(server: Server) -> None:
    content = bytes(range(256)) * 20_000
    with visitor_of(server) as guest:
        log_in(guest)
        assert _upload(guest, "Bienen und Käfer.bin", content).status_code == 302
        link = re.search(r'href="(/media/papers/Bienen[^"]+)"', guest.get("/").text)
        assert link
        answer = guest.get(link[1])
    assert answer.content == content
    assert "ETag" in answer.headers


def test_django_gives_files_to_httpd(server: Server) -> None:
    content = bytes(range(256)) * 20_000
    with visitor_of(server) as guest:
        log_in(guest)
        _upload(guest, "sent.bin", content)
        link = re.search(r'/media/papers/sent.bin">[^<]*</a> .<a href="([^"]+)"', guest.get("/").text)
        assert link
        answer = guest.get(link[1])
    assert answer.content == content
    assert answer.headers["Content-Length"] == str(len(content))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="sent.bin"'
    # And what was opened is closed.
    descriptors = [file for pid in server.process.children() for file in Path(f"/proc/{pid}/fd").iterdir()]
    assert not [file for file in descriptors if file.is_symlink() and "sent.bin" in str(file.readlink())]


def test_uploaded_pages_run_no_scripts(server: Server, browser: Chrome) -> None:
    with visitor_of(server) as guest:
        log_in(guest)
        _upload(guest, "page.html", b"<!doctype html><title>A page</title><script>document.title = 'run'</script>")
    visitor.accept_any_certificate(browser)
    browser.get(f"{ADDRESS}:{server.tls_port}/media/papers/page.html")
    assert browser.title == "A page"


# --- failures ---


@pytest.fixture(scope="module")
def failure(server: Server) -> httpx.Response:
    """The answer of a page whose view raises LookupError."""
    server.expect_log(
        CLIENT + "papers.views: this will fail", CLIENT + "django.request: Internal Server Error: /broken/"
    )
    server.tolerate_log(*TRACEBACK, "LookupError: no such shelf$")
    return visitor_of(server).get("/broken/")


def test_an_exception_is_djangos_page_for_500(failure: httpx.Response) -> None:
    assert failure.status_code == 500
    assert "<h1>Server Error (500)</h1>" in failure.text
    assert "LookupError" not in failure.text


@pytest.mark.usefixtures("failure")
def test_the_error_log_has_the_traceback_with_its_client(server: Server) -> None:
    assert server.log.find(CLIENT + r"  File \"/.*/papers/views.py\", line \d+, in broken$")
    assert [entry.level for entry in server.log.find(CLIENT + "LookupError: no such shelf$")] == ["error"]


@pytest.mark.usefixtures("failure")
def test_entries_have_the_levels_that_python_gave_them(server: Server) -> None:
    add_paper(visitor_of(server), "Beetles")
    said = ("papers.views: Beetles was added", "papers.views: this will fail", "django.request: Internal Server Error")
    assert [server.log.find(CLIENT + text)[0].level for text in said] == ["info", "warn", "error"]


# --- several visitors ---


def test_as_many_answers_at_once_as_httpd_has_workers(server: Server, report: Path) -> None:
    """With threads, all of them are in one process and interpreter."""
    with ExitStack() as open_:
        guests = [open_.enter_context(visitor_of(server)) for _ in range(AT_ONCE)]
        pieces = [open_.enter_context(guest.stream("GET", "/progress/")).iter_text() for guest in guests]
        # None of the answers is at its end, and each has begun.
        assert [next(answer) for answer in pieces] == ["one\n"] * AT_ONCE
        _append(report, "done\n")
        assert ["".join(answer) for answer in pieces] == ["done\n"] * AT_ONCE


def test_requests_at_once_keep_apart(server: Server) -> None:
    def visit(number: int) -> str:
        with visitor_of(server) as guest:
            return [add_paper(guest, f"visit {number}-{turn}").text for turn in range(3)][-1]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        pages = list(pool.map(visit, range(AT_ONCE)))
    for number, page in enumerate(pages):
        assert f'<span id="own">{", ".join(f"visit {number}-{turn}" for turn in range(3))}</span>' in page
    assert visitor_of(server).get("/").text.count("<li>visit") == 3 * AT_ONCE


# --- what no browser sends ---

HOSTILE = {
    "path": (b"/%ff%fe%c3/", ()),
    "path, raw": (b"/\xff\xfe\xc3/", ()),
    "path, overlong": (b"/%c0%af%ed%a0%80/", ()),
    "query": (b"/?search=%ff%ed%a0%80&%ff=1&search", ()),
    "query, raw": (b"/?search=\xff\xc3(", ()),
    "session": (b"/", (b"Cookie: sessionid=\xff\xc3(; csrftoken=\xed\xa0\x80",)),
    "cookies": (b"/", (b'Cookie: \xff=\xff; ;;=; a="\\377; $Version=1', b"Cookie: \x80")),
    "language": (b"/admin/login/", (b"Accept-Language: \xff\xfe,;q=\xff", b"User-Agent: \xff")),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_any_bytes_are_answered(server: Server, name: str) -> None:
    server.tolerate_log("django.request: Not Found: ")
    children = server.process.children()
    target, headers = HOSTILE[name]
    assert visitor.ask(server, ADDRESS, target, *headers) == (404 if name.startswith("path") else 200)
    assert server.process.children() == children
