"""docs/compatibility.md: every quirk and every line is there, and has a test that carries its number."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from harness import site

pytestmark = pytest.mark.once

QUIRKS = range(1, 51)
LINES = range(1, 123)
LIBRARY = {"L7.1": range(1, 61), "L7.2": range(1, 35), "L7.3": range(1, 21)}
SECTIONS = {
    "21.1": range(1, 9),
    "21.2": range(9, 47),
    "21.3": range(47, 57),
    "21.4": range(57, 73),
    "21.5": range(73, 76),
    "21.6": range(76, 89),
    "21.7": range(89, 116),
    "21.8": range(116, 123),
}


def _rows(pattern: str) -> dict[int, str]:
    page = (site.CHECKOUT / "docs/compatibility.md").read_text()
    rows = re.findall(rf"(?m)^\| {pattern}(\d+) \|.*\| ([^|]*) \|$", page)
    numbers = [int(number) for number, _ in rows]
    assert len(numbers) == len(set(numbers)), "listed twice"
    return {int(number): verdict for number, verdict in rows}


def _docstrings() -> Iterator[tuple[str, str]]:
    """The name and docstring of each test."""
    for path in sorted((site.CHECKOUT / "tests").glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield f"{path.name}::{node.name}", ast.get_docstring(node) or ""


def _lines_tested() -> Iterator[tuple[str, str, int]]:
    """(test, section, line) of what docstrings say: `21.6: 76-78, 80` or `L7.1: 76 to 78, 80`."""
    number = r"\d+(?:(?:-| to )\d+)?(?![\d.]*\d)"
    for test, docstring in _docstrings():
        for section, group in re.findall(rf"\b(21\.\d|L7\.\d): ({number}(?:, {number})*)", docstring):
            for part in group.split(", "):
                first, _, last = part.replace(" to ", "-").partition("-")
                yield from ((test, section, line) for line in range(int(first), int(last or first) + 1))


def _without_verdict(rows: dict[int, str]) -> list[int]:
    return [number for number, verdict in rows.items() if not re.match(r"same|fixed|differs: .{10}", verdict)]


def test_every_quirk_has_a_verdict() -> None:
    rows = _rows("Q")
    assert list(rows) == list(QUIRKS)
    assert _without_verdict(rows) == []


def test_every_line_has_a_verdict() -> None:
    rows = _rows("")
    assert list(rows) == list(LINES)
    assert _without_verdict(rows) == []


def test_every_quirk_has_a_test() -> None:
    tested = {int(number) for _, docstring in _docstrings() for number in re.findall(r"\bQ(\d+)\b", docstring)}
    assert sorted(set(QUIRKS) - tested) == []
    assert sorted(tested - set(QUIRKS)) == []


def test_every_line_has_a_test() -> None:
    assert sorted(set(LINES) - {line for _, section, line in _lines_tested() if section in SECTIONS}) == []


def test_lines_are_named_with_their_section() -> None:
    known = SECTIONS | LIBRARY
    assert [named for named in _lines_tested() if named[2] not in known.get(named[1], ())] == []


@pytest.mark.parametrize("section", LIBRARY)
def test_every_line_of_the_library_has_a_verdict(section: str) -> None:
    rows = _rows(rf"{re.escape(section)}: ")
    assert list(rows) == list(LIBRARY[section])
    assert _without_verdict(rows) == []


@pytest.mark.parametrize("section", LIBRARY)
def test_every_line_of_the_library_has_a_test(section: str) -> None:
    assert sorted(set(LIBRARY[section]) - {line for _, of, line in _lines_tested() if of == section}) == []
