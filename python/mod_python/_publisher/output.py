"""What becomes of a result: the content type, and the text or bytes that are written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import _apache

_END_OF_HTML = re.compile(r"<\s*/\s*html\s*>\s*\Z", re.IGNORECASE)
_END_OF_HTML_IN_BYTES = re.compile(rb"<\s*/\s*html\s*>\s*\Z", re.IGNORECASE)
_LOOKED_AT = 100


def write(req: _apache.mp_request, result: Any) -> None:
    """Writes a result: bytes as they are, all else as its ``str()``."""
    if isinstance(result, (bytes, bytearray, memoryview)):
        if not req._content_type_set:
            # In which encoding it is only the author knows.
            is_html = _END_OF_HTML_IN_BYTES.search(bytes(result[-_LOOKED_AT:]))
            req.content_type = "text/html" if is_html else "text/plain"
        req.write(result, 0)
        return
    write_text(req, result if isinstance(result, str) else str(result))


def write_text(req: _apache.mp_request, text: str) -> None:
    """Writes text as UTF-8."""
    if not req._content_type_set:
        req.content_type = "text/html; charset=utf-8" if _is_html(text) else "text/plain; charset=utf-8"
    try:
        req.write(text, 0)
    except UnicodeEncodeError:
        # Bytes of a client's that were no UTF-8 leave as they came.
        req.write(text.encode("utf-8", "surrogateescape"), 0)


def write_items(req: _apache.mp_request, items: Iterable[Any]) -> None:
    """Writes what an iterator yields, one after the other, but for None.

    With a content type, each item goes on its way at once. Without one the last hundred characters
    have to tell it, so all are kept until then.
    """
    kept: list[bytes] = []
    are_text = True
    for item in items:
        if item is None:
            continue
        if req._content_type_set:
            write(req, item)
        elif isinstance(item, (bytes, bytearray, memoryview)):
            kept.append(bytes(item))
            are_text = False
        else:
            kept.append(str(item).encode("utf-8", "surrogateescape"))
    if req._content_type_set:
        # The iterator may have set it on the way.
        req.write(b"".join(kept), 0)
    else:
        whole = b"".join(kept)
        write(req, whole.decode("utf-8", "surrogateescape") if are_text else whole)


def _is_html(text: str) -> bool:
    last = text[-1:]
    return (last == ">" or last.isspace()) and _END_OF_HTML.search(text[-_LOOKED_AT:]) is not None
