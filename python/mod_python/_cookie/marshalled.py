"""Signed cookies with data in them."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import _apache

from mod_python._cookie.plain import CookieError
from mod_python._cookie.signed import SignedCookie


class MarshalCookie(SignedCookie):
    """A signed cookie with plain data in it: None, bool, int, float, complex, bytes, str, tuple, list, dict,
    set and frozenset, in 100 levels at most. Nothing else goes in or comes out; code does not.

    format: how the data is written. ``"json"``: ``j.`` and JSON in base64, which any program can read; tuples
    become lists. ``"marshal"``: what mod_python up to 3.5 wrote, base64 of Python's marshal, version 2.
    None: JSON where that gives back the very same data, else marshal; with ``digest="md5"`` marshal. ``parse`` reads
    either.
    """

    def __init__(
        self,
        name: str,
        value: Any,
        secret: str | bytes | None = None,
        *,
        digest: str | None = None,
        format: str | None = None,
        **attributes: Any,
    ) -> None:
        super().__init__(name, value, secret, digest=digest, **attributes)
        if format not in (None, "json", "marshal"):
            raise ValueError(f"format must be 'json' or 'marshal', not {format!r}")
        self.__data__["format"] = format

    def unmarshal(self, secret: str | bytes, digest: str | None = None) -> None:
        """Verifies the signature, and makes the data the value. CookieError if either is not possible."""
        self.unsign(secret, digest)
        try:
            self.value = _data(self.value)
        except (ValueError, TypeError, RecursionError) as error:
            raise CookieError(f"the cookie {self.name!r} does not hold data: {error}") from error

    def _verify(self, secret: str | bytes, digest: str | None) -> None:
        self.unmarshal(secret, digest)

    def _payload(self) -> str:
        format = self.__data__["format"]
        if format is None:
            format = "json" if self.digest != "md5" and _is_json(self.value) else "marshal"
        if format == "json":
            text = json.dumps(self.value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
            data = base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass"))
            return "j." + data.decode("ascii").rstrip("=")
        return base64.b64encode(_apache._marshal_dumps(self.value)).decode("ascii")


def _data(payload: str) -> Any:
    if payload.startswith("j."):
        encoded = payload[2:]
        text = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        return json.loads(text.decode("utf-8", "surrogatepass"))
    return _apache._marshal_loads(base64.b64decode(payload, validate=True))


def _is_json(value: object, levels: int = 100) -> bool:
    """Whether JSON gives back the very same value."""
    if value is None or type(value) in (bool, str):
        return True
    if type(value) is int:
        # Python refuses to read thousands of digits.
        return value.bit_length() < 64
    if type(value) is float:
        return math.isfinite(value)
    if levels == 0:
        return False
    if type(value) is list:
        return all(_is_json(item, levels - 1) for item in value)
    if type(value) is dict:
        return all(type(key) is str and _is_json(item, levels - 1) for key, item in value.items())
    return False
