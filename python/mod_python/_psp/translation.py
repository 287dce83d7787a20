"""From a page and what it includes to a Python program."""

from __future__ import annotations

from dataclasses import dataclass, field

import _apache

from mod_python._importer.modules import Stamp
from mod_python._psp import files

MOST_NESTED = 32
"""How deep files may include one another."""
MOST_INCLUDES = 1000
"""In one page."""

STRING = "__psp__"
"""What stands for the file's name where a page comes from a string."""


@dataclass(frozen=True)
class Inclusion:
    """A file whose text is part of a page; the page itself is the first."""

    file: str
    includer: int
    """The inclusion that it stands in: an index."""
    line: int
    """The line there."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file, counted from 1."""

    inclusion: int
    line: int


@dataclass
class Source:
    """The content of a file, and which version of it."""

    content: bytes
    stamp: Stamp
    identity: tuple[int, int]
    """Device and inode: whatever names lead to it, it is this file."""


@dataclass
class Translation:
    """A page's program."""

    name: str
    directory: str
    """What names of included files are relative to."""
    program: str = ""
    inclusions: list[Inclusion] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    """By file; a page that comes from a string is none."""
    places: list[Place] = field(default_factory=list)
    """Where each line of the program comes from."""
    has_lines_of_page: bool = True
    """Whether each line of the program is that of the page."""

    @classmethod
    def of_file(cls, file: str, directory: str) -> Translation:
        """Raises OSError, SyntaxError, or UnicodeDecodeError for what is not UTF-8."""
        translation = cls(file, directory)
        translation.sources[file] = read(file)
        translation._translate(translation._text(file, translation.sources[file].content))
        return translation

    @classmethod
    def of_string(cls, text: str, directory: str) -> Translation:
        translation = cls(STRING, directory)
        translation._translate(text)
        return translation

    def _translate(self, text: str) -> None:
        self.inclusions.append(Inclusion(self.name, 0, 0))
        self.program, runs = _apache._psp_program(text, self._include, self._problem)
        self.has_lines_of_page = len(runs) <= 3
        ends = [*runs[3::3], self.program.count("\n") + 2]
        for start, inclusion, line, end in zip(runs[::3], runs[1::3], runs[2::3], ends, strict=False):
            self.places += [Place(inclusion, line + at) for at in range(end - start)]

    def place(self, line: int | None) -> Place:
        """Where a line of the program comes from; CPython may name one beyond its end."""
        return self.places[min(max(line or 1, 1), len(self.places)) - 1] if self.places else Place(0, 1)

    def problem_at(self, message: str, place: Place, kind: type[SyntaxError] = SyntaxError) -> SyntaxError:
        file = self.inclusions[place.inclusion].file
        source = self.sources.get(file)
        lines = source.content.splitlines() if source is not None else []
        text = lines[place.line - 1].decode("utf-8", "replace") if place.line <= len(lines) else None
        return kind(message, (file, place.line, None, text))

    def _problem(self, message: str, inclusion: int, line: int) -> SyntaxError:
        return self.problem_at(message, Place(inclusion, line))

    def _include(self, name: str, includer: int, line: int) -> str:
        file = files.below(self.directory, name)
        including = self._including(includer)
        if len(including) >= MOST_NESTED:
            raise self._problem(f"files include one another more than {MOST_NESTED} deep", includer, line)
        if len(self.inclusions) > MOST_INCLUDES:
            raise self._problem(f"a page may have {MOST_INCLUDES} includes", includer, line)
        if file not in self.sources:
            try:
                self.sources[file] = read(file)
            except (OSError, ValueError) as error:
                raise self._not_included(error, file, including[0], line) from None
        identity = self.sources[file].identity
        if any(identity == self.sources[other].identity for other in including if other in self.sources):
            raise self._problem(f"{file} includes itself", includer, line)
        self.inclusions.append(Inclusion(file, includer, line))
        return self._text(file, self.sources[file].content)

    def _including(self, index: int) -> list[str]:
        """The files that one stands in, itself first."""
        files = [self.inclusions[index].file]
        while index:
            index = self.inclusions[index].includer
            files.append(self.inclusions[index].file)
        return files

    @staticmethod
    def _not_included(error: OSError | ValueError, file: str, includer: str, line: int) -> Exception:
        where = f"included in {includer}, line {line}"
        if isinstance(error, OSError):
            return type(error)(error.errno, f"{error.strerror}, {where}", file)
        return ValueError(f"{error}, {where}: {file!r}")

    @staticmethod
    def _text(file: str, content: bytes) -> str:
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            error.reason += f" ({file}, line {line})"
            raise


def read(file: str) -> Source:
    """Raises OSError, also for what is no regular file."""
    content, status = files.read(file)
    return Source(content, Stamp(status.st_mtime_ns, status.st_size), (status.st_dev, status.st_ino))


def parse(filename: str, dir: str | None = None) -> str:
    """The Python program that a page stands for.

    dir: a directory with a slash at its end, which `filename` is appended to; names of included
    files are relative to it, or else to the process's directory.
    Raises OSError, SyntaxError, or UnicodeDecodeError for what is not UTF-8.
    """
    return Translation.of_file((dir or "") + filename, dir or "").program


def parsestring(source: str | bytes) -> str:
    """The same for a page's text; bytes are UTF-8."""
    text = source if isinstance(source, str) else source.decode()
    return Translation.of_string(text, "").program
