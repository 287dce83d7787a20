"""`mod_python._options`: what the values of PythonOption mean to the library."""

from __future__ import annotations

import pytest
from mod_python import _options

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("text", "value"),
    [("On", True), ("yes", True), ("TRUE", True), ("1", True), ("off", False), ("No", False), ("0", False)],
)
def test_booleans(text: str, value: bool) -> None:
    assert _options.boolean({"x": text}, "x", not value) is value


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("100", 100), (" 7 ", 7), ("+7", 7)])
def test_integers(text: str, value: int) -> None:
    assert _options.integer({"x": text}, "x", 5) == value


@pytest.mark.parametrize(
    ("text", "value"), [("0", 0), ("4096", 4096), ("64K", 65536), ("10m", 10 << 20), ("2GB", 2 << 30), ("1T", 1 << 40)]
)
def test_sizes(text: str, value: int) -> None:
    assert _options.size({"x": text}, "x", 5) == value


def test_choices_have_no_case() -> None:
    assert _options.choice({"x": "LAX"}, "x", "Strict", ("Strict", "Lax")) == "Lax"


def test_what_is_not_set_is_the_default() -> None:
    assert _options.boolean({}, "x", True) is True
    assert _options.integer({}, "x", 3) == 3
    assert _options.size({}, "x", 4) == 4
    assert _options.choice({}, "x", "a", ("a", "b")) == "a"


@pytest.mark.parametrize("text", ["", "maybe", "2", "on off", "\u0661"])
def test_no_boolean(text: str) -> None:
    with pytest.raises(_options.OptionError, match=r"^PythonOption a\.b '.*': must be On or Off$"):
        _options.boolean({"a.b": text}, "a.b", True)


@pytest.mark.parametrize("text", ["", "x", "1.0", "1_000", "-1", "101", "\u0661", "9" * 5000])
def test_no_integer(text: str) -> None:
    with pytest.raises(_options.OptionError, match=r"^PythonOption a\.b '.*': must be a whole number from 0 to 100$"):
        _options.integer({"a.b": text}, "a.b", 1, most=100)


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5M", "1 M", "1X", "\u0661", "9" * 5000])
def test_no_size(text: str) -> None:
    with pytest.raises(_options.OptionError, match=r"^PythonOption a\.b '.*': must be a number of bytes"):
        _options.size({"a.b": text}, "a.b", 1)


def test_no_choice() -> None:
    with pytest.raises(_options.OptionError, match=r"^PythonOption a\.b 'c': must be one of a, b$"):
        _options.choice({"a.b": "c"}, "a.b", "a", ("a", "b"))
