"""The fields of a form, and the list of them."""

import contextlib
import functools
import io
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from mod_python._util.headers import to_text

_NONE: Mapping[str, str] = MappingProxyType({})


class Field:
    """A file that was uploaded.

    name: str; None for a part without one, which only types other than
    multipart/form-data may have.
    file: a binary file, at its beginning.
    filename: str, as the client sent it: never a path to be opened.
    type, type_options: the part's Content-Type, as str, and its parameters.
    disposition, disposition_options: the same of its Content-Disposition.
    headers: an ``apache.table`` of all headers of the part.
    """

    __module__ = "mod_python.util"

    file: Any
    filename: str | None
    type: str
    type_options: Mapping[str, str]
    disposition: str | None
    disposition_options: Mapping[str, str]
    headers: Any

    def __init__(
        self,
        name: str | None,
        file: Any = None,
        ctype: str | None = None,
        type_options: Mapping[str, str] | None = None,
        disp: str | None = None,
        disp_options: Mapping[str, str] | None = None,
        headers: Any = None,
    ) -> None:
        """With the name alone, whoever makes the field sets what else it has."""
        self.name = name
        if (file, ctype, type_options, disp, disp_options, headers) == (None,) * 6:
            return
        self.file = file
        self.type = "text/plain" if ctype is None else ctype
        self.type_options = _NONE if type_options is None else type_options
        self.disposition = disp
        self.disposition_options = _NONE if disp_options is None else disp_options
        self.headers = _NONE if headers is None else headers
        self.filename = self.disposition_options.get("filename")

    @property
    def value(self) -> bytes | None:
        """The whole file, read into memory; None if there is none. TypeError if it gives no bytes."""
        if not self.file:
            return None
        self.file.seek(0)
        value = self.file.read()
        self.file.seek(0)
        if not isinstance(value, bytes):
            raise TypeError(f"the file of a field must give bytes, not {type(value).__name__}")
        return value

    @property
    def ctype(self) -> str:
        """Another name of type."""
        return self.type

    @property
    def disp_options(self) -> Mapping[str, str]:
        """Another name of disposition_options."""
        return self.disposition_options

    def __repr__(self) -> str:
        return f"Field({self.name!r}, {self.value!r})"

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            self.file.close()


class StringField(str):
    """A field that is no file: a str, decoded as UTF-8 with surrogateescape.

    It has the attributes of a Field too. Pickled, it keeps its name and its text.
    """

    __module__ = "mod_python.util"

    name: str | None = None
    filename: None = None
    type: str = "text/plain"
    type_options: Mapping[str, str] = _NONE
    disposition: str | None = None
    disposition_options: Mapping[str, str] | None = None
    headers: Any = _NONE
    _file: Any = None

    def __new__(cls, value: str | bytes = "") -> "StringField":
        """value: str, or the bytes that the client sent."""
        if not isinstance(value, (str, bytes)):
            raise TypeError(f"the value of a field must be str or bytes, not {type(value).__name__}")
        return super().__new__(cls, to_text(value))

    @property
    def value(self) -> str:
        """The text, as a plain str."""
        return str(self)

    @property
    def raw(self) -> bytes:
        """The bytes that the client sent. UnicodeEncodeError for surrogates that stand for none."""
        return self.encode("utf-8", "surrogateescape")

    def __bytes__(self) -> bytes:
        return self.raw

    @property
    def file(self) -> Any:
        """The bytes as a binary file, made when it is first asked for."""
        if self._file is None:
            self._file = io.BytesIO(self.raw)
        return self._file

    @file.setter
    def file(self, file: Any) -> None:
        self._file = file

    @property
    def ctype(self) -> str:
        """Another name of type."""
        return self.type

    @property
    def disp_options(self) -> Mapping[str, str] | None:
        """Another name of disposition_options."""
        return self.disposition_options

    def __repr__(self) -> str:
        return f"Field({self.name!r}, {self.value!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return StringField, (self.value,), {"name": self.name}


Item: TypeAlias = Field | StringField


def named(name: str | None, value: str | bytes) -> StringField:
    """A field of that name."""
    field = StringField(value)
    field.name = name
    return field


class FieldList(list[Item]):
    """The fields in the order in which they came, which are also known by name."""

    __module__ = "mod_python.util"

    _table: dict[str | None, list[Item]] | None = None

    def table(self) -> dict[str | None, list[Item]]:
        """The fields of each name, in order of their first. Kept until the list changes."""
        if self._table is None:
            table: dict[str | None, list[Item]] = {}
            for item in self:
                table.setdefault(_key(item.name), []).append(item)
            self._table = table
        return self._table

    def remove_named(self, name: str | None) -> None:
        """Removes all fields of that name, whatever they are equal to."""
        self[:] = [item for item in self if _key(item.name) != name]


def _key(name: Any) -> str | None:
    return to_text(name) if isinstance(name, bytes) else name


def _forgetting(change: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(change)
    def changed(self: FieldList, *arguments: Any, **keywords: Any) -> Any:
        try:
            return change(self, *arguments, **keywords)
        finally:
            self._table = None

    return changed


def _forget_at(changes: Iterable[str]) -> None:
    for name in changes:
        setattr(FieldList, name, _forgetting(getattr(list, name)))


_forget_at(("append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"))
_forget_at(("__delitem__", "__iadd__", "__imul__", "__setitem__"))
