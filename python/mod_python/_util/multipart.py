"""Bodies of type ``multipart/*``: parts become fields."""

from collections.abc import Callable, Iterable
from typing import IO, Any

import _apache

from mod_python._util.fields import Field, Item, named
from mod_python._util.headers import parse_header, to_text
from mod_python._util.limits import Limits, refuse, too_large
from mod_python._util.uploads import Uploads

FileCallback = Callable[[str], Any]
FieldCallback = Callable[[], Any]

_BAD_REQUEST = _apache.HTTP_BAD_REQUEST


class Reader:
    """Reads the parts of one body, and adds a field for each to a list."""

    def __init__(
        self,
        fields: list[Item],
        limits: Limits,
        uploads: Uploads,
        file_callback: FileCallback | None,
        field_callback: FieldCallback | None,
    ) -> None:
        self._fields = fields
        self._limits = limits
        self._uploads = uploads
        self._file_callback = file_callback if callable(file_callback) else None
        self._field_callback = field_callback if callable(field_callback) else None
        self._text = 0
        self._names_needed = False
        self._part: _Part | None = None

    def read(self, blocks: Iterable[bytes], boundary: bytes, subtype: bytes) -> None:
        """blocks: the body. Every part of multipart/form-data must have a name (RFC 7578, 4.2)."""
        self._names_needed = subtype == b"form-data"
        try:
            parser = _apache.multipart_parser(boundary, self._limits.header_bytes, self._limits.header_lines)
        except ValueError as error:
            refuse(_BAD_REQUEST, str(error))
        # To the end: a body that is not read may break a connection of HTTP/2.
        for block in blocks:
            self._take(parser.feed, block)
        self._take(parser.close)

    def _take(self, parse: Callable[..., list[Any]], *data: bytes) -> None:
        try:
            events = parse(*data)
        except ValueError as error:
            refuse(_BAD_REQUEST, str(error))
        for event in events:
            if isinstance(event, list):
                self._begin(event)
            elif event is None:
                self._end()
            else:
                self._content(event)

    def _begin(self, headers: list[tuple[bytes, bytes]]) -> None:
        if len(self._fields) >= self._limits.fields:
            too_large("max_fields", self._limits.fields, "fields")
        part = _Part(headers)
        if part.name is None and self._names_needed:
            refuse(_BAD_REQUEST, "a part of multipart/form-data has no name")
        if part.filename is not None:
            self._uploads.count()
        part.sink = self._sink(part.filename)
        self._part = part

    def _sink(self, filename: str | None) -> Any:
        """Where the content goes; None for memory."""
        if filename is not None and self._file_callback is not None:
            return self._file_callback(filename)
        if filename:
            return self._uploads.new()
        if filename is None and self._field_callback is not None:
            return self._field_callback()
        return None

    def _content(self, data: bytes) -> None:
        part = self._part
        assert part is not None, "content is of a part"
        part.size += len(data)
        if not part.filename:
            self._text += len(data)
            if self._text > self._limits.text:
                too_large("max_text", self._limits.text, "bytes in fields that are no files")
        if part.sink is None:
            part.content.append(data)
        else:
            part.sink.write(data)

    def _end(self) -> None:
        part = self._part
        assert part is not None, "what ends is a part"
        self._part = None
        if part.filename and self._file_callback is None:
            self._uploads.filled(part.size)
        self._fields.append(part.field())


class _Part:
    """A part that is being read."""

    sink: IO[bytes] | None = None
    size = 0

    def __init__(self, headers: list[tuple[bytes, bytes]]) -> None:
        self.content: list[bytes] = []
        self.headers = _apache.table()
        first: dict[bytes, bytes] = {}
        for name, value in headers:
            self.headers.add(name, value)
            first.setdefault(name.lower(), value)
        disposition = first.get(b"content-disposition")
        value, self.disposition_options = parse_header(disposition or b"")
        self.disposition = None if disposition is None else to_text(value)
        value, self.type_options = parse_header(first.get(b"content-type", b"text/plain"))
        self.type = to_text(value) if b"/" in value else "application/octet-stream"
        self.name: str | None = self.disposition_options.get("name")
        self.filename: str | None = self.disposition_options.get("filename")

    def field(self) -> Item:
        """The field, with its file at the beginning."""
        if self.sink is not None:
            self.sink.seek(0)
        field = self._file() if self.filename else self._string()
        field.type, field.type_options = self.type, self.type_options
        field.disposition, field.disposition_options = self.disposition, self.disposition_options
        field.headers = self.headers
        return field

    def _file(self) -> Field:
        field = Field(self.name)
        field.file, field.filename = self.sink, self.filename
        return field

    def _string(self) -> Item:
        if self.sink is None:
            return named(self.name, b"".join(self.content))
        field = named(self.name, self.sink.read())
        self.sink.seek(0)
        field.file = self.sink
        return field
