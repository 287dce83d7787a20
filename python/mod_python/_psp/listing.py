"""A page and its program side by side, as HTML."""

from __future__ import annotations

import html
from collections.abc import Iterator

from mod_python._psp.translation import Translation

_HEAD = """\
<table border="1">
<tr><td>&nbsp;</td><td>&nbsp;Python code</td><td>&nbsp;{file}</td></tr>
"""
_ROW = """\
<tr>
<td align="right">{number}</td>
<td><font color="blue"><code>{code}</code></font></td>
<td><font color="green"><code>{page}</code></font></td>
</tr>
"""


def table(translation: Translation) -> Iterator[str]:
    """The table in parts: a row for each line of the program, beside the line that it comes from."""
    yield _HEAD.format(file=_shown(translation.name))
    sources = [
        source.content.decode("utf-8", "replace").splitlines() if source is not None else []
        for source in (translation.sources.get(inclusion.file) for inclusion in translation.inclusions)
    ]
    for number, line in enumerate(translation.program.split("\n")[:-1], 1):
        place = translation.place(number)
        lines = sources[place.inclusion]
        page = lines[place.line - 1] if place.line <= len(lines) else ""
        yield _ROW.format(number=number, code=_shown(line), page=_shown(page))
    yield "</table>\n"


def _shown(text: str) -> str:
    safe = text.encode("utf-8", "backslashreplace").decode()
    return html.escape(safe).replace("\t", " " * 4).replace(" ", "&nbsp;")
