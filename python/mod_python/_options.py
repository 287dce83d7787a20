"""Values of ``PythonOption`` as what they mean.

``options`` is what ``req.get_options()`` or ``server.get_options()`` returned. An option
that is not set gives the default; one that means nothing raises OptionError, which names
the option, so that a typing error of the operator's never passes for a setting.
"""

import re
from typing import Final, Protocol

_BOOLEANS: Final = {
    **dict.fromkeys(("on", "yes", "true", "1"), True),
    **dict.fromkeys(("off", "no", "false", "0"), False),
}

_SIZE: Final = re.compile(r"([0-9]{1,18})([KMGT]?)B?", re.IGNORECASE | re.ASCII)

_UNITS: Final = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


class Options(Protocol):
    """The table of options, or a dict."""

    def get(self, name: str, default: str | None, /) -> str | None: ...


class OptionError(ValueError):
    """A ``PythonOption`` has a value that means nothing. The text names both."""

    def __init__(self, name: str, value: str, wanted: str) -> None:
        super().__init__(f"PythonOption {name} {value!r}: must be {wanted}")


def boolean(options: Options, name: str, default: bool) -> bool:
    """On, Yes, True or 1; Off, No, False or 0; in any case."""
    value = options.get(name, None)
    if value is None:
        return default
    known = _BOOLEANS.get(value.strip().lower())
    if known is None:
        raise OptionError(name, value, "On or Off")
    return known


def integer(options: Options, name: str, default: int, least: int = 0, most: int | None = None) -> int:
    """A whole number of ``least`` or more, and of ``most`` or less if that is given."""
    value = options.get(name, None)
    if value is None:
        return default
    wanted = f"a whole number of {least} or more" if most is None else f"a whole number from {least} to {most}"
    # int() also takes underscores and the digits of other scripts.
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", value.strip(), re.ASCII):
        raise OptionError(name, value, wanted)
    number = int(value)
    if number < least or (most is not None and number > most):
        raise OptionError(name, value, wanted)
    return number


def size(options: Options, name: str, default: int) -> int:
    """A number of bytes: ``4096``, ``64K``, ``10M``, ``2GB``; units are powers of 1024."""
    value = options.get(name, None)
    if value is None:
        return default
    match = _SIZE.fullmatch(value.strip())
    if match is None:
        raise OptionError(name, value, "a number of bytes, such as 4096, 64K or 10M")
    return int(match[1]) * _UNITS[match[2].upper()]


def choice(options: Options, name: str, default: str, choices: tuple[str, ...]) -> str:
    """One of some words, in any case; returned as ``choices`` spells it."""
    value = options.get(name, None)
    if value is None:
        return default
    for known in choices:
        if known.lower() == value.strip().lower():
            return known
    raise OptionError(name, value, f"one of {', '.join(choices)}")
