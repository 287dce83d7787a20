"""`mod_python.Cookie`: from the request and into the response."""

from __future__ import annotations

import pytest
from harness.inside import Inside
from harness.serve import Serve
from harness.server import Server

ECHO = "SetHandler mod_python\nPythonHandler cookies"


@pytest.fixture
def echo(serve: Serve) -> Server:
    return serve("cookies", directory=ECHO)


def _sent_back(server: Server, *headers: bytes) -> list[bytes]:
    answer = server.raw(b"/", *(b"Cookie: " + header for header in headers))
    assert answer.status == 200
    return [line[12:] for line in answer.head.split(b"\r\n") if line.startswith(b"Set-Cookie: ")]


def test_a_sloppy_header_and_a_second_one(echo: Server) -> None:
    """L7.1: 13. Stray semicolons mean nothing, and `path` is a name like others."""
    assert _sent_back(echo, b"a=1;; b=2;", b"path=/; c=3") == [b"a=1", b"b=2", b"path=/", b"c=3"]


def test_cookies_go_back_as_they_came(echo: Server) -> None:
    """L7.1: 14. L7.3: 1. No attribute comes on its own."""
    pairs = [b"a=1", b'q="m;n"', b"e=", b"u=\xc3\xa9", b"l=\xe9", b"t=a\tb", b"eq=1=2", b"w=a, b"]
    assert _sent_back(echo, b"; ".join(pairs)) == pairs


def test_a_signed_value_goes_back_as_it_came(echo: Server) -> None:
    """L7.1: 15. A short value, signed and marshalled by mod_python up to 3.5."""
    pair = b"cart=bd17da7efb4cd1918d493368dcb2380cdQQAAABibHVl"
    assert _sent_back(echo, pair) == [pair]


def test_a_long_value_goes_back_as_it_came(echo: Server) -> None:
    """L7.1: 16. Base64, with equals signs at its end."""
    pair = b"cart=e622ae6cbb07c9d71f3650fba17c66de" + b"WwMAAABp" * 200 + b"QU=="
    assert _sent_back(echo, pair) == [pair]


def test_several_headers_are_several_cookies(echo: Server) -> None:
    """L7.3: 3. httpd joins them with a comma, which 3.5 took for a part of the value."""
    assert _sent_back(echo, b"v=1", b"w=2; x=3") == [b"v=1", b"w=2", b"x=3"]


def test_a_comma_in_a_value_stays(echo: Server) -> None:
    assert _sent_back(echo, b"v=a,b=1; d=Thu, 01-Jan-1970") == [b"v=a,b=1", b"d=Thu, 01-Jan-1970"]


def test_a_comma_in_a_value_replaces_no_other_cookie(echo: Server) -> None:
    """What a script puts into one cookie must not pass for another."""
    assert _sent_back(echo, b"sid=good; lang=x, sid=evil") == [b"sid=good", b"lang=x"]
    assert _sent_back(echo, b"lang=x, sid=evil; sid=good") == [b"lang=x", b"sid=good"]


def test_no_caches_keep_what_sets_cookies(inside: Inside) -> None:
    assert inside("""
        from mod_python.Cookie import Cookie, add_cookie
        req.headers_out.add("Cache-Control", "private")
        result = [
            add_cookie(req, "a", "1", path="/"),
            add_cookie(req, Cookie("b", "2")),
            req.headers_out["Set-Cookie"],
            req.headers_out["Cache-Control"],
        ]
    """) == [None, None, ["a=1; path=/", "b=2"], ["private", 'no-cache="set-cookie"']]


def test_a_cookie_that_cannot_be_sent_sets_nothing(inside: Inside) -> None:
    assert inside("""
        from mod_python.Cookie import add_cookie
        try:
            add_cookie(req, "a", "1\\r\\nX: y")
        except ValueError:
            result = [req.headers_out.get("Set-Cookie"), req.headers_out.get("Cache-Control")]
    """) == [None, None]


def test_one_cookie_of_the_request(inside: Inside) -> None:
    code = """
        from mod_python.Cookie import get_cookie, get_cookies
        cookie, none = get_cookie(req, "a"), get_cookie(req, "c")
        result = [cookie and cookie.value, none, len(get_cookies(req))]
    """
    assert inside(code, headers={"Cookie": "a=1; b=2"}) == ["1", None, 2]
    assert inside(code) == [None, None, 0]


def test_headers_that_a_script_has_added(inside: Inside) -> None:
    assert inside("""
        from mod_python.Cookie import get_cookies
        req.headers_in.add("Cookie", "a=1")
        req.headers_in.add("Cookie", "b=2")
        result = sorted(get_cookies(req))
    """) == ["a", "b"]
