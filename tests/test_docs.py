"""The pages that operators look things up in are complete."""

from __future__ import annotations

import re

import pytest
from harness import site, stub

pytestmark = pytest.mark.once


def _read(path: str) -> str:
    return (site.CHECKOUT / path).read_text()


def test_every_message_code_has_its_section() -> None:
    codes = re.findall(r'"(MPY\d{4})"', _read("src/settings/messages.rs"))
    sections = re.findall(r"(?m)^#+ (MPY\d{4})\b", _read("docs/messages.md"))
    assert len(codes) == len(set(codes))
    assert sorted(codes) == sorted(sections)


def test_every_message_code_has_the_level_that_its_section_says() -> None:
    levels = {
        code: level.lower() for code, level in re.findall(r'"(MPY\d{4})", (\w+);', _read("src/settings/messages.rs"))
    }
    said = dict(re.findall(r"(?m)^#+ (MPY\d{4})\b.*\n\n\*(\w+)\.\*", _read("docs/messages.md")))
    assert said == levels


def test_every_directive_of_the_samples_and_tests_is_documented() -> None:
    page = _read("docs/directives.md")
    used = set(re.findall(r"\bPython[A-Z]\w+\b", _read("tests/test_directives.py") + _read("conf/python.conf")))
    headings = set(re.findall(r"(?m)^#+ `?(Python\w+)", page))
    assert used <= headings


# Where a class has its page.
PAGES = {
    "mp_request": "request.md",
    "mp_conn": "connections.md",
    "mp_server": "servers.md",
    "mp_filter": "filters.md",
    "mp_finfo": "objects.md",
    "mp_hlist": "objects.md",
    "table": "objects.md",
    "multipart_parser": "util.md",
}


def _named(page: str) -> set[str]:
    """The names that a page has in code, with what they belong to or without: `name`, `req.name(arguments)`."""
    code = " ".join(re.findall(r"`[^`\n]+`", _read(f"docs/{page}")))
    return set(re.findall(r"`(?:[a-z]+\.)?(\w+)", code))


@pytest.mark.parametrize("name", [name for name, cls in stub.read().classes.items() if not cls.bases])
def test_every_attribute_and_method_is_on_the_page_of_its_class(name: str) -> None:
    cls = stub.read().classes[name]
    assert {*cls.properties, *cls.methods} - _named(PAGES[name]) == set()


def test_every_function_and_exception_has_its_page() -> None:
    """`_apache` has further functions, for the package alone."""
    declared = stub.read()
    public = {name for name in declared.functions if not re.match("_(?!global_)", name)}
    assert {*public, *declared.classes} - _named("apache.md") == set()


def test_every_name_of_the_package_has_its_page() -> None:
    imported = re.findall(r"(?m)^from mod_python\.\S+ import (\w+)", _read("python/mod_python/apache.py"))
    assert len(imported) > 10
    assert set(imported) - _named("apache.md") - _named("modules.md") == set()


@pytest.mark.parametrize("page", ["README.md", *sorted(p.name for p in (site.CHECKOUT / "docs").glob("*.md"))])
def test_links_between_pages_lead_somewhere(page: str) -> None:
    path = site.CHECKOUT / (page if page == "README.md" else f"docs/{page}")
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text()):
        assert (path.parent / target).exists(), target
