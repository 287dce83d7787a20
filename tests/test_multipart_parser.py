"""`_apache.multipart_parser`, by which forms are read."""

from __future__ import annotations

import pytest
from harness.inside import Inside

_BODY = b"preamble\r\n--b\r\nA: 1\r\nB:\t2\r\n\r\none\r\n--b\r\n\r\n\r\n--b--\r\nepilogue"


def test_it_tells_what_is_known(inside: Inside) -> None:
    source = f"""
        from _apache import multipart_parser
        parser = multipart_parser(b"b", 100, 10)
        body = {_BODY!r}
        told = [parser.feed(body[:20]), parser.ended, parser.feed(body[20:32]), parser.feed(body[32:]), parser.ended,
                parser.feed(b"more"), parser.close()]
        result = repr(told)
    """
    told = [[], False, [[(b"A", b"1"), (b"B", b"2")], b"one"], [None, [], None], True, [], []]
    assert inside(source) == repr(told)


def test_a_body_may_end_anywhere(inside: Inside) -> None:
    source = """
        from _apache import multipart_parser
        parser = multipart_parser(b"b", 100, 10)
        result = repr([parser.feed(b"--b\\n\\none\\r"), parser.close(), parser.ended])
    """
    assert inside(source) == repr([[[], b"one"], [b"\r", None], True])


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ("b'', 1, 1", "ValueError: the boundary is empty"),
        ("b'a\\0', 1, 1", "ValueError: the boundary is empty, or has control characters"),
        ("b'a', -1, 1", "ValueError: a limit is 0 or more"),
        ("'a', 1, 1", "TypeError: the boundary must be bytes, not str"),
        ("b'a', 1, 'x'", "TypeError: "),
        ("b'a', 1", "TypeError: multipart_parser() takes exactly 3 positional arguments"),
        ("", "TypeError: multipart_parser() takes exactly 3 positional arguments"),
        ("boundary=b'a', header_bytes=1, header_lines=1", "TypeError: "),
    ],
)
def test_what_it_is_not_made_of(inside: Inside, arguments: str, error: str) -> None:
    assert inside.error(f"import _apache\n_apache.multipart_parser({arguments})").startswith(error)


def test_one_that_failed_is_of_no_use(inside: Inside) -> None:
    source = """
        from _apache import multipart_parser
        parser = multipart_parser(b"b", 100, 10)
        result = []
        for call in (lambda: parser.feed("text"), lambda: parser.feed(b"--b\\nno colon\\n"), lambda: parser.feed(b""),
                     parser.close, multipart_parser.__new__(multipart_parser).close):
            try:
                call()
            except Exception as error:
                result.append(f"{type(error).__name__}: {error}")
    """
    in_use = "RuntimeError: the parser is in use, or has failed"
    text = "TypeError: expected bytes, got str"
    assert inside(source) == [text, "ValueError: a header line of a part has no name", in_use, in_use, in_use]
