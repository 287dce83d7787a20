"""Cookies, and what all kinds of them have in common."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from datetime import datetime
from typing import Any, ClassVar, TypeVar

import _apache

from mod_python._cookie import dates

# RFC 6265, 4.1.1, is stricter; whatever browsers send has to go back. A tab may be in a header.
_NOT_IN_A_NAME = re.compile(r"[\x00-\x20;=\x7f]")
_NOT_IN_A_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f;\x7f]")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')

_FLAGS = ("secure", "discard", "httponly", "partitioned")


class CookieError(Exception):
    """A cookie that is not signed, not as it was signed, or does not hold data."""


class _WithoutDict(type):
    """Gives subclasses no ``__dict__`` either, so that a misspelt attribute is an error in these as well."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> _WithoutDict:
        namespace.setdefault("__slots__", ())
        return super().__new__(mcs, name, bases, namespace, **options)


Self = TypeVar("Self", bound="Cookie")


class Cookie(metaclass=_WithoutDict):
    """A cookie: ``Cookie(name, value, **attributes)``; ``str(cookie)`` is the ``Set-Cookie`` header.

    Attributes (RFC 6265, RFC 2965) are keywords, in any case and with ``-`` for ``_``, or are set later:
    version, path, domain, secure, comment, expires, max_age, samesite, commentURL (by assignment only),
    discard, port, httponly, partitioned. Any other raises AttributeError, as does reading one that was not
    set. None, and a false flag (secure, discard, httponly, partitioned), is left out of the header.
    """

    DOWNGRADE: ClassVar[int] = 0
    IGNORE: ClassVar[int] = 1
    EXCEPTION: ClassVar[int] = 3

    # In the order of the header.
    _valid_attr: ClassVar[tuple[str, ...]] = (
        "version",
        "path",
        "domain",
        "secure",
        "comment",
        "expires",
        "max_age",
        "samesite",
        "commentURL",
        "discard",
        "port",
        "httponly",
        "partitioned",
    )

    __slots__ = ("__data__", "_expires", "name", "value", *(a for a in _valid_attr if a != "expires"))

    name: str
    value: Any
    __data__: dict[str, Any]
    _expires: str | None

    def __init__(self, name: str, value: Any, **attributes: Any) -> None:
        self.name = name
        self.value = value
        self.__data__ = {}
        for key, attribute in attributes.items():
            setattr(self, key.lower().replace("-", "_"), attribute)

    @property
    def is_signed(self) -> bool:
        """Whether the value has a signature that is ours: it was verified, or there is a secret to sign with."""
        return False

    @property
    def expires(self) -> str | None:
        """When the browser forgets the cookie: ``Wdy, DD-Mon-YYYY HH:MM:SS GMT``.

        Takes that text (blanks may stand for the dashes), seconds since 1970 as a number, a datetime
        (UTC, if it has no time zone), or None. ValueError for other text, and for what is no date.
        """
        return self._expires

    @expires.setter
    def expires(self, when: str | float | datetime | None) -> None:
        if isinstance(when, str):
            dates.check(when)
            self._expires = when
        else:
            self._expires = None if when is None else dates.text(when)

    @expires.deleter
    def expires(self) -> None:
        del self._expires

    @classmethod
    def parse(cls: type[Self], text: str | bytes, names: Container[str] | None = None) -> dict[str, Self]:
        """The cookies of a ``Cookie`` header's value, by name; of those with one name the last.

        names: leave out all others. Attributes of a ``Set-Cookie`` header are cookies like others, names
        that begin with ``$`` are left out, and quotes stay in the value. Any text has a result.
        """
        return {name: cls(name, value) for name, value in pairs(text, names)}

    def __str__(self) -> str:
        """The value of a ``Set-Cookie`` header. ValueError for a character that would end the value, the
        attribute or the header."""
        return "; ".join((self._pair(), *self._attributes()))

    def __repr__(self) -> str:
        try:
            text = str(self)
        except (CookieError, ValueError) as error:
            text = f"{self.name!r} ({error})"
        return f"<{type(self).__name__}: {text}>"

    def _text(self) -> str:
        """The value as it stands in the header."""
        return to_str(self.value)

    def _pair(self) -> str:
        name, text = to_str(self.name), self._text()
        if not name or _NOT_IN_A_NAME.search(name):
            raise ValueError(f"not the name of a cookie: {name!r}")
        # As it may come from a browser: a semicolon within quotes, of which there are no others.
        inside = text[1:-1].replace(";", "") if _QUOTED.fullmatch(text) else text
        if _NOT_IN_A_VALUE.search(inside):
            raise ValueError(f"not allowed in the value of a cookie: {_NOT_IN_A_VALUE.findall(inside)!r}")
        return f"{name}={text}"

    def _attributes(self) -> Iterator[str]:
        for name in self._valid_attr:
            attribute = getattr(self, name, None)
            if attribute is None or (name in _FLAGS and not attribute):
                continue
            text = to_str(attribute)
            if _NOT_IN_A_VALUE.search(text):
                raise ValueError(f"not allowed in a cookie's {name}: {_NOT_IN_A_VALUE.findall(text)!r}")
            # The name in RFC 6265; the others are in lower case since ever.
            spelt = "Max-Age" if name == "max_age" else name
            yield spelt if name in _FLAGS else f"{spelt}={text}"


def pairs(text: str | bytes, names: Container[str] | None) -> Iterator[tuple[str, str]]:
    for name, value in _apache._parse_cookies(text).items():
        if names is None or name in names:
            yield name, value


def to_str(value: object) -> str:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)


def to_bytes(text: str | bytes) -> bytes:
    return text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
