"""The pages that operators look things up in are complete."""

from __future__ import annotations

import re

import pytest
from harness import site

pytestmark = pytest.mark.once


def _read(path: str) -> str:
    return (site.CHECKOUT / path).read_text()


def test_every_message_code_has_its_section() -> None:
    codes = re.findall(r'"(MPY\d{4})"', _read("src/settings/messages.rs"))
    sections = re.findall(r"(?m)^#+ (MPY\d{4})\b", _read("docs/messages.md"))
    assert len(codes) == len(set(codes))
    assert sorted(codes) == sorted(sections)


def test_every_directive_of_the_samples_and_tests_is_documented() -> None:
    page = _read("docs/directives.md")
    used = set(re.findall(r"\bPython[A-Z]\w+\b", _read("tests/test_directives.py") + _read("conf/python.conf")))
    headings = set(re.findall(r"(?m)^#+ `?(Python\w+)", page))
    assert used <= headings


def test_everything_of_the_request_object_is_on_its_page() -> None:
    page = _read("docs/request.md")
    rows = _read("src/objects/request/attributes.rs")
    text = r"(?:text!\(\w+(?: or None)? |table!\([\w:]+, |\w+!\()"
    attributes = re.findall(rf"(?m)^    {text}(\w+)(?:,|:| /)", rows)
    methods = re.findall(r'Method::new\(\s*c"(\w+)"', _read("src/objects/request/methods.rs"))
    assert len(attributes) > 60
    assert len(methods) > 25
    assert [name for name in attributes if f"| `{name}` |" not in page] == []
    assert [name for name in methods if f"| `{name}(" not in page] == []


@pytest.mark.parametrize("page", ["README.md", *sorted(p.name for p in (site.CHECKOUT / "docs").glob("*.md"))])
def test_links_between_pages_lead_somewhere(page: str) -> None:
    path = site.CHECKOUT / (page if page == "README.md" else f"docs/{page}")
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text()):
        assert (path.parent / target).exists(), target
