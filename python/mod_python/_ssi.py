"""Runs the Python code of include elements: ``<!--#python eval="..." -->``."""

from __future__ import annotations

import functools
from types import CodeType
from typing import Any

from mod_python import apache


def run(kind: str, code: str, req: apache.mp_request, filter: Any) -> None:
    """Evaluates or executes the code in ``req.ssi_globals``, which all elements of a page share."""
    names = getattr(req, "ssi_globals", None)
    if names is None:
        names = req.ssi_globals = {}
    names["filter"] = filter
    names["__file__"] = req.filename
    try:
        value = eval(_compiled(kind, code, req.filename or "<include>"), names)
        if kind == "eval" and value is not None:
            filter.write(str(value))
    finally:
        names["filter"] = None


@functools.lru_cache(maxsize=1024)
def _compiled(kind: str, code: str, file: str) -> CodeType:
    # Pages that were written on Windows end their lines so.
    return compile(code.replace("\r\n", "\n").rstrip(), file, kind)
