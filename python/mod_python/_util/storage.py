"""The form of a request."""

import itertools
import re
from collections.abc import Iterator
from typing import Any, TypeAlias

import _apache

from mod_python._util.fields import FieldList, Item, named
from mod_python._util.headers import parse_header, to_text
from mod_python._util.limits import Limits, refuse, too_large
from mod_python._util.multipart import FieldCallback, FileCallback, Reader
from mod_python._util.uploads import Uploads

READ_BLOCK_SIZE = 65368
"""How many bytes of a body are read at a time."""

_HTTP_2 = 2000

# Inside of the class, `list` is its attribute.
_Items: TypeAlias = list[Item]
_Names: TypeAlias = list[Any]
_Pairs: TypeAlias = list[tuple[Any, Item]]


class FieldStorage:
    """The fields of a request's query string, and of its body if the method is POST.

    req: the request, whose body is read: make one of these for each request.
    keep_blank_values: whether fields of the query and of urlencoded bodies may be empty.
    strict_parsing: says nothing, as in 3.5.
    file_callback: called with the filename (str, may be '') of each part that has one;
    returns the binary file to write it to (write, seek, read, close).
    field_callback: the same, without arguments, for each part of a multipart body that
    has no filename.

    Ends the request (``apache.SERVER_RETURN``) with 400 for a malformed body, 411 if its
    length is not known, 413 if a limit is exceeded, 501 for a type that is no form's.

    A mapping of name to field, or to a list of fields where the name came several times.
    Names are str; bytes are accepted wherever a name is asked for.
    """

    __module__ = "mod_python.util"

    list: FieldList
    """All fields, those of the query first. May be changed."""

    def __init__(
        self,
        req: Any,
        keep_blank_values: object = 0,
        strict_parsing: object = 0,
        file_callback: FileCallback | None = None,
        field_callback: FieldCallback | None = None,
    ) -> None:
        self.list = FieldList()
        query, has_body = req.args, req.method == "POST"
        if not (query or has_body):
            return
        form = _Form(req, self.list, bool(keep_blank_values))
        if query:
            form.add_urlencoded(query)
        if has_body:
            form.add_body(file_callback, field_callback)

    # --- the mapping ---

    def __getitem__(self, name: str | bytes) -> Any:
        """The field, or the list of fields, of that name. KeyError if there is none."""
        items = self.getlist(name)
        if not items:
            raise KeyError(name)
        return items[0] if len(items) == 1 else items

    def __setitem__(self, name: str | bytes, value: str | bytes) -> None:
        """Replaces all fields of that name by one. TypeError for what is neither str nor bytes."""
        field = named(_name(name), value)
        self.list.remove_named(field.name)
        self.list.append(field)

    def __delitem__(self, name: str | bytes) -> None:
        """Removes all fields of that name. KeyError if there is none."""
        if name not in self:
            raise KeyError(name)
        self.list.remove_named(_key(name))

    def __contains__(self, name: object) -> bool:
        return _key(name) in self.list.table()

    def __iter__(self) -> Iterator[Any]:
        """The names, in order of their first field."""
        return iter(self.keys())

    def __len__(self) -> int:
        """The number of names."""
        return len(self.list.table())

    def __repr__(self) -> str:
        return repr(self.list.table())

    def get(self, name: str | bytes, default: Any = None) -> Any:
        """What form[name] is, or default."""
        items = self.getlist(name)
        return items if len(items) > 1 else self.getfirst(name, default)

    def getfirst(self, name: str | bytes, default: Any = None) -> Any:
        """The first field of that name, or default."""
        items = self.list.table().get(_key(name))
        return items[0] if items else default

    def getlist(self, name: str | bytes) -> _Items:
        """The fields of that name, in a list of the caller's own; empty if there is none."""
        return [*self.list.table().get(_key(name), ())]

    def add_field(self, name: str | bytes, value: str | bytes) -> None:
        """Appends a field; others of that name stay."""
        self.list.append(named(_name(name), value))

    def has_key(self, name: str | bytes) -> bool:
        """Whether there is a field of that name."""
        return name in self

    def keys(self) -> _Names:
        """The names, in order of their first field."""
        return [*self.list.table()]

    def values(self) -> _Items:
        """All fields in order."""
        return [*self.list]

    def items(self) -> _Pairs:
        """A (name, field) pair for each field in order."""
        return [(item.name, item) for item in self.list]

    def clear(self) -> None:
        """Removes all fields."""
        self.list.clear()


