"""`mod_python.Cookie`: what a cookie is, and what it becomes in a header."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from harness.inside import Inside


def _evaluate(inside: Inside, expression: str) -> Any:
    return inside(f"from mod_python.Cookie import *\nresult = {expression}")


def _all(inside: Inside, expressions: Iterable[str]) -> Any:
    """The value of each, or the name of the exception that it raises."""
    return inside(f"""
        from datetime import datetime, timedelta, timezone
        from mod_python.Cookie import *
        result = []
        for expression in {list(expressions)!r}:
            try:
                result.append(eval(expression))
            except Exception as error:
                result.append(type(error).__name__)
    """)


# --- the Set-Cookie header ---

HEADERS = {
    "Cookie('lang', 'fr')": "lang=fr",
    "Cookie('lang', 'fr', path='/w', expires=0, httponly=1)": (
        "lang=fr; path=/w; expires=Thu, 01-Jan-1970 00:00:00 GMT; httponly"
    ),
    "Cookie('a', 1, Secure=True, SameSite='Lax', HttpOnly=True, Partitioned=True, Path='/')": (
        "a=1; path=/; secure; samesite=Lax; httponly; partitioned"
    ),
    "Cookie('a', '', port='80', discard=1, max_age=3, comment='c', domain='d.example', version=1)": (
        "a=; version=1; domain=d.example; comment=c; Max-Age=3; discard; port=80"
    ),
    "Cookie('a', 'b', **{'Max-Age': 0})": "a=b; Max-Age=0",
    "Cookie('a', '\"m;n\"')": 'a="m;n"',
    "Cookie('a', 'é, \\'{}\\' \\t=')": "a=é, '{}' \t=",
    "Cookie(b'a', b'b')": "a=b",
}


def test_the_header_of_a_cookie(inside: Inside) -> None:
    """L7.2: 9. L7.3: 2. Attributes are in lower case but for Max-Age, and in a fixed order."""
    assert _all(inside, [f"str({cookie})" for cookie in HEADERS]) == list(HEADERS.values())


def test_attributes_can_be_set_later(inside: Inside) -> None:
    assert inside("""
        from mod_python.Cookie import Cookie
        cookie = Cookie("a", "b", path="/")
        cookie.commentURL, cookie.port, cookie.value = "http://h/", 80, "c"
        del cookie.path
        result = [str(cookie), repr(cookie), cookie.port, cookie.name]
    """) == ["a=c; commentURL=http://h/; port=80", "<Cookie: a=c; commentURL=http://h/; port=80>", 80, "a"]


def test_what_is_false_or_none_is_left_out(inside: Inside) -> None:
    """L7.2: 9. In 3.5 `secure=0` was a secure cookie, and `version=None` the version "None"."""
    attributes = ["secure=0", "httponly=False", "discard=None", "version=None", "expires=None"]
    assert _all(inside, [f"str(Cookie('a', 'b', {it}))" for it in attributes]) == ["a=b"] * 5


def test_other_attributes_and_those_not_set_raise(inside: Inside) -> None:
    attempts = [
        "Cookie('a', 'b', color=1)",
        "Cookie('a', 'b', commentURL='u')",
        "setattr(Cookie('a', 'b'), 'color', 1)",
        "setattr(type('Own', (Cookie,), {})('a', 'b'), 'color', 1)",
        "Cookie('a', 'b').path",
        "Cookie('a', 'b').expires",
    ]
    assert _all(inside, attempts) == ["AttributeError"] * 6


def test_subclasses_have_a_dict_for_data(inside: Inside) -> None:
    assert inside("""
        from mod_python.Cookie import Cookie
        class Own(Cookie):
            def __init__(self, name, value, **attributes):
                super().__init__(name, value, **attributes)
                self.__data__["color"] = "red"
        cookie = Own("a", "b", path="/")
        result = [cookie.__data__, repr(cookie), hasattr(cookie, "__dict__"), Own._valid_attr[:3]]
    """) == [{"color": "red"}, "<Own: a=b; path=/>", False, ["version", "path", "domain"]]


REFUSED = [
    *(f"Cookie('a', 'b{char}c')" for char in (r"\r", r"\n", r"\0", r"\x7f", ";")),
    *(f"Cookie('a{char}b', 'c')" for char in (r"\r", r"\n", r"\0", r"\t", ";", "=", " ")),
    "Cookie('', 'b')",
    "Cookie('a', '\"b;c')",
    "Cookie('a', '\"b;\\n\"')",
    "Cookie('a', '\"b\";c\"')",
    "Cookie('a', 'b', path='/;domain=d')",
    "Cookie('a', 'b', path='\"/;\"')",
    "Cookie('a', 'b', samesite='Lax\\r\\nX: y')",
    "SignedCookie('a', 'b;c', 's')",
]


def test_what_would_end_the_value_or_the_header_is_refused(inside: Inside) -> None:
    """L7.2: 9. It is no error to have such a cookie, as a client may send it, but to send it on."""
    assert _all(inside, [f"str({cookie})" for cookie in REFUSED]) == ["ValueError"] * len(REFUSED)
    assert _all(inside, [f"type(repr({cookie})).__name__" for cookie in REFUSED]) == ["str"] * len(REFUSED)


# --- expires ---

DATES = {
    "0": "Thu, 01-Jan-1970 00:00:00 GMT",
    "1e9 + .9": "Sun, 09-Sep-2001 01:46:40 GMT",
    "-1": "Wed, 31-Dec-1969 23:59:59 GMT",
    "'Sun, 09-Sep-2001 01:46:40 GMT'": "Sun, 09-Sep-2001 01:46:40 GMT",
    "'Sun, 09 Sep 2001 01:46:40 GMT'": "Sun, 09 Sep 2001 01:46:40 GMT",
    "'sun, 9-SEP-2001 01:46:60 GMT'": "sun, 9-SEP-2001 01:46:60 GMT",
    "datetime(2001, 9, 9, 1, 46, 40)": "Sun, 09-Sep-2001 01:46:40 GMT",
    "datetime(2001, 9, 9, 1, 46, 40, tzinfo=timezone(timedelta(hours=2)))": "Sat, 08-Sep-2001 23:46:40 GMT",
}


def test_expires_is_a_date(inside: Inside) -> None:
    cookies = [f"Cookie('a', 'b', expires={when})" for when in DATES]
    assert _all(inside, [f"{cookie}.expires" for cookie in cookies]) == list(DATES.values())
    assert _all(inside, [f"str({cookie})" for cookie in cookies]) == [f"a=b; expires={it}" for it in DATES.values()]


NO_DATES = [
    "'tomorrow'",
    "''",
    "'Sun, 09-Sep 2001 01:46:40 GMT'",
    "'Sun, 31-Feb-2001 01:46:40 GMT'",
    "'Sun, 09-Sep-2001 01:46:40 GMT; domain=d'",
    "'Sun, 09-Sep-2001 25:46:40 GMT'",
    "'So, 09-Sep-2001 01:46:40 GMT'",
    "1e300",
    "float('nan')",
    "10**15",
]


def test_what_is_no_date_is_refused(inside: Inside) -> None:
    assert _all(inside, [f"Cookie('a', 'b', expires={when})" for when in NO_DATES]) == ["ValueError"] * len(NO_DATES)


def test_dates_are_english_in_every_locale(inside: Inside) -> None:
    """L7.2: 9. strftime() of 3.5 spoke the locale's language."""
    assert (
        inside("""
        import time
        from mod_python.Cookie import Cookie
        strftime, strptime = time.strftime, time.strptime
        time.strftime = time.strptime = None
        try:
            cookie = Cookie("a", "b", expires=0)
            cookie.expires = cookie.expires
            result = cookie.expires
        finally:
            time.strftime, time.strptime = strftime, strptime
    """)
        == "Thu, 01-Jan-1970 00:00:00 GMT"
    )


