"""Extension modules that refuse an interpreter: which exceptions say so, and which module it is.

There is no class for it, and each way to write extensions has words of its own (docs/interpreters.md
names them). So it is the words of an ImportError that tell.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from importlib.machinery import EXTENSION_SUFFIXES
from types import FrameType, TracebackType
from typing import NamedTuple

_WORDS = re.compile(
    r"sub-?interpreter"  # CPython, PyO3, pybind11
    r"|Interpreter change detected"  # Cython
    r"|(?:more than once|once|one interpreter) per (?:interpreter )?process"  # NumPy, older PyO3
    r"|(?:another|different|multiple|more than one) (?:Python )?interpreter",
    re.IGNORECASE,
)
# CPython's own refusal, and pybind11's.
_NAMED = re.compile(r"module '?([\w.]+)'? does not support loading in")
# What comes of modules that are there but empty, as CPython 3.13 makes them of some. It has other causes too.
_EMPTY = re.compile(r"numpy\.\w+\.multiarray failed to import|cannot import name")

# More than any chain of causes is long.
_CAUSES = 32


class Refusal(NamedTuple):
    """An extension module, as far as it can be told, and its words.

    is_certain: the words say so. In the main interpreter, those of a module that is empty mostly mean something else.
    """

    module: str
    message: str
    is_certain: bool


def find(error: BaseException) -> Refusal | None:
    """The refusal that led to this exception; where one led to another, the first, and a certain one before others."""
    refusal = None
    cause: BaseException | None = error
    for _ in range(_CAUSES):
        if cause is None:
            break
        found = _refusal(cause) if isinstance(cause, ImportError) else None
        if found is not None and (found.is_certain or refusal is None or not refusal.is_certain):
            refusal = found
        cause = cause.__cause__ or cause.__context__
    return refusal


def _refusal(error: ImportError) -> Refusal | None:
    # Some say a page full.
    line = next((line for line in str(error).splitlines() if _WORDS.search(line)), None)
    if line is not None:
        return Refusal(_module(error, line), line.strip(), is_certain=True)
    if _is_of_empty_module(error):
        return Refusal(_module(error, str(error)), str(error).strip(), is_certain=False)
    return None


def _is_of_empty_module(error: ImportError) -> bool:
    message = str(error)
    if not _EMPTY.match(message):
        return False
    return message.startswith("numpy") or (error.path or "").endswith(tuple(EXTENSION_SUFFIXES))


def _module(error: ImportError, line: str) -> str:
    imported = error.name or _importing(error.__traceback__) or "unknown"
    named = _NAMED.search(line)
    # CPython knows many only by the last part of their names.
    return imported if named is None or imported.endswith(f".{named[1]}") else named[1]


def _importing(traceback: TracebackType | None) -> str | None:
    """What was imported where the exception came from: extension modules have no frame of their own."""
    last = None
    while traceback is not None:
        if not traceback.tb_frame.f_code.co_filename.startswith("<frozen importlib"):
            last = traceback
        traceback = traceback.tb_next
    if last is None:
        return None
    frame = last.tb_frame
    if frame.f_code is importlib.import_module.__code__:
        return str(frame.f_locals.get("name"))
    return _imported_by(frame, last.tb_lasti) or frame.f_globals.get("__name__")


def _imported_by(frame: FrameType, offset: int) -> str | None:
    """The module of the ``import`` statement at this offset of the frame's code."""
    import dis  # only here: it is large, and few servers ever need it

    before: list[dis.Instruction] = []
    for instruction in dis.get_instructions(frame.f_code):
        if instruction.offset == offset:
            break
        before.append(instruction)
    else:
        return None
    if instruction.opname != "IMPORT_NAME":
        return None
    level, names = (constant.argval for constant in before[-2:])
    module: str = instruction.argval
    if isinstance(level, int) and level > 0:
        module = importlib.util.resolve_name("." * level + module, frame.f_globals.get("__package__"))
        if not instruction.argval and isinstance(names, tuple) and len(names) == 1:
            # ``from . import module``.
            module = f"{module}.{names[0]}"
    return module
