"""Flask below a path of httpd's, set up as docs/deploying/flask.md says."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from harness import deploying, files, visitor, wait
from harness.browser import press
from harness.log import FORMAT
from harness.serve import Serve
from harness.server import Server
from harness.site import MPM
from selenium.webdriver.common.by import By

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = deploying.CELLS

ADDRESS = "http://flask.example.com"
# So many requests are served at the same time.
AT_ONCE = 6
LIMIT = 1024 * 1024

# What an entry begins with: who asked, and the virtual host.
CLIENT = r"^127\.0\.0\.1:\d+ flask\.example\.com "
TRACEBACK = (CLIENT + "Traceback ", CLIENT + " +")


def _prepare(serve: Serve, more: str = "", **config: Any) -> Server:
    """httpd with `conf/deploying/flask.conf`, and `more` in the section of the application."""
    section = "PythonInterpreter flask\n"
    sample = deploying.configuration("flask", Path("{root}"))
    assert section in sample
    server = serve.prepare(
        # Each entry tells its client and its virtual host.
        server=f'ErrorLogFormat "{FORMAT.replace("%M", "%-a %-v %M")}"\n{deploying.DEBIANS_LINES}\n'
        + sample.replace(section, section + more),
        modules=deploying.DEBIANS_MODULES,
        **config,
    )
    folder = server.root / "srv/flask"
    files.copy_tree(deploying.REQUIREMENTS / "flask", folder / "site")
    (folder / "venv").symlink_to(deploying.environment("flask"))
    (folder / "settings.cfg").write_text("SECRET_KEY = 'known to tests only'\nSESSION_COOKIE_PATH = '/notes'\n")
    (folder / "data/pictures").mkdir(parents=True)
    deploying.give_to_httpd(folder / "data")
    return server


@pytest.fixture(scope="module")
def server(serve_all: Serve) -> Server:
    server = _prepare(serve_all, children=AT_ONCE if MPM == "prefork" else 1, threads=AT_ONCE)
    (server.htdocs / "index.html").write_text("It works!")
    server.start()
    return server


def _visitor(server: Server) -> httpx.Client:
    return visitor.visitor(server, ADDRESS)


def _add(guest: httpx.Client, text: str, picture: bytes | None = None) -> httpx.Response:
    upload = None if picture is None else {"picture": (f"{text}.png", picture)}
    return guest.post("/notes/add", data={"text": text}, files=upload, follow_redirects=True)


# --- addresses ---


def test_url_for_begins_where_the_application_is_mounted(server: Server) -> None:
    assert _visitor(server).get("/notes/address").json() == {
        "index": "/notes/",
        "picture": "http://flask.example.com/notes/pictures/a%20b.png",
        "static": "/notes/static/notes.css",
        "root": "/notes",
        "path": "/address",
        "client": "127.0.0.1",
    }


def test_flask_itself_adds_the_slash_that_an_address_lacks(server: Server) -> None:
    answer = _visitor(server).get("/notes?search=a%26b")
    assert (answer.status_code, answer.headers["Location"]) == (308, "http://flask.example.com/notes/?search=a%26b")


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/notesandmore", 404), ("/other/notes/", 404)])
def test_what_is_beside_the_application_is_httpds(server: Server, path: str, status: int) -> None:
    answer = _visitor(server).get(path)
    assert answer.status_code == status
    assert "Notes" not in answer.text


def test_httpd_serves_the_static_files(server: Server) -> None:
    answer = _visitor(server).get("/notes/static/notes.css", headers={"Accept-Encoding": "identity"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/css")
    # Flask's own have the name and the size of the file in their ETag.
    assert "notes.css" not in answer.headers["ETag"]
    assert "Content-Disposition" not in answer.headers


# --- pages of the blueprint ---


def test_a_note_with_a_picture_in_a_browser(server: Server, browser: Chrome, tmp_path: Path) -> None:
    browser.set_window_size(800, 520)
    browser.get(f"{ADDRESS}:{server.port}/notes/")
    browser.save_screenshot(str(tmp_path / "bee.png"))
    size = browser.execute_script("return [window.innerWidth, window.innerHeight]")

    browser.find_element(By.NAME, "name").send_keys("Zoë")
    press(browser, "#rename")
    browser.find_element(By.NAME, "text").send_keys("This page, before there was a note")
    browser.find_element(By.NAME, "picture").send_keys(str(tmp_path / "bee.png"))
    press(browser, "#add")

    assert browser.find_element(By.ID, "message").text == "Your note is there."
    assert "Zoë: This page, before there was a note" in browser.find_element(By.TAG_NAME, "ul").text
    shown = browser.find_element(By.CSS_SELECTOR, "img[alt='bee.png']")
    assert [shown.get_property("naturalWidth"), shown.get_property("naturalHeight")] == size
    # As /notes/static/notes.css says.
    assert "sans-serif" in browser.find_element(By.TAG_NAME, "body").value_of_css_property("font-family")
    deploying.picture(browser, "flask-notes")


def test_each_visitor_has_a_session(server: Server) -> None:
    with _visitor(server) as one, _visitor(server) as other:
        one.post("/notes/name", data={"name": "Ada"})
        other.post("/notes/name", data={"name": "Grüße 🐝"})
        assert 'value="Ada"' in one.get("/notes/").text
        assert 'value="Grüße 🐝"' in other.get("/notes/").text


def test_the_sessions_cookie_is_for_the_application_only(server: Server) -> None:
    cookie = _visitor(server).post("/notes/name", data={"name": "Ada"}).headers["Set-Cookie"]
    assert "; HttpOnly; Path=/notes" in cookie


def test_any_text_goes_in_and_out(server: Server) -> None:
    with _visitor(server) as guest:
        assert "日本 🐝 &lt;b&gt;" in _add(guest, "日本 🐝 <b>").text
        assert "日本 🐝" in guest.get("/notes/", params={"search": "本 🐝"}).text
        assert "<li>" not in guest.get("/notes/", params={"search": "蜂"}).text


# --- uploads ---


def test_an_upload_comes_back_as_it_was(server: Server) -> None:
    content = bytes(range(256)) * 4000
    with _visitor(server) as guest:
        assert _add(guest, "whole", content).status_code == 200
        assert guest.get("/notes/pictures/whole.png").content == content


def test_a_part_of_a_file_is_sent(server: Server) -> None:
    with _visitor(server) as guest:
        _add(guest, "parts", bytes(range(100)))
        answer = guest.get("/notes/pictures/parts.png", headers={"Range": "bytes=20-29"})
    assert (answer.status_code, answer.content) == (206, bytes(range(20, 30)))


def test_an_upload_beyond_the_limit_is_413(server: Server) -> None:
    with _visitor(server) as guest:
        assert _add(guest, "too large", b"x" * LIMIT).status_code == 413
        assert "too large" not in guest.get("/notes/").text


def test_a_chunked_upload_beyond_the_limit_is_413(server: Server) -> None:
    """Its length is not known before it is read."""

    def body() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="picture"; filename="p.png"\r\n\r\n'
        for _ in range(20):
            yield b"x" * (LIMIT // 10)
        yield b'\r\n--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nchunked\r\n--x--\r\n'

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    with _visitor(server) as guest:
        assert guest.post("/notes/add", content=body(), headers=headers).status_code == 413
        assert "chunked" not in guest.get("/notes/").text


def test_a_visitor_may_leave_in_the_middle_of_an_upload(server: Server) -> None:
    visitor.leave(server, ADDRESS, b"/notes/add", body=b"text=halfway&")
    assert "halfway" not in _visitor(server).get("/notes/").text


# --- failures ---


@pytest.fixture(scope="module")
def failure(server: Server) -> httpx.Response:
    """The answer of a page that raises LookupError."""
    server.expect_log(CLIENT + "notes: this will fail", CLIENT + r"notes: Exception on /broken \[GET\]")
    server.tolerate_log(*TRACEBACK, "LookupError: no such note$")
    return _visitor(server).get("/notes/broken")


def test_an_exception_is_flasks_page_for_500(failure: httpx.Response) -> None:
    assert failure.status_code == 500
    assert "<h1>Internal Server Error</h1>" in failure.text
    assert "either the server is overloaded or there is an error in the application" in failure.text.lower()


@pytest.mark.usefixtures("failure")
def test_the_error_log_has_the_traceback_with_its_client(server: Server) -> None:
    assert server.log.find(CLIENT + r"  File \"/.*/notes/board.py\", line \d+, in broken$")
    assert [entry.level for entry in server.log.find(CLIENT + "LookupError: no such note$")] == ["error"]


@pytest.mark.usefixtures("failure")
def test_entries_have_the_levels_that_python_gave_them(server: Server) -> None:
    _add(_visitor(server), "levels")
    said = ("notes: a note by somebody", "notes: this will fail", "notes: Exception on")
    assert [server.log.find(CLIENT + text)[0].level for text in said] == ["info", "warn", "error"]


@pytest.mark.parametrize("shown", [True, False], ids=["PythonDebug On", "PythonDebug Off"])
def test_with_flasks_debug_the_exception_is_httpds_to_show(serve: Serve, shown: bool) -> None:
    server = _prepare(serve, "PythonDebug On\n" if shown else "")
    with (server.root / "srv/flask/settings.cfg").open("a") as settings:
        settings.write("DEBUG = True\n")
    server.expect_log(CLIENT + "MPY0303: ", "this will fail")
    server.tolerate_log(CLIENT + "PythonHandler mod_python.wsgi: (Traceback| +File|LookupError: no such note)")
    server.start()
    answer = _visitor(server).get("/notes/broken")
    assert answer.status_code == 500
    assert ("LookupError: no such note" in html.unescape(answer.text)) == shown


def test_without_a_handler_of_logging_flasks_own_writes_to_the_error_log(serve: Serve) -> None:
    """To wsgi.errors, with a time of its own; as an error, whatever it is."""
    server = _prepare(serve)
    wsgi = server.root / "srv/flask/site/notes/wsgi.py"
    wsgi.write_text("from notes import create_app\n\napplication = create_app()\n")
    server.expect_log(CLIENT + r"\[[-0-9:, ]+\] WARNING in board: this will fail", "ERROR in app: Exception on /broken")
    server.tolerate_log(*TRACEBACK, "LookupError: no such note$")
    server.start()
    assert _visitor(server).get("/notes/broken").status_code == 500
    assert {entry.level for entry in server.log.find("WARNING in board|ERROR in app|LookupError")} == {"error"}


# --- streaming, and several visitors ---


@pytest.fixture
def report(server: Server) -> Iterator[Path]:
    """What `/notes/progress` shows."""
    path = server.root / "srv/flask/data/progress.log"
    path.write_text("one\n")
    yield path
    path.unlink()


def _append(report: Path, line: str) -> None:
    with report.open("a") as file:
        file.write(line)


def test_a_stream_arrives_piece_by_piece(server: Server, report: Path) -> None:
    with _visitor(server).stream("GET", "/notes/progress") as answer:
        pieces = answer.iter_text()
        assert next(pieces) == "/progress one\n"
        # What the next piece says is decided only now.
        _append(report, "zwölf\n")
        assert next(pieces) == "/progress zwölf\n"
        _append(report, "done\n")
        assert "".join(pieces) == "/progress done\n"


def test_as_many_answers_at_once_as_httpd_has_workers(server: Server, report: Path) -> None:
    """With threads, all of them are in one process and interpreter."""
    with ExitStack() as open_:
        guests = [open_.enter_context(_visitor(server)) for _ in range(AT_ONCE)]
        pieces = [open_.enter_context(guest.stream("GET", "/notes/progress")).iter_text() for guest in guests]
        # None of the answers is at its end, and each has begun.
        assert [next(answer) for answer in pieces] == ["/progress one\n"] * AT_ONCE
        _append(report, "done\n")
        assert ["".join(answer) for answer in pieces] == ["/progress done\n"] * AT_ONCE


def test_requests_at_once_keep_apart(server: Server) -> None:
    def visit(number: int) -> list[str]:
        with _visitor(server) as guest:
            guest.post("/notes/name", data={"name": f"visitor {number}"})
            pages = [_add(guest, f"visit {number}-{turn}").text for turn in range(3)]
        return [found for page in pages for found in re.findall(rf"<b>([^<]*)</b>: visit {number}-", page)]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        authors = list(pool.map(visit, range(AT_ONCE)))
    # Each page shows one more of the visitor's notes.
    assert authors == [[f"visitor {number}"] * (1 + 2 + 3) for number in range(AT_ONCE)]


# --- edits ---


def test_an_edit_is_taken_over_by_a_fresh_interpreter(serve: Serve) -> None:
    server = _prepare(serve, "PythonReload interpreter\n")
    server.start()
    guest = _visitor(server)
    assert guest.get("/notes/address").json()["path"] == "/address"
    board = server.root / "srv/flask/site/notes/board.py"
    board.write_text(board.read_text().replace('"path": request.path', '"path": "edited"'))
    wait.until(lambda: guest.get("/notes/address").json()["path"] == "edited", timeout=30)


# --- what no browser sends ---

HOSTILE = {
    "path": (b"/notes/%ff%fe%c3/", ()),
    "path, raw": (b"/notes/\xff\xfe\xc3/", ()),
    "path, overlong": (b"/notes/pictures/%c0%af%ed%a0%80", ()),
    "query": (b"/notes/?search=%ff%00%ed%a0%80&%ff=1&search", ()),
    "query, raw UTF-8": (b"/notes/?search=\xc3\xbc", ()),
    "session": (b"/notes/", (b"Cookie: session=\xff\xc3(.\xed\xa0\x80",)),
    "cookies": (b"/notes/", (b'Cookie: \xff=\xff; ;;=; a="\\377; $Version=1', b"Cookie: \x80")),
    "fields": (b"/notes/", (b"Accept-Language: \xff\xfe,;q=\xff", b"User-Agent: \xff", b"Range: bytes=\xff")),
}


def test_raw_bytes_in_a_query_are_more_than_flask_bears(server: Server) -> None:
    """Werkzeug decodes the whole query as UTF-8; what browsers send is ASCII."""
    server.expect_log(CLIENT + "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 7")
    server.tolerate_log(*TRACEBACK, r"notes: Exception on / \[GET\]")
    assert visitor.ask(server, ADDRESS, b"/notes/?search=\xff\xc3(") == 500


@pytest.mark.parametrize("name", HOSTILE)
def test_any_bytes_are_answered(server: Server, name: str) -> None:
    children = server.process.children()
    target, headers = HOSTILE[name]
    assert visitor.ask(server, ADDRESS, target, *headers) == (404 if name.startswith("path") else 200)
    assert server.process.children() == children
