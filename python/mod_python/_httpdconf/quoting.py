"""What may stand in one line of an httpd configuration.

httpd takes a line by its end, joins lines that end in a backslash, and splits the rest into words: text that
came from elsewhere must not become a second line, or swallow the next one.
"""

from __future__ import annotations

import re

_LINE_BREAK = re.compile(r"[\r\n\0]")
_NEEDS_QUOTES = re.compile(r"[\s\"']")
# Runs of backslashes that httpd would shorten: before a quote, at the end, and any longer than one.
_READ_AS_ESCAPE = re.compile(r'\\{2,}|\\(?="|\Z)')
# A backslash before a double quote escapes it; all others are a Windows path's.
_SLASH_OF_A_PATH = re.compile(r'\\(?!")')


def quote_if_space(s: str) -> str:
    """One argument of a directive: `s` itself, or `s` in double quotes if it holds blanks or quotes.

    What httpd reads is `s` again; backslashes and double quotes are escaped as it wants them. ValueError for a
    line break or NUL, which no quotes can hold.
    """
    refuse_line_breaks(s)
    if not _NEEDS_QUOTES.search(s):
        return s
    doubled = _READ_AS_ESCAPE.sub(lambda run: run[0] * 2, s)
    return '"' + doubled.replace('"', '\\"') + '"'


def line(text: str, flipslash: object) -> str:
    """`text` as a line of configuration; ValueError if it would be more than that."""
    refuse_line_breaks(text)
    if flipslash:
        text = _SLASH_OF_A_PATH.sub("/", text)
    if text.endswith("\\"):
        raise ValueError(f"a line that ends in a backslash takes in the next one: {text!r}")
    return text


def refuse_line_breaks(text: str) -> None:
    """ValueError for what httpd would read as two lines, or not at all."""
    if _LINE_BREAK.search(text):
        raise ValueError(f"a line of configuration cannot hold a line break or NUL: {text!r}")
