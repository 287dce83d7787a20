"""Header values with parameters: ``value; name=value; name="quoted"``."""

from typing import Any, TypeVar

import _apache

_Text = TypeVar("_Text", str, bytes)


def to_text(data: str | bytes) -> str:
    """Text of a client: UTF-8, whose invalid bytes are kept as surrogates (PEP 383)."""
    return data.decode("utf-8", "surrogateescape") if isinstance(data, bytes) else data


class Parameters(dict[str, str]):
    """A dict of str that can be asked with bytes too: in mod_python 3.5 the names were bytes."""

    def __getitem__(self, name: str | bytes) -> str:
        return super().__getitem__(to_text(name))

    def __contains__(self, name: object) -> bool:
        return super().__contains__(to_text(name) if isinstance(name, bytes) else name)

    def get(self, name: str | bytes, default: Any = None) -> Any:
        return super().get(to_text(name), default)


def parse_header(line: _Text) -> tuple[_Text, Parameters]:
    """A header value and its parameters (RFC 9110, 5.6.6), such as those of Content-Type.

    line: str or bytes. The value, of the same type, and the names are in lower case;
    parameters are str, decoded as UTF-8 with surrogateescape. Quoted strings are unquoted;
    a backslash in one escapes a quote or a backslash, and is itself before anything else.
    ``name*=`` (RFC 8187) is decoded and takes the place of ``name=``. Pieces without ``=``
    are passed over; the last of several parameters of one name counts. TypeError for what
    is neither str nor bytes.
    """
    if isinstance(line, str):
        value, parameters = _apache._parse_header(line.encode("utf-8", "surrogateescape"))
        return to_text(value), _decoded(parameters)
    value, parameters = _apache._parse_header(line)
    return value, _decoded(parameters)


def _decoded(parameters: list[tuple[bytes, bytes]]) -> Parameters:
    return Parameters((to_text(name), to_text(value)) for name, value in parameters)
