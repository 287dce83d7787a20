"""`SignedCookie` and `MarshalCookie`: what was signed is known again, and nothing else is."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
from harness.inside import Inside


def _evaluate(inside: Inside, expression: str) -> Any:
    return inside(f"from mod_python.Cookie import *\nresult = {expression}")


def _signed(name: str, value: str, secret: str) -> str:
    digest = hmac.new(secret.encode(), f"v2\0{name}\0{value}".encode(), hashlib.sha256).hexdigest()
    return f"{name}=v2.{digest}.{value}"


# --- the form ---


def test_the_signature_is_hmac_sha256_with_a_mark(inside: Inside) -> None:
    """L7.2: 10. Written for those who verify it elsewhere; name and value are kept apart."""
    assert _evaluate(inside, "str(SignedCookie('cart', 'blue', 'k3y', path='/'))") == (
        _signed("cart", "blue", "k3y") + "; path=/"
    )


@pytest.mark.parametrize("secret", ["'k3y'", "b'k3y'"])
def test_the_signature_of_3_5_is_written_on_request(inside: Inside, secret: str) -> None:
    """L7.2: 10."""
    cookie = f"SignedCookie('cart', 'blue', {secret}, digest='md5')"
    assert _evaluate(inside, f"str({cookie})") == "cart=5cfaaf548ae97d2fdcb6ea8b22386775blue"
    assert _evaluate(inside, f"{cookie}.hexdigest('blue')") == "5cfaaf548ae97d2fdcb6ea8b22386775"


VECTORS = {
    "cart=e622ae6cbb07c9d71f3650fba17c66deWwMAAABpAQAAAE5U": "[1, None, True]",
    "cart=bd17da7efb4cd1918d493368dcb2380cdQQAAABibHVl": "'blue'",
    "cart=ac0f2bddc566ac948981290fe2935833cwQAAABibHVl": "b'blue'",
}


@pytest.mark.parametrize("header", VECTORS)
def test_data_of_3_5_is_written_and_read_on_request(inside: Inside, header: str) -> None:
    """L7.2: 12. Python's marshal, version 2, by a reader and a writer that know data only."""
    value = VECTORS[header]
    assert _evaluate(inside, f"str(MarshalCookie('cart', {value}, 'k3y', digest='md5'))") == header
    parsed = f"MarshalCookie.parse({header!r}, 'k3y', digest='md5')['cart']"
    assert _evaluate(inside, f"{parsed}.value == {value}") is True
    assert _evaluate(inside, f"list(MarshalCookie.parse({header!r}, 'k3y', mismatch=Cookie.IGNORE))") == []


def test_strings_that_python_2_interned_are_bytes(inside: Inside) -> None:
    """L7.2: 12. It marks them with another letter, and refers to them again by number."""
    assert inside("""
        import base64, hmac
        from mod_python.Cookie import MarshalCookie
        data = base64.b64encode(b"[\\x02\\0\\0\\0t\\x04\\0\\0\\0blueR\\0\\0\\0\\0")
        text = b"cart=" + hmac.digest(b"k3y", b"cart" + data, "md5").hex().encode() + data
        result = MarshalCookie.parse(text, "k3y", digest="md5")["cart"].value == [b"blue", b"blue"]
    """)


# --- verification ---


def test_what_was_signed_is_known_again(inside: Inside) -> None:
    """L7.2: 10, 11. On Python 3 nothing could be signed at all in 3.5."""
    assert (
        inside("""
        from mod_python.Cookie import SignedCookie
        values = ["", "blue", "a=b", "é✓", "\\udce9", " x", "v2.x"]
        result = []
        for value in values:
            text = str(SignedCookie("n", value, "s")).encode("utf-8", "surrogateescape")
            cookie = SignedCookie.parse(text, "s")["n"]
            result.append([type(cookie) is SignedCookie, cookie.is_signed, cookie.value == value])
    """)
        == [[True, True, True]] * 7
    )


FORGED = [
    "text.replace('blue', 'gold')",
    "text.replace('cart', 'tray')",
    "text.replace('cart=v2.', 'cart=v3.')",
    "text.upper().replace('CART', 'cart')",
    "'cart=blue'",
    "'cart='",
    "'cart=5cfaaf548ae97d2fdcb6ea8b22386775blue'",
    "str(SignedCookie('cart', 'blue', 'k3z'))",
    "str(SignedCookie('car', 'tblue', 'k3y')).replace('car=', 'cart=').replace('tblue', 'blue')",
    "'cart=\\xe9' + text[6:]",
]


