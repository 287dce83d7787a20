"""Tracebacks that show the lines of included files."""

from __future__ import annotations

import sys
from types import FrameType, FunctionType, TracebackType

from mod_python._psp.compiling import Places
from mod_python._psp.translation import Inclusion


def located(
    traceback: TracebackType | None, name: str, inclusions: list[Inclusion], places: Places
) -> TracebackType | None:
    """The traceback, with an entry for the line of an included file below that for the line of
    the page that includes it."""
    entries = []
    while traceback is not None:
        entries.append(traceback)
        traceback = traceback.tb_next
    below: TracebackType | None = None
    for entry in reversed(entries):
        frame = entry.tb_frame
        place = places.get(entry.tb_lineno) if frame.f_code.co_filename == name else None
        if place is None:
            entry.tb_next = below
            below = entry
            continue
        index, line = place
        while index:
            inclusion = inclusions[index]
            # Without the instruction, which would lead to the number that the code has.
            below = TracebackType(below, _frame(inclusion.file, frame), -1, line)
            index, line = inclusion.includer, inclusion.line
        below = TracebackType(below, frame, -1, line)
    return below


def _frame(file: str, like: FrameType) -> FrameType:
    """A frame of a function of that file: an entry shows that of its frame."""

    def here() -> FrameType:
        return sys._getframe()

    code = here.__code__.replace(co_filename=file, co_name=like.f_code.co_name)
    frame: FrameType = FunctionType(code, like.f_globals)()
    return frame