def _key(name: Any) -> Any:
    return to_text(name) if isinstance(name, bytes) else name


def _name(name: str | bytes) -> str:
    if not isinstance(name, (str, bytes)):
        raise TypeError(f"the name of a field must be str or bytes, not {type(name).__name__}")
    return to_text(name)


class _Form:
    """Reads the form of a request into a list."""

    def __init__(self, req: Any, fields: FieldList, keep_blank: bool) -> None:
        self._req = req
        self._fields = fields
        self._keep_blank = keep_blank
        self._limits = Limits.of(req)

    def add_urlencoded(self, text: str) -> None:
        """text: bytes as ISO-8859-1, which is what _apache takes for those of a str."""
        # Counted before anything is made of it.
        pieces = itertools.islice(re.finditer("[^&;]+", text), self._limits.fields + 1)
        if len(self._fields) + sum(1 for _ in pieces) > self._limits.fields:
            too_large("max_fields", self._limits.fields, "fields")
        pairs = _apache.parse_qsl(text, self._keep_blank)
        self._fields.extend(named(name, value) for name, value in pairs)

    def add_body(self, file_callback: FileCallback | None, field_callback: FieldCallback | None) -> None:
        length = self._announced_length()
        if length > self._limits.body:
            too_large("max_body", self._limits.body, "bytes of body")
        content_type = self._req.headers_in.get("Content-Type", None)
        media_type, parameters = parse_header((content_type or "").encode("latin-1"))
        if content_type is None or media_type.startswith(b"application/x-www-form-urlencoded"):
            self._add_urlencoded_body(length)
        elif media_type.startswith(b"multipart/"):
            self._add_multipart_body(media_type, parameters, file_callback, field_callback)
        else:
            refuse(_apache.HTTP_NOT_IMPLEMENTED, "the type of the body is no form's")

    def _announced_length(self) -> int:
        """The Content-Length; 0 for a body that has none and whose framing tells its end."""
        headers = self._req.headers_in
        if "Transfer-Encoding" in headers:
            return 0
        length = headers.get("Content-Length", None)
        if length is None and self._req.proto_num >= _HTTP_2:
            return 0
        # int() would also take a sign, spaces, underscores and the digits of other scripts.
        if length is None or not re.fullmatch("[0-9]{1,19}", length):
            refuse(_apache.HTTP_LENGTH_REQUIRED, "the body has no Content-Length, or none that is a number")
        return int(length)

    def _blocks(self) -> Iterator[bytes]:
        """The body."""
        size = 0
        while block := self._req.read(READ_BLOCK_SIZE):
            size += len(block)
            if size > self._limits.body:
                too_large("max_body", self._limits.body, "bytes of body")
            yield block

    def _add_urlencoded_body(self, length: int) -> None:
        limit = self._limits.text
        body: list[bytes] = []
        size = 0
        if length <= limit:
            for block in self._blocks():
                body.append(block)
                size += len(block)
                if size > limit:
                    break
        if max(size, length) > limit:
            too_large("max_text", limit, "bytes in fields that are no files")
        self.add_urlencoded(b"".join(body).decode("latin-1"))

    def _add_multipart_body(
        self,
        media_type: bytes,
        parameters: Any,
        file_callback: FileCallback | None,
        field_callback: FieldCallback | None,
    ) -> None:
        boundary = parameters.get("boundary")
        if not boundary:
            refuse(_apache.HTTP_BAD_REQUEST, "the type of the body has no boundary")
        uploads = Uploads(self._req, self._limits)
        reader = Reader(self._fields, self._limits, uploads, file_callback, field_callback)
        subtype = media_type.partition(b"/")[2]
        try:
            reader.read(self._blocks(), boundary.encode("utf-8", "surrogateescape"), subtype)
        except BaseException:
            uploads.close()
            raise
