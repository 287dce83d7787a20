"""From a program to code that knows the lines of its page."""

from __future__ import annotations

import ast
from types import CodeType

from mod_python._psp.translation import Place, Translation

Places = dict[int, tuple[int, int]]
"""Inclusion and line, by the number that code has for a line of an included file."""


def compiled(translation: Translation) -> tuple[CodeType, Places]:
    """Lines of the page keep their numbers; those of included files get numbers beyond any page's.

    Raises SyntaxError, with file, line and text of the page.
    """
    beyond = len(translation.places)
    try:
        tree = ast.parse(translation.program, translation.name)
    except SyntaxError as error:
        raise translation.problem_at(error.msg, translation.place(error.lineno), type(error)) from None
    numbers = [
        place.line if place.inclusion == 0 else beyond + index for index, place in enumerate(translation.places, 1)
    ]
    _number(tree, None if translation.has_lines_of_page else numbers)
    try:
        code = compile(tree, translation.name, "exec", dont_inherit=True)
    except SyntaxError as error:
        # What only the compiler sees, such as `return` outside of a function.
        number = error.lineno or 1
        place = translation.place(number - beyond) if number > beyond else Place(0, number)
        raise translation.problem_at(error.msg, place) from None
    return code, {
        beyond + index: (place.inclusion, place.line)
        for index, place in enumerate(translation.places, 1)
        if place.inclusion
    }


def _number(tree: ast.AST, numbers: list[int] | None) -> None:
    """Sets lines, and takes columns away: with them tracebacks would mark in the page's line what
    stands there in the program's."""
    for node in ast.walk(tree):
        if "lineno" in node._attributes:
            line: int = node.lineno  # type: ignore[attr-defined]
            number = numbers[line - 1] if numbers is not None else line
            vars(node).update(lineno=number, end_lineno=number, col_offset=-1, end_col_offset=-1)
