"""docs/compatibility.md: every quirk and every line is there, and has a test that carries its number."""

from __future__ import annotations

import re

from harness import site

QUIRKS = range(1, 51)
LINES = range(1, 123)
# httpd older than 2.3 only; and what only whoever reads the source can tell.
WITHOUT_TEST = {23}


def _page() -> str:
    return (site.CHECKOUT / "docs/compatibility.md").read_text()


def _rows(pattern: str) -> dict[int, str]:
    rows = re.findall(rf"(?m)^\| {pattern}(\d+) \|.*\| ([^|]*) \|$", _page())
    numbers = [int(number) for number, _ in rows]
    assert len(numbers) == len(set(numbers)), "listed twice"
    return {int(number): verdict for number, verdict in rows}


def _docstrings() -> str:
    """The docstrings of all tests, as one text."""
    texts = []
    for path in sorted((site.CHECKOUT / "tests").glob("test_*.py")):
        texts += re.findall(r'^(?:    )*"""(.*?)"""', path.read_text(), re.DOTALL | re.MULTILINE)
    return "\n".join(texts)


def test_every_quirk_has_a_verdict() -> None:
    rows = _rows("Q")
    assert list(rows) == list(QUIRKS)
    assert [n for n, verdict in rows.items() if not re.match(r"same|fixed|differs: .{10}", verdict)] == []


def test_every_line_has_a_verdict() -> None:
    rows = _rows("")
    assert list(rows) == list(LINES)
    assert [n for n, verdict in rows.items() if not re.match(r"same|fixed|differs: .{10}", verdict)] == []


def test_every_quirk_has_a_test() -> None:
    tested = {int(number) for number in re.findall(r"\bQ(\d+)\b", _docstrings())}
    assert sorted(set(QUIRKS) - tested) == []


def test_every_line_has_a_test() -> None:
    tested: set[int] = set()
    for group in re.findall(r"\b21\.\d: ((?:\d+(?:-\d+)?(?:, )?)+)", _docstrings()):
        for part in group.rstrip(", ").split(", "):
            first, _, last = part.partition("-")
            tested.update(range(int(first), int(last or first) + 1))
    assert sorted(set(LINES) - tested - WITHOUT_TEST) == []
