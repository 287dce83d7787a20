"""Forms and redirects.

``FieldStorage(req)`` is the form of a request: the fields of the query string and of the
body. ``redirect(req, location)`` sends the client elsewhere. See docs/util.md.
"""

import html
import re
from typing import NoReturn
from urllib.parse import quote

import _apache
from _apache import parse_qs as parse_qs
from _apache import parse_qsl as parse_qsl

from mod_python._apply import apply_fs_data as apply_fs_data
from mod_python._util.fields import Field as Field
from mod_python._util.fields import FieldList as FieldList
from mod_python._util.fields import StringField as StringField
from mod_python._util.headers import parse_header as parse_header
from mod_python._util.storage import READ_BLOCK_SIZE
from mod_python._util.storage import FieldStorage as FieldStorage

readBlockSize = READ_BLOCK_SIZE  # noqa: N816  (scripts use the name)
"""How many bytes of a body are read at a time."""

MethodWrapper = type(object.__call__)
"""The type of ``object.__call__``."""

_ASCII = "".join(map(chr, range(0x20, 0x7F)))


def redirect(req: _apache.mp_request, location: str, permanent: object = 0, text: str | None = None) -> NoReturn:
    """Ends the request with a redirect to location: 302, or 301 if permanent.

    location: sent as it is, relative or not. One with characters beyond ISO-8859-1, which
    a header cannot hold, is sent with all but ASCII percent-encoded as UTF-8.
    text: the body of the answer. Without one it is a short HTML page, of type text/html
    unless a script has set another.

    Works in any phase: raises SERVER_RETURN(DONE), so later handlers and phases are not
    run. TypeError if location is no str, ValueError if it has a CR, LF or NUL, OSError if
    the answer has begun.
    """
    if not isinstance(location, str):
        raise TypeError(f"the location must be str, not {type(location).__name__}")
    if re.search("[\r\n\0]", location):
        raise ValueError("the location must not have CR, LF or NUL")
    if req.sent_bodyct:
        raise OSError("cannot redirect: the answer has begun")
    req.err_headers_out["Location"] = _header_text(location)
    req.status = _apache.HTTP_MOVED_PERMANENTLY if permanent else _apache.HTTP_MOVED_TEMPORARILY
    if text is None:
        if not req._content_type_set:
            req.content_type = "text/html; charset=UTF-8"
        text = f'<p>The document has moved <a href="{html.escape(_ascii(_header_text(location)))}">here</a>.</p>\n'
    req.write(text, 0)
    raise _apache.SERVER_RETURN(_apache.DONE)


def _ascii(location: str) -> str:
    return quote(location, safe=_ASCII, encoding="latin-1")


def _header_text(location: str) -> str:
    try:
        location.encode("latin-1")
    except UnicodeEncodeError:
        return quote(location, safe=_ASCII, errors="surrogateescape")
    return location
