"""Reads the form of a request, and answers the value of a Python expression about it as JSON.

The expression is the header `X-Expression`, percent-encoded; without one, `shown(form)`.
"""

import contextlib
import hashlib
import io  # noqa: F401  (for expressions, as some of the others)
import json
import os  # noqa: F401
import pickle  # noqa: F401
import zlib
from pathlib import Path
from urllib.parse import unquote

from mod_python import apache, util


def handler(req):
    names = {**globals(), "req": req, "form": util.FieldStorage(req, 1)}
    value = eval(unquote(req.headers_in.get("X-Expression", "shown(form)")), names)
    req.content_type = "application/json"
    req.write(json.dumps(value))
    return apache.OK


def shown(form):
    return [_field(field) for field in form.list]


def _field(field):
    content = field.value if isinstance(field, util.Field) else field.raw
    return {
        "name": field.name,
        "class": type(field).__name__,
        "content": content.hex(),
        "filename": field.filename,
        "type": field.type,
        "type_options": dict(field.type_options),
        "disposition": field.disposition,
        "disposition_options": dict(field.disposition_options or {}),
        "headers": list(field.headers.items()),
    }


def digests(form):
    """Of the content of each field, read from its file."""
    return {field.name: hashlib.sha256(field.file.read()).hexdigest() for field in form.list}


def checksums(form):
    """The size of each field, and the CRC-32 of its content, read from its file."""
    found = {}
    for field in form.list:
        checksum = 0
        while block := field.file.read(1 << 20):
            checksum = zlib.crc32(block, checksum)
        found[field.name] = [field.file.tell(), checksum]
    return found


def deleted_files():
    """The files without a name that this process has open."""
    links = []
    for descriptor in Path("/proc/self/fd").iterdir():
        # That of the listing itself is gone.
        with contextlib.suppress(FileNotFoundError):
            links.append(str(descriptor.readlink()))
    return [link for link in links if link.startswith("/") and link.endswith(" (deleted)")]