@pytest.mark.parametrize("forged", FORGED)
def test_what_was_not_signed_is_told_apart(inside: Inside, forged: str) -> None:
    """L7.2: 10, 11. By default it is a plain cookie with the text as it came, and the log says so once."""
    inside.server.expect_log("MPY0910")
    assert inside(f"""
        from mod_python.Cookie import Cookie, CookieError, SignedCookie
        text = str(SignedCookie("cart", "blue", "k3y"))
        forged = {forged}
        [cookie] = SignedCookie.parse(forged, "k3y").values()
        plain = Cookie.parse(forged)[cookie.name]
        try:
            SignedCookie.parse(forged, "k3y", Cookie.EXCEPTION)
            raised = False
        except CookieError:
            raised = True
        result = [
            type(cookie) is Cookie,
            cookie.is_signed,
            cookie.value == plain.value,
            SignedCookie.parse(forged, "k3y", mismatch=Cookie.IGNORE),
            raised,
        ]
    """) == [True, False, True, {}, True]


def test_the_log_warns_once(inside: Inside) -> None:
    """L7.2: 11."""
    inside.server.expect_log("MPY0910")
    code = "from mod_python.Cookie import *\nresult = len(SignedCookie.parse('a=1; b=2; c=3', 's'))"
    assert [inside(code) for _ in range(3)] == [3, 3, 3]
    entries = inside.server.log.find("MPY0910")
    assert len(entries) == len({entry.pid for entry in entries})


def test_names_are_chosen_before_signatures_matter(inside: Inside) -> None:
    code = "[*SignedCookie.parse('a=1; b=2', 's', Cookie.EXCEPTION, names=['c'])]"
    assert _evaluate(inside, code) == []


def test_a_signature_of_3_5_could_move_to_another_name(inside: Inside) -> None:
    """L7.2: 10. Which is why it is read on request only."""
    assert inside("""
        from mod_python.Cookie import SignedCookie, Cookie
        moved = str(SignedCookie("ab", "c", "s", digest="md5")).replace("ab=", "a=").replace("c", "bc")[:-1]
        old = str(SignedCookie("ab", "c", "s", digest="md5"))
        moved = "a=" + old[3:35] + "bc"
        read = SignedCookie.parse(moved, "s", digest="md5")
        result = [read["a"].value, SignedCookie.parse(moved, "s", mismatch=Cookie.IGNORE)]
    """) == ["bc", {}]


@pytest.mark.parametrize("secret", ["None", "''", "b''"])
def test_nothing_is_signed_without_a_secret(inside: Inside, secret: str) -> None:
    assert inside(f"""
        from mod_python.Cookie import CookieError, SignedCookie
        cookie, result = SignedCookie("a", "b", {secret}), [SignedCookie("a", "b").is_signed]
        for attempt in (lambda: str(cookie), lambda: cookie.hexdigest("b"), lambda: cookie.unsign({secret})):
            try:
                attempt()
            except CookieError:
                result.append("CookieError")
        result.append(type(repr(cookie)).__name__)
    """) == [False, "CookieError", "CookieError", "CookieError", "str"]


def test_unsign_takes_the_signature_off(inside: Inside) -> None:
    assert inside("""
        from mod_python.Cookie import SignedCookie
        signed = str(SignedCookie("a", "b", "s"))
        cookie = SignedCookie("a", signed[2:])
        before = cookie.is_signed
        cookie.unsign("s")
        result = [before, cookie.is_signed, cookie.value, str(cookie) == signed]
    """) == [False, True, "b", True]


@pytest.mark.parametrize(
    "call", ["SignedCookie('a', 'b', 's', digest='sha1')", "SignedCookie.parse('', 's', digest='x')"]
)
def test_other_digests_are_refused(inside: Inside, call: str) -> None:
    assert inside.error(f"from mod_python.Cookie import *\n{call}").startswith("ValueError: digest must be")


# --- the option ---

READ = """
    from mod_python.Cookie import Cookie, SignedCookie, get_cookie
    cookie = get_cookie(req, "cart", SignedCookie, secret="k3y", mismatch=Cookie.IGNORE)
    result = cookie and cookie.value
"""
WRITE = """
    from mod_python.Cookie import SignedCookie, add_cookie
    add_cookie(req, SignedCookie("cart", "blue", "k3y"))
    add_cookie(req, SignedCookie("cart", "blue", "k3y", digest="sha256"))
    result = [cookie[5:8] for cookie in req.headers_out["Set-Cookie"]]
"""
OLD = {"Cookie": "cart=5cfaaf548ae97d2fdcb6ea8b22386775blue"}
NEW = {"Cookie": _signed("cart", "blue", "k3y")}


@pytest.mark.parametrize(
    ("option", "old", "written"),
    [(None, None, "v2."), ("Off", None, "v2."), ("Read", "blue", "v2."), ("on", "blue", "5cf")],
)
def test_an_option_brings_the_signatures_of_3_5_back(
    inside: Inside, option: str | None, old: str | None, written: str
) -> None:
    """L7.2: 10. `Read` for a site that moves on; `On` for one whose other servers are still 3.5."""
    directive = f"PythonOption mod_python.cookie.legacy_md5 {option}" if option else ""
    inside.serve(directory=directive)
    assert inside(READ, headers=OLD) == old
    assert inside(READ, headers=NEW) == "blue"
    assert inside(WRITE) == [written, "v2."]


