"""The elements of a configuration: each is text with `str()`, and Python source of itself with `repr()`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from textwrap import indent as indented

import mod_python.version
from mod_python._httpdconf import quoting


class Element:
    """What may stand in a Container or a tag; `indent` is set by what it stands in, in blanks."""

    indent: int = 0


class Directive(Element):
    """`name val`, on a line of its own.

    name: the directive's. val: its arguments, as one text that is quoted already (`quote_if_space`), or anything
    else that has a `str()`. flipslash: whether backslashes become `/`, but for those before a double quote.
    ValueError if the arguments hold a line break or NUL, or end in a backslash.
    """

    def __init__(self, name: str, val: object, flipslash: object = 1) -> None:
        self.name = name
        self.val = val
        self.flipslash = flipslash
        self.indent = 0
        self._line()

    def _line(self) -> str:
        return quoting.line(f"{self.name} {self.val}", self.flipslash)

    def __str__(self) -> str:
        return f"{' ' * self.indent}{self._line()}\n"

    def __repr__(self) -> str:
        if type(self) is not Directive:
            return f"{self.name}({self.val!r})"
        kept = "" if self.flipslash else ", flipslash=0"
        return f"Directive({self.name!r}, {self.val!r}{kept})"


class Comment(Element):
    """`# ` and a text; each of its lines becomes a line of comment."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.indent = 0

    def __str__(self) -> str:
        return "".join(f"{' ' * self.indent}# {_closed(text)}\n" for text in self.text.splitlines())

    def __repr__(self) -> str:
        lines = [repr(text) for text in self.text.splitlines(keepends=True)]
        return f"Comment({_aligned(lines or [repr('')], len('Comment('))})"


def _closed(text: str) -> str:
    """httpd joins lines before it looks for comments: a blank keeps the next one apart."""
    text = text.replace("\0", "")
    return f"{text} " if text.endswith("\\") else text


def _aligned(lines: list[str], columns: int) -> str:
    return f"\n{' ' * columns}".join(lines)


class Container(Element):
    """Elements one after the other, without a tag around them.

    only_if: Python source, evaluated whenever the Container becomes text, with the names `mod_python`, `os` and
    `sys`; when it is false, the text is empty. It is code: never take it from somebody else.
    """

    def __init__(self, *args: Element, only_if: str | None = None) -> None:
        self.args = list(args)
        self.only_if = only_if
        self.indent = 0

    def append(self, value: Element) -> None:
        """Add an element at the end; TypeError for anything else."""
        if not isinstance(value, (Directive, Container, ContainerTag, Comment)):
            raise TypeError(f"a Container takes a Directive, Container, ContainerTag or Comment, not {value!r}")
        self.args.append(value)

    def __str__(self) -> str:
        if self.only_if is not None and not _is_true(self.only_if):
            return ""
        return _rendered(self.args, self.indent)

    def __repr__(self) -> str:
        lines = [repr(element) for element in self.args]
        if self.only_if is not None:
            lines.append(f"only_if={self.only_if!r}")
        return f"Container({_block(lines)})"


def _is_true(only_if: str) -> bool:
    return bool(eval(only_if, {"mod_python": mod_python, "os": os, "sys": sys}))


class ContainerTag(Element):
    """`<tag attr>`, elements, `</tag>`.

    flipslash: as for a Directive, for `attr`. ValueError if `attr` holds a line break or NUL.
    """

    def __init__(self, tag: str, attr: object, args: Iterable[Element], flipslash: object = 1) -> None:
        self.tag = tag
        self.attr = attr
        self.args = list(args)
        self.flipslash = flipslash
        self.indent = 0
        self._opening()

    def _opening(self) -> str:
        return quoting.line(f"<{self.tag} {self.attr}>", self.flipslash)

    def __str__(self) -> str:
        blanks = " " * self.indent
        return f"{blanks}{self._opening()}\n{_rendered(self.args, self.indent + 2)}{blanks}</{self.tag}>\n"

    def __repr__(self) -> str:
        children = [repr(element) for element in self.args]
        if type(self) is not ContainerTag:
            return f"{self.tag}({self.attr!r},{_block(children)})"
        kept = "" if self.flipslash else ", flipslash=0"
        return f"ContainerTag({self.tag!r}, {self.attr!r}, [{_block(children)}]{kept})"


def _rendered(elements: Iterable[Element], indent: int) -> str:
    text = []
    for element in elements:
        if isinstance(element, (str, bytes)):
            raise TypeError(f"{element!r} is text, and no element of a configuration: use a Directive or a Comment")
        element.indent = indent
        text.append(str(element))
    return "".join(text)


def _block(lines: list[str]) -> str:
    """Arguments on lines of their own."""
    if not lines:
        return ""
    return "\n" + indented("".join(f"{text},\n" for text in lines), "    ")
