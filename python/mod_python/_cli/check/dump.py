"""Reads a configuration with httpd itself: mod_info shows what it understood.

That resolves macros, variables and conditions as the server would. What httpd acts upon while it reads, such as
LoadModule, is not shown.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from mod_python import version
from mod_python._cli.check.configuration import Line
from mod_python._httpd import modules

_MACRO = re.compile(r'macro .* used on line (\d+) of "(.*)"')
_SECONDS = 60


class RefusedError(Exception):
    """httpd does not take this configuration, or cannot be asked; the text says why."""


def read(conf: Path) -> list[Line]:
    """What httpd understood, in its order; RefusedError."""
    return _parsed(_dumped(conf))


def _dumped(conf: Path) -> str:
    info = modules.loadable(("info",))
    if not info and "mod_info" not in modules.linked_in(version.HTTPD):
        raise RefusedError("there is no httpd with mod_info")
    command = [version.HTTPD, "-t", "-D", "DUMP_CONFIG", "-f", str(conf.absolute())]
    for line in info:
        command += ["-C", f"LoadModule {line}"]
    # The folder of its logs may not be there, or not be ours.
    command += ["-c", "ErrorLog /dev/null"]
    try:
        outcome = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise RefusedError(str(error)) from None
    if outcome.returncode != 0:
        said = outcome.stderr.decode("utf-8", "replace").strip().splitlines()
        raise RefusedError(" ".join(said) or f"httpd ended with status {outcome.returncode}")
    return outcome.stdout.decode("utf-8", "surrogateescape")


def _parsed(text: str) -> list[Line]:
    lines: list[Line] = []
    sections: list[Line] = []
    file, number, used_at = "", 0, 0
    for row in map(str.strip, text.split("\n")):
        if row.startswith("# In file: "):
            file, used_at = _place(row.removeprefix("# In file: "))
        elif re.fullmatch(r"# *\d+:", row):
            number = used_at or int(row.strip("# :"))
        elif row.startswith("</"):
            sections.pop()
        elif row and not row.startswith("#") and not file.startswith("-c/-C"):
            line = _line(file, number, row, tuple(sections))
            lines.append(line)
            if line.is_section:
                sections.append(line)
    return lines


def _place(shown: str) -> tuple[str, int]:
    """A file; for what a macro made, that of its use, and the line there."""
    macro = _MACRO.match(shown)
    return (macro[2], int(macro[1])) if macro else (shown, 0)


def _line(file: str, number: int, row: str, inside: tuple[Line, ...]) -> Line:
    is_section = row.startswith("<")
    if is_section:
        row = row[1:].removesuffix(">")
    name, arguments = (*row.split(None, 1), "")[:2]
    return Line(file, number, name, arguments.strip(), inside, is_section)
