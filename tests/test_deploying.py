"""docs/deploying: each page shows the very configuration that the tests of its application use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from harness import site

pytestmark = pytest.mark.once

SAMPLES = sorted((site.CHECKOUT / "conf/deploying").glob("*.conf"))
PAGES = site.CHECKOUT / "docs/deploying"


def blocks(page: Path) -> list[str]:
    """The configurations that a page shows."""
    return re.findall(r"^```apache\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)


def test_there_are_samples() -> None:
    assert SAMPLES


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_the_page_shows_the_sample(sample: Path) -> None:
    assert sample.read_text() in blocks(PAGES / f"{sample.stem}.md")


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_the_sample_is_what_the_tests_start(sample: Path) -> None:
    test = site.CHECKOUT / "tests" / f"test_{sample.stem}.py"
    assert f'configuration("{sample.stem}"' in test.read_text()


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.stem)
def test_each_picture_of_a_page_is_there(page: Path) -> None:
    for picture in re.findall(r"!\[[^]]*\]\(([^)]+)\)", page.read_text()):
        assert (page.parent / picture).is_file(), picture
