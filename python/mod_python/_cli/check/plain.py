"""Reads the text of a configuration and what it includes, without httpd.

What depends on the server, such as <IfModule>, is read as if it held.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from mod_python._cli.check.configuration import Line, ReadError

# As in httpd: more is a file that includes itself.
_DEEPEST = 128
_VARIABLE = re.compile(r"\$\{(\w+)\}")


def read(conf: Path) -> list[Line]:
    """All lines, in the order in which httpd reads them; ReadError."""
    reader = _Reader(conf)
    reader.read_file(conf, 0)
    reader.refuse_open_section(conf)
    return reader.lines


class _Reader:
    def __init__(self, conf: Path) -> None:
        self.lines: list[Line] = []
        self._open: list[Line] = []
        self._defined: dict[str, str] = {}
        self._root = conf.parent

    def read_file(self, file: Path, depth: int) -> None:
        if depth > _DEEPEST:
            raise ReadError(f"{file}: more than {_DEEPEST} files that include each other")
        for number, text in _joined(file):
            self._read_line(file, number, _VARIABLE.sub(self._value, text), depth)

    def _value(self, found: re.Match[str]) -> str:
        return self._defined.get(found[1], os.environ.get(found[1], found[0]))

    def _read_line(self, file: Path, number: int, text: str, depth: int) -> None:
        if text.startswith("</"):
            self._close(file, number, text[2:].rstrip("> \t").lower())
        elif text.startswith("<"):
            name, _, arguments = text[1:].removesuffix(">").strip().partition(" ")
            section = Line(str(file), number, name, arguments.strip(), tuple(self._open), is_section=True)
            self.lines.append(section)
            self._open.append(section)
        else:
            name, arguments = (*text.split(None, 1), "")[:2]
            line = Line(str(file), number, name, arguments, tuple(self._open))
            self.lines.append(line)
            self._obey(line, depth)

    def _close(self, file: Path, number: int, name: str) -> None:
        if not self._open or self._open[-1].name != name:
            raise ReadError(f"{file}:{number}: </{name}> closes nothing that is open")
        self._open.pop()

    def refuse_open_section(self, conf: Path) -> None:
        if self._open:
            raise ReadError(f"{conf}: <{self._open[-1].written}> of line {self._open[-1].number} is not closed")

    def _obey(self, line: Line, depth: int) -> None:
        words = line.words
        if line.name == "serverroot" and words:
            self._root = Path(words[0])
        elif line.name == "define" and words:
            self._defined[words[0]] = words[1] if len(words) > 1 else ""
        elif line.name in ("include", "includeoptional") and words:
            for file in self._included(line, words[0]):
                self.read_file(file, depth + 1)

    def _included(self, line: Line, pattern: str) -> list[Path]:
        whole = str(self._root.absolute() / pattern)
        found = sorted(Path("/").glob(whole.lstrip("/")))
        if not found and line.name == "include":
            raise ReadError(f"{line.file}:{line.number}: there is no {whole} to include")
        return [file for place in found for file in _files(place)]


def _files(place: Path) -> list[Path]:
    return sorted(path for path in place.rglob("*") if path.is_file()) if place.is_dir() else [place]


def _joined(file: Path) -> Iterator[tuple[int, str]]:
    """Lines with what a backslash at their end continues, without comments; the number is that of the last part."""
    try:
        text = file.read_text("utf-8", "surrogateescape")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ReadError(f"{file}: {reason}") from None
    begun = ""
    for number, part in enumerate(text.split("\n"), 1):
        part = part.removesuffix("\r")
        if part.endswith("\\"):
            begun += part[:-1]
            continue
        line, begun = (begun + part).strip(), ""
        if line and not line.startswith("#"):
            yield number, line
