"""The constants of ``mod_python.Session``, options with two names, and the log."""

import re
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import _apache

from mod_python import _options

validate_sid_re: Final = re.compile(r"[0-9a-f]{32}\Z")

Options = _options.Options


def constant(name: str) -> Any:
    """A constant as ``mod_python.Session`` has it now: scripts set DFT_TIMEOUT and the like there."""
    return getattr(sys.modules["mod_python.Session"], name)


def present(options: Options, *names: str) -> str | None:
    """The first of several names of an option that is set, the current one before the legacy one."""
    return next((name for name in names if options.get(name, None) is not None), None)


def text(options: Options, *names: str) -> str | None:
    """The value of the first name that is set."""
    name = present(options, *names)
    return None if name is None else options.get(name, None)


def flag(options: Options, names: tuple[str, ...], default: bool) -> bool:
    """On or Off; OptionError, a ValueError, names the option whose value is neither."""
    return _options.boolean(options, present(options, *names) or names[0], default)


def number(options: Options, names: tuple[str, ...], default: int) -> int:
    """A whole number of 0 or more; OptionError otherwise."""
    return _options.integer(options, present(options, *names) or names[0], default)


def word(options: Options, name: str, choices: tuple[str, ...]) -> str | None:
    """One of some words, in any case, or None if the option is not set; OptionError otherwise."""
    if options.get(name, None) is None:
        return None
    return _options.choice(options, name, "", choices)


def true_or_false(value: object) -> bool:
    """What 3.5 took for a boolean, and on and off. ValueError for anything else."""
    known = {"yes": True, "true": True, "1": True, "on": True, "no": False, "false": False, "0": False, "off": False}
    key = "0" if value is None else str(value).strip().lower()
    if key not in known:
        raise ValueError(f"{value!r} is neither true nor false")
    return known[key]


def base_directory(options: Options, *names: str) -> Path:
    """The directory of a store: that of the options, else the system's for temporary files."""
    every = (*names, "mod_python.session.database_directory", "session_directory")
    return Path(text(options, *every) or tempfile.gettempdir())


def log(entry: str, level: int = _apache.APLOG_ERR) -> None:
    """An entry in the main server's log, from wherever there may be no request any more."""
    _apache.log_error(entry, level)
