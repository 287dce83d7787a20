"""`_apache.parse_qs` and `_apache.parse_qsl`: query strings and form bodies."""

from __future__ import annotations

from typing import Any

import pytest
from harness.inside import Inside

# Query, fields, and fields with blank values.
TABLE: dict[str, tuple[dict[str, list[str]], dict[str, list[str]]]] = {
    "a=1&b=2;c=3": ({"a": ["1"], "b": ["2"], "c": ["3"]}, {"a": ["1"], "b": ["2"], "c": ["3"]}),
    "a=1&a=2": ({"a": ["1", "2"]}, {"a": ["1", "2"]}),
    "a=&b=1": ({"b": ["1"]}, {"a": [""], "b": ["1"]}),
    "a&b=1": ({"b": ["1"]}, {"a": [""], "b": ["1"]}),
    "=x": ({"": ["x"]}, {"": ["x"]}),
    "a=b=c": ({"a": ["b=c"]}, {"a": ["b=c"]}),
    "a=1+2%20x%zz": ({"a": ["1 2 x%zz"]}, {"a": ["1 2 x%zz"]}),
    "a=%C3%A9": ({"a": ["é"]}, {"a": ["é"]}),
    "a=%": ({"a": ["%"]}, {"a": ["%"]}),
    "&&;a=1;": ({"a": ["1"]}, {"a": ["1"]}),
    "": ({}, {}),
}


def _inside(inside: Inside, expression: str) -> Any:
    return inside(f"import _apache\nresult = {expression}")


@pytest.mark.parametrize("query", TABLE)
def test_the_fields_of_a_query(inside: Inside, query: str) -> None:
    fields, with_blanks = TABLE[query]
    assert _inside(inside, f"[_apache.parse_qs({query!r}), _apache.parse_qs({query!r}, 1)]") == [fields, with_blanks]


def test_pairs_keep_their_order(inside: Inside) -> None:
    pairs = _inside(inside, "_apache.parse_qsl('b=1&a=2&b=3&c=', 1)")
    assert pairs == [["b", "1"], ["a", "2"], ["b", "3"], ["c", ""]]


def test_names_appear_in_order_of_first_appearance(inside: Inside) -> None:
    assert _inside(inside, "list(_apache.parse_qs('b=1&a=2&b=3'))") == ["b", "a"]


def test_pairs_are_tuples(inside: Inside) -> None:
    assert _inside(inside, "_apache.parse_qsl('a=1') == [('a', '1')]") is True


def test_bytes_give_bytes(inside: Inside) -> None:
    """Result parts have the kind of the input."""
    source = "[_apache.parse_qs(b'a=%e9+x') == {b'a': [b'\\xe9 x']}, _apache.parse_qsl(b'a=%e9') == [(b'a', b'\\xe9')]]"
    assert _inside(inside, source) == [True, True]


def test_what_is_not_utf8_keeps_its_bytes(inside: Inside) -> None:
    """Q32. Invalid UTF-8 neither fails nor is lost."""
    source = """[
        _apache.parse_qs('%ff=%fe')['\\udcff'] == ['\\udcfe'],
        _apache.parse_qsl('%ff=%fe')[0][1].encode('utf-8', 'surrogateescape') == b'\\xfe',
    ]"""
    assert _inside(inside, source) == [True, True]


def test_short_names_are_right(inside: Inside) -> None:
    """Q32. Names of one to forty characters, all of them."""
    source = "[_apache.parse_qsl('k' * n + '=v')[0][0] == 'k' * n for n in range(1, 41)]"
    assert _inside(inside, source) == [True] * 40


def test_raw_utf8_of_the_request_is_utf8(inside: Inside) -> None:
    """`req.args` shows bytes as ISO-8859-1; the parts are what those bytes mean."""
    assert inside("import _apache\nresult = _apache.parse_qs(req.args)", path="/?a=%C3%A9") == {"a": ["é"]}
    assert _inside(inside, "_apache.parse_qs('a=\\xc3\\xa9')") == {"a": ["é"]}


def test_an_escaped_nul_cuts_nothing_off(inside: Inside) -> None:
    assert _inside(inside, "_apache.parse_qs('a=1%002&b=3')") == {"a": ["1\0" + "2"], "b": ["3"]}


def test_strict_parsing_says_nothing(inside: Inside) -> None:
    assert _inside(inside, "_apache.parse_qs('a&b=1', 0, 1)") == {"b": ["1"]}


@pytest.mark.parametrize(
    ("call", "error"),
    {
        "parse_qs()": "TypeError: ",
        "parse_qs(None)": "TypeError: ",
        "parse_qs(1)": "TypeError: ",
        "parse_qs('\\u20ac=1')": "TypeError: ",
        "parse_qs('a', 0, 0, 0)": "TypeError: ",
        "parse_qsl(qs='a=1')": "TypeError: ",
    }.items(),
)
def test_what_is_no_query(inside: Inside, call: str, error: str) -> None:
    assert inside.error(f"import _apache\n_apache.{call}").startswith(error)


def test_many_fields_take_time_in_proportion(inside: Inside) -> None:
    source = "import _apache\nresult = len(_apache.parse_qs('&'.join(f'k{n}=v' for n in range(100000))))"
    assert inside(source) == 100000
