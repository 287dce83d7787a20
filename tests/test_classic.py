"""The guest book of `apps/classic`: publisher, PSP, sessions, cookies, uploads, a filter, SSI, an access and a log
handler as one site, which run-demo serves and the tutorial ends with."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness import guestbook, site, wait
from harness.browser import ATTACKS
from harness.guestbook import PIXEL, Visitor, entries, numbers
from harness.serve import Serve
from harness.server import Server


@pytest.fixture(scope="module")
def running(serve_all: Serve) -> Server:
    return guestbook.start(serve_all)


@pytest.fixture
def server(running: Server) -> Server:
    """One for all tests; each begins with an empty guest book."""
    guestbook.empty(running)
    return running


@pytest.fixture
def visitor(server: Server) -> Visitor:
    return somebody(server)


@pytest.fixture
def moderator(server: Server) -> Visitor:
    moderator = somebody(server)
    moderator.log_in()
    return moderator


def somebody(server: Server, address: str = "127.0.0.1") -> Visitor:
    return Visitor(f"http://127.0.0.1:{server.port}", address)


def status(visitor: Visitor, path: str) -> int:
    return visitor.http.get(path).status_code


def visits(visitor: Visitor) -> dict[str, int]:
    """What the statistics say of each page."""
    return counts(visitor.look("statistics.shtml"))


def counts(page: str) -> dict[str, int]:
    return {name: int(count) for name, count in re.findall(r"<tr><td>(.*?)</td><td>(\d+)</td></tr>", page)}


# --- visitors ---


def test_an_entry_is_shown_when_a_moderator_has_published_it(visitor: Visitor, moderator: Visitor) -> None:
    assert "Thank you!" in visitor.sign("Ada", "Two\nlines")
    assert entries(visitor.look()) == []
    moderator.publish_all()
    assert entries(visitor.look()) == [("Ada", "Two\nlines")]
    assert moderator.waiting() == []


def test_a_deleted_entry_is_gone(visitor: Visitor, moderator: Visitor) -> None:
    visitor.sign("Ada", "Hello")
    (number,) = moderator.waiting()
    assert moderator.send("moderators/delete", number=number).status_code == 200
    assert moderator.waiting() == []
    assert entries(visitor.look()) == []


def test_pages_show_the_newest_entries_first(visitor: Visitor, moderator: Visitor) -> None:
    for number in range(7):
        visitor.sign("Ada", f"entry {number}")
    moderator.publish_all()
    assert [text for _, text in entries(visitor.look())] == [f"entry {number}" for number in (6, 5, 4, 3, 2)]
    assert 'rel="next" href="/guestbook/?page=2"' in visitor.look()
    assert [text for _, text in entries(visitor.look("?page=2"))] == ["entry 1", "entry 0"]
    assert 'rel="next"' not in visitor.look("?page=2")
    for odd in ("0", "-1", "x", "9" * 30, "1&page=2"):
        assert len(entries(visitor.look(f"?page={odd}"))) == 5, odd


def test_what_is_said_is_said_once(visitor: Visitor) -> None:
    assert "Thank you!" in visitor.sign("Ada", "Hello")
    assert "Thank you!" not in visitor.look()


def test_an_entry_has_a_name_and_a_text(visitor: Visitor, moderator: Visitor) -> None:
    for name, text in (("", "text"), ("name", ""), (" \n", "text"), ("name", "\0")):
        assert "Please give your name" in visitor.sign(name, text)
    assert moderator.waiting() == []


def test_text_in_any_script_comes_back(visitor: Visitor, moderator: Visitor) -> None:
    visitor.sign("Зоя", "日本語 ✓ & <b>")
    moderator.publish_all()
    assert entries(visitor.look()) == [("Зоя", "日本語 ✓ & <b>")]


def test_bytes_that_are_no_text_are_replaced(visitor: Visitor, moderator: Visitor) -> None:
    body = b"token=%b&name=A%%ff&text=b%%fe%%00c&text=second" % visitor.token().encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    # Two fields of a name are no text.
    assert "Please give" in visitor.http.post("sign", content=body, headers=headers).text
    visitor.http.post("sign", content=body.removesuffix(b"&text=second"), headers=headers)
    moderator.publish_all()
    assert entries(visitor.look()) == [("A?", "b? c")]


# --- pictures ---


def test_a_picture_is_served_as_what_it_is(visitor: Visitor, moderator: Visitor) -> None:
    visitor.sign("Ada", "Look", PIXEL)
    (number,) = moderator.waiting()
    path = f"picture?number={number}"
    # Before it is published, for moderators only.
    assert status(visitor, path) == 404
    assert status(visitor, f"moderators/{path}") == 403
    assert moderator.http.get(f"moderators/{path}").content == PIXEL
    moderator.publish_all()
    assert f'src="/guestbook/{path}"' in visitor.look()
    answer = visitor.http.get(path)
    assert (answer.content, answer.headers["content-type"]) == (PIXEL, "image/gif")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_a_file_that_is_no_picture_is_refused(visitor: Visitor, moderator: Visitor) -> None:
    for content in (b"<script>window.injected=1</script>", b" " + PIXEL, b"%PDF-1.7", b""):
        assert "neither PNG" in visitor.sign("Ada", "Look", content)
    assert moderator.waiting() == []


def test_a_large_picture_is_refused(visitor: Visitor, moderator: Visitor) -> None:
    assert "larger than 1 MB" in visitor.sign("Ada", "Look", PIXEL.ljust(1024 * 1024 + 1))
    assert "Thank you" in visitor.sign("Ada", "Look", PIXEL.ljust(1024 * 1024))
    assert len(moderator.waiting()) == 1


# The client sends all of a body before it reads an answer, and over HTTP/2 it may not when nobody reads.
@pytest.mark.http1
def test_a_form_beyond_the_limit_is_not_read(visitor: Visitor) -> None:
    answer = visitor.send("sign", files={"picture": ("x", PIXEL.ljust(3 * 1024 * 1024))}, name="Ada", text="Look")
    assert answer.status_code == 413


def test_no_picture_is_no_page(visitor: Visitor) -> None:
    for number in ("", "0", "7", "-1", "x", "9" * 30, "1&number=2"):
        assert status(visitor, f"picture?number={number}") == 404, number


# --- cookies ---


def test_the_name_is_remembered_by_a_signed_cookie(visitor: Visitor) -> None:
    visitor.sign('Ada; "Lovelace"', "Hello")
    assert 'value="Ada; &quot;Lovelace&quot;"' in visitor.look()
    cookies = {cookie.name: cookie for cookie in visitor.http.cookies.jar}
    signed = cookies["name"].value or ""
    for changed in (signed.replace("Ada", "Eve"), "Eve"):
        cookies["name"].value = changed
        assert 'required value=""' in visitor.look()
    cookies["name"].value = signed
    assert "Lovelace" in visitor.look()


def test_the_theme_is_a_plain_cookie(visitor: Visitor) -> None:
    assert 'class="light"' in visitor.look()
    assert 'class="dark"' in visitor.send("theme", choice="dark").text
    assert 'class="dark"' in visitor.look("statistics.shtml")
    visitor.send("theme", choice='"><script>')
    assert 'class="dark"' in visitor.look()


def test_a_theme_of_the_visitors_own_making_is_none(server: Server) -> None:
    visitor = somebody(server)
    visitor.http.cookies.set("theme", '"><script>', domain="127.0.0.1", path="/guestbook/")
    assert 'class="light"' in visitor.look()
    assert 'class="light"' in visitor.look("statistics.shtml")


# --- forms of others ---

FORMS = ("sign", "theme", "moderators/login", "moderators/logout", "moderators/publish", "moderators/delete")


def test_a_form_has_the_visitors_token(moderator: Visitor, visitor: Visitor) -> None:
    own, foreign = moderator.token(), visitor.token()
    for path in FORMS:
        assert moderator.http.post(path).status_code == 403
        assert moderator.http.post(path, data={"token": foreign}).status_code == 403
        assert moderator.http.post(path, files={"token": ("x", own.encode())}).status_code == 403


def test_a_link_sends_no_form(moderator: Visitor) -> None:
    token = moderator.token()
    for path in FORMS:
        answer = moderator.http.get(path, params={"token": token})
        assert answer.status_code == 405
        assert "POST" in answer.headers["allow"]


# --- moderators ---


def test_a_wrong_password_lets_nobody_in(visitor: Visitor) -> None:
    for name, password in (("demo", "wrong"), ("nobody", "apache"), ("", ""), ("demo", "")):
        page = visitor.send("moderators/login", name=name, password=password).text
        assert "That is not right." in page
        assert "Log out" not in page


def test_only_moderators_publish_and_delete(visitor: Visitor, moderator: Visitor) -> None:
    visitor.sign("Eve", "Hello")
    assert numbers(visitor.look("moderators/")) == []
    (number,) = moderator.waiting()
    for path in ("moderators/publish", "moderators/delete"):
        assert visitor.send(path, number=number).status_code == 403
    assert moderator.waiting() == [number]


def test_a_log_in_has_another_session_and_another_token(visitor: Visitor) -> None:
    token, known = visitor.token(), visitor.http.cookies["pysid"]
    visitor.log_in()
    assert visitor.http.cookies["pysid"] != known
    assert visitor.token() != token


def test_who_logs_out_is_no_moderator(moderator: Visitor) -> None:
    known = moderator.http.cookies["pysid"]
    moderator.send("moderators/logout")
    moderator.http.cookies.set("pysid", known, domain="127.0.0.1", path="/guestbook/")
    assert "Log out" not in moderator.look("moderators/")


def test_the_access_handler_refuses_who_comes_from_elsewhere(server: Server) -> None:
    stranger = somebody(server, "127.0.0.2")
    assert stranger.look()
    assert status(stranger, "moderators/") == 403
    assert stranger.send("moderators/login", name="demo", password="apache").status_code == 403


# --- what is shown ---


def test_the_filter_makes_links_of_addresses(visitor: Visitor, moderator: Visitor) -> None:
    visitor.sign("Ada", "see (https://example.com/a?b=1&c=<2), javascript:x :-)")
    moderator.publish_all()
    address = "https://example.com/a?b=1&amp;c="
    link = f'<a href="{address}" rel="nofollow noopener">{address}</a>'
    assert f'<p class="text">see ({link}&lt;2), javascript:x \N{WHITE SMILING FACE}</p>' in visitor.look()


def test_what_a_visitor_writes_is_text(visitor: Visitor, moderator: Visitor) -> None:
    for attack in ATTACKS:
        visitor.sign(attack, f"{attack} https://example.com/{attack}", PIXEL)
        waiting = moderator.look("moderators/")
        moderator.publish_all()
        for page in (waiting, visitor.look()):
            assert entries(page)[0] == (attack[:60].strip(), f"{attack} https://example.com/{attack}")
            assert "<" not in attack or attack not in page


def test_every_page_says_what_it_is_and_forbids_scripts(visitor: Visitor) -> None:
    for path in ("", "moderators/"):
        headers = visitor.http.get(path).headers
        assert headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'self'" in headers["content-security-policy"]
        assert headers["cache-control"].startswith("private, no-cache")


def test_the_log_handler_counts_pages_for_the_statistics(visitor: Visitor) -> None:
    visitor.http.head("index")
    assert status(visitor, "index/nothing") == 404
    visitor.look("style.css")
    # Under an address that no other test uses: theirs may be counted still.
    for _ in range(3):
        visitor.look("index")
    # That is done when the answer is on its way.
    wait.until(lambda: visits(visitor).get("/guestbook/index") == 3)
    wait.until(lambda: visits(visitor).get("/guestbook/statistics.shtml", 0) > 0)
    assert not {"/guestbook/index/nothing", "/guestbook/style.css"} & set(visits(visitor))


def test_the_statistics_have_a_sum(visitor: Visitor) -> None:
    page = visitor.look("statistics.shtml")
    assert f"({sum(counts(page).values())} visits in all)" in page


def test_a_page_has_one_address(visitor: Visitor) -> None:
    """Or its visits would be counted under any that a client makes up."""
    assert status(visitor, "statistics.shtml/x") == 404
    assert status(visitor, "index/x") == 404


def test_nothing_but_pages_is_published(server: Server, visitor: Visitor) -> None:
    server.expect_log("MPY0950: '_require_moderator'", "MPY0950: 'book.ask'")
    server.tolerate_log("MPY0950")
    for path in ("book/ask", "index.book.ask", "pages", "visitor/choose", "moderators/_require_moderator"):
        assert status(visitor, path) in (403, 404), path


def test_no_source_is_served(visitor: Visitor) -> None:
    for path in ("index.py", "moderators/index.py", "statistics.shtml"):
        text = visitor.look(path)
        assert "import " not in text
        assert "#python" not in text


def test_the_address_without_a_slash_leads_to_the_book(server: Server) -> None:
    answer = server.get("/guestbook", host=f"127.0.0.1:{server.port}")
    assert (answer.status_code, answer.headers["location"]) == (301, f"http://127.0.0.1:{server.port}/guestbook/")


# --- many at once ---


POOL = pytest.param(
    "PythonInterpreterOptions guestbook pool=3",
    marks=pytest.mark.skipif(site.python_version() < (3, 13), reason="pools need Python 3.13"),
    id="pool",
)


@pytest.mark.parametrize("interpreters", [pytest.param("", id="shared"), POOL])
def test_all_processes_and_interpreters_know_all_sessions_and_count_all_visits(serve: Serve, interpreters: str) -> None:
    server = guestbook.start(serve, server=interpreters, children=4 if site.MPM == "prefork" else 2, threads=8)
    visitors = [somebody(server) for _ in range(4)]

    def visit(visitor: Visitor) -> None:
        for number in range(3):
            assert "Thank you!" in visitor.sign("Ada", str(number))

    with ThreadPoolExecutor(len(visitors)) as pool:
        list(pool.map(visit, visitors))
    moderator = somebody(server)
    moderator.log_in()
    assert len(moderator.waiting()) == 12
    # Each of them looked for the form's token and was shown the book again; the moderator looked for it once.
    wait.until(lambda: visits(moderator)["/guestbook/"] == 25)