# --- parse ---

PARSED = {
    "k=1; $Path=/; $Version=1": {"k": "1"},
    'u="m;n"; v=2': {"u": '"m;n"', "v": "2"},
    'q="m\\"n"': {"q": '"m\\"n"'},
    "flag; v=2": {"flag": "", "v": "2"},
    "v=1=2": {"v": "1=2"},
    "v=1; v=2": {"v": "2"},
    "v=1, w=2": {"v": "1, w=2"},
    ";;v=1": {"v": "1"},
    "v=1;;w=2;, x=3": {"v": "1", "w": "2", "x": "3"},
    "=x": {"x": ""},
    "\tv=1": {"v": "1"},
    'u="m"zz; v=1': {"u": '"m"', "zz": "", "v": "1"},
    'u="m; v=1': {"u": '"m', "v": "1"},
    "path=/; domain=d": {"path": "/", "domain": "d"},
    "v = 1 ; W=2": {"v": "1 ", "W": "2"},
    "v=✓": {"v": "✓"},
    "v=\xc3\xa9": {"v": "é"},
    "": {},
}


def test_the_cookies_of_a_header(inside: Inside) -> None:
    """L7.3: 3. No name is special but those with a dollar sign."""
    parsed = [f"{{c.name: c.value for c in Cookie.parse({text!r}).values()}}" for text in PARSED]
    assert _all(inside, parsed) == list(PARSED.values())


def test_parse_makes_the_class_that_it_is_called_on(inside: Inside) -> None:
    assert inside("""
        from mod_python.Cookie import Cookie
        class Own(Cookie):
            pass
        cookies = Own.parse(b"a=1; b=2; c=3", names=["a", "c"])
        result = {name: type(cookie).__name__ for name, cookie in cookies.items()}
    """) == {"a": "Own", "c": "Own"}


def test_bytes_that_are_not_utf8_come_back_as_they_were(inside: Inside) -> None:
    assert _evaluate(inside, "Cookie.parse('v=\\xe9')['v'].value.encode('utf-8', 'surrogateescape') == b'\\xe9'")
    assert _evaluate(inside, "Cookie.parse(b'v=\\xe9')['v'].value == '\\udce9'")


def test_a_long_header_takes_no_time(inside: Inside) -> None:
    """As many as a client can send, and more, of what has to be searched for an end."""
    pieces = ['a="', "a=1, ", ";", 'a="\\";', 'a=", b=', ', a="']
    assert all(count <= 2 for count in _all(inside, [f"len(Cookie.parse({it!r} * 200000))" for it in pieces]))
