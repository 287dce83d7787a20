"""A configuration as the rules see it: lines, each with the sections around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

# Sections that decide whether lines are read, or group them, and not which requests they are for.
_NO_SCOPE = frozenset({"ifmodule", "ifdefine", "ifversion", "iffile", "ifdirective", "ifsection", "macro"})
_LITERAL = frozenset({"directory", "location"})


class ReadError(Exception):
    """A configuration that cannot be read: file, line if there is one, and why."""


@dataclass(frozen=True)
class Line:
    """A directive, or the opening of a section.

    written: the name as written; `name` is in lower case. arguments: the rest of the line. inside: the sections
    around it, outermost first.
    """

    file: str
    number: int
    written: str
    arguments: str
    inside: tuple[Line, ...] = ()
    is_section: bool = False

    @property
    def name(self) -> str:
        return self.written.lower()

    @property
    def words(self) -> list[str]:
        return split(self.arguments)

    @property
    def scope(self) -> tuple[Line, ...]:
        """The sections that say which requests this is for."""
        return tuple(section for section in self.inside if section.name not in _NO_SCOPE)

    @property
    def is_at_main_server(self) -> bool:
        return not self.scope


@dataclass(frozen=True)
class Configuration:
    """is_part: whether it is an .htaccess, to which the server's own configuration adds."""

    lines: tuple[Line, ...]
    is_part: bool = False

    def named(self, *names: str) -> Iterator[Line]:
        """The directives of these names, in lower case."""
        return (line for line in self.lines if line.name in names and not line.is_section)

    def options(self) -> Iterator[tuple[Line, str, str]]:
        """Each PythonOption with its key in lower case, as it is looked up, and its value."""
        for line in self.named("pythonoption"):
            words = line.words
            if words:
                yield line, words[0].lower(), words[1] if len(words) > 1 else ""


def can_meet(one: Line, other: Line) -> bool:
    """Whether two lines may be in effect for the same request; True where this cannot be told."""
    for mine, others in zip_longest(one.scope, other.scope):
        if mine is None or others is None:
            return True
        if mine.name != others.name:
            return True
        if mine.name == "virtualhost":
            if mine != others:
                return False
        elif not _overlap(mine, others):
            return False
    return True


def _overlap(one: Line, other: Line) -> bool:
    mine, others = one.words[:1], other.words[:1]
    if one.name not in _LITERAL or not mine or not others:
        return True
    if any(character in mine[0] + others[0] for character in "~*?["):
        return True
    return _is_below(mine[0], others[0]) or _is_below(others[0], mine[0])


def _is_below(path: str, folder: str) -> bool:
    return f"{path.rstrip('/')}/".startswith(f"{folder.rstrip('/')}/")


def split(text: str) -> list[str]:
    """Words as httpd makes them: of one line, in quotes of either kind or without, with backslash escapes."""
    words = []
    rest = text.strip()
    while rest:
        word, rest = _first_word(rest)
        words.append(word)
    return words


def _first_word(text: str) -> tuple[str, str]:
    quote = text[0] if text[0] in "\"'" else ""
    position = len(quote)
    word = []
    while position < len(text):
        character = text[position]
        following = text[position + 1 : position + 2]
        if character == "\\" and following and (following == "\\" or following == quote):
            word.append(following)
            position += 2
            continue
        if character == quote or (not quote and character.isspace()):
            break
        word.append(character)
        position += 1
    return "".join(word), text[position + len(quote) :].lstrip()