def test_another_value_of_the_option_is_refused(inside: Inside) -> None:
    inside.serve(directory="PythonOption mod_python.cookie.legacy_md5 maybe")
    assert inside.error(WRITE).startswith("ValueError: PythonOption mod_python.cookie.legacy_md5 must be")


# --- data ---

JSON = ["None", "True", "[1, 'é✓\\ud800', 2.5, {'a': [None]}]", "{}", "''", "2**63 - 1", "-2**31", "'\\ud800\\udc00'"]
MARSHAL = [
    "(1, 2)",
    "b'\\0\\xff'",
    "2**63",
    "-2**200",
    "-2**63 - 1",
    "{1: 2}",
    "{1, 'a', (2, 3)}",
    "frozenset({b'x'})",
    "1.5 - 2j",
    "float('inf')",
    "[(True, 1), 'ü']",
    "{'': {(): {0.0, -1}}}",
]


def test_data_comes_back_as_it_was(inside: Inside) -> None:
    """L7.2: 12. JSON where it can; old and new form of the signature."""
    values = [*JSON, *MARSHAL]
    assert (
        inside(f"""
        from mod_python.Cookie import MarshalCookie
        result = []
        for source in {values!r}:
            value = eval(source)
            for digest in (None, "md5"):
                text = str(MarshalCookie("n", value, "s", digest=digest))
                read = MarshalCookie.parse(text, "s", digest=digest)["n"].value
                if (read != value and repr(read) != repr(value)) or type(read) is not type(value):
                    result.append([source, repr(read)])
    """)
        == []
    )
    is_json = f"[str(MarshalCookie('n', eval(it), 's'))[70:72] == 'j.' for it in {values!r}]"
    assert _evaluate(inside, is_json) == [True] * len(JSON) + [False] * len(MARSHAL)


def test_the_form_of_data_can_be_chosen(inside: Inside) -> None:
    assert inside("""
        from mod_python.Cookie import MarshalCookie
        result = []
        for format in ("json", "marshal"):
            text = str(MarshalCookie("n", (1,), "s", format=format))
            result.append([text[70:], repr(MarshalCookie.parse(text, "s")["n"].value)])
    """) == [["j.WzFd", "[1]"], ["KAEAAABpAQAAAA==", "(1,)"]]


def test_equal_sets_are_equal_cookies(inside: Inside) -> None:
    """Python's order of a set of str differs in each process."""
    assert _evaluate(inside, "str(MarshalCookie('n', set('hello world'), 's'))") == _evaluate(
        inside, "str(MarshalCookie('n', set(reversed('hello world')), 's'))"
    )


NO_DATA = [
    "object()",
    "compile('1', '', 'eval')",
    "Ellipsis",
    "bytearray(b'x')",
    "[print]",
    "type('S', (str,), {})()",
    "nest",
]


def test_what_is_no_plain_data_is_refused(inside: Inside) -> None:
    """L7.2: 12. Also what contains itself, or is too deep."""
    assert (
        inside(f"""
        from mod_python.Cookie import MarshalCookie
        result, nest = [], []
        nest.append(nest)
        for source in {NO_DATA!r}:
            try:
                str(MarshalCookie("n", eval(source), "s"))
            except ValueError:
                result.append(source)
    """)
        == NO_DATA
    )


@pytest.mark.parametrize(
    "data",
    [
        "marshal.dumps(compile('1', '', 'eval'), 2)",
        "b'['",
        "b'NN'",
        "b'[\\1\\0\\0\\0' * 101 + b'N'",
        "b'<\\1\\0\\0\\0[\\0\\0\\0\\0'",
    ],
)
def test_signed_text_that_is_no_data_is_a_mismatch(inside: Inside, data: str) -> None:
    """L7.2: 12. So signed cookies and those with data can be in one header; by default such a one is plain."""
    inside.server.expect_log("MPY0910")
    assert inside(f"""
        import base64, marshal
        from mod_python.Cookie import Cookie, CookieError, MarshalCookie, SignedCookie
        data = base64.b64encode({data}).decode()
        text = str(SignedCookie("n", data, "s"))
        cookie = MarshalCookie.parse(text, "s")["n"]
        try:
            MarshalCookie("n", text[2:]).unmarshal("s")
        except CookieError:
            result = [type(cookie) is Cookie, cookie.value == data, MarshalCookie.parse(text, "s", Cookie.IGNORE)]
    """) == [True, True, {}]


def test_another_format_is_refused(inside: Inside) -> None:
    source = "from mod_python.Cookie import *\nMarshalCookie('n', 1, 's', format='pickle')"
    assert inside.error(source).startswith("ValueError: format must be")
