"""Signed cookies."""

from __future__ import annotations

import hmac
import re
from collections.abc import Container
from typing import Any, TypeVar

import _apache

from mod_python._cookie.plain import Cookie, CookieError, pairs, to_bytes, to_str

Signed = TypeVar("Signed", bound="SignedCookie")


class SignedCookie(Cookie):
    """A cookie whose value nobody can change or move to another name without the secret (str or bytes).

    On the wire the value is ``v2.``, 64 hex digits of HMAC-SHA-256, ``.``, and the value. ``digest="md5"``
    makes the form of mod_python up to 3.5 instead, 32 hex digits of HMAC-MD5 and the value, in which a
    signature of name ``ab`` and value ``c`` is one of ``a`` and ``bc`` too.

    A signature does not expire, and does not tell one visitor from another. The value can be read by anyone.
    """

    def __init__(
        self, name: str, value: Any, secret: str | bytes | None = None, *, digest: str | None = None, **attributes: Any
    ) -> None:
        super().__init__(name, value, **attributes)
        self.__data__["secret"] = secret
        self.digest = digest

    @property
    def digest(self) -> str | None:
        """The form of the signature: ``"sha256"``, ``"md5"``, or None for that which ``add_cookie`` and the
        option ``mod_python.cookie.legacy_md5`` choose, else ``"sha256"``. ValueError for any other."""
        digest: str | None = self.__data__.get("digest")
        return digest

    @digest.setter
    def digest(self, digest: str | None) -> None:
        self.__data__["digest"] = _checked(digest)

    @property
    def is_signed(self) -> bool:
        return bool(self.__data__.get("secret"))

    @classmethod
    def parse(  # type: ignore[override]  # nothing signed can be read without the secret
        cls: type[Signed],
        text: str | bytes,
        secret: str | bytes,
        mismatch: int = Cookie.DOWNGRADE,
        names: Container[str] | None = None,
        digest: str | None = None,
    ) -> dict[str, Signed | Cookie]:
        """The cookies of a header by name, with their signatures verified and taken off.

        mismatch: what becomes of a cookie without a valid signature. ``Cookie.DOWNGRADE`` makes it a plain
        ``Cookie``, whose ``is_signed`` is false: **look at that**, or use one of the others.
        ``Cookie.IGNORE`` leaves it out; ``Cookie.EXCEPTION`` raises CookieError.
        digest: ``"md5"`` accepts the signatures of mod_python up to 3.5 as well.
        """
        _checked(digest)
        cookies: dict[str, Signed | Cookie] = {}
        for name, value in pairs(text, names):
            cookie = cls(name, value)
            try:
                cookie._verify(secret, digest)
                cookies[name] = cookie
            except CookieError:
                if mismatch == Cookie.EXCEPTION:
                    raise
                if mismatch != Cookie.IGNORE:
                    _warn_of_downgrade()
                    cookies[name] = Cookie(name, cookie.value)
        return cookies

    def hexdigest(self, text: str) -> str:
        """The signature of a text as this cookie's value, in hex. CookieError without a secret."""
        return self._hexdigest(text, self.__data__.get("secret"), self.digest)

    def unsign(self, secret: str | bytes, digest: str | None = None) -> None:
        """Verifies the value's signature and takes it off. CookieError if it is not valid.

        digest: ``"md5"`` accepts one of mod_python up to 3.5 as well.
        """
        signed = to_str(self.value)
        new = _SIGNED.match(signed)
        if new is not None:
            signature, kind = new["signature"], "sha256"
        elif _checked(digest) == "md5":
            signature, kind = signed[:32], "md5"
        else:
            raise CookieError(f"the cookie {self.name!r} is not signed")
        text = signed[new.end() if new is not None else 32 :]
        expected = self._hexdigest(text, secret, kind)
        if not hmac.compare_digest(to_bytes(signature), to_bytes(expected)):
            raise CookieError(f"the cookie {self.name!r} is not as it was signed")
        self.value = text
        self.__data__["secret"] = secret

    def _verify(self, secret: str | bytes, digest: str | None) -> None:
        self.unsign(secret, digest)

    def _hexdigest(self, text: str, secret: str | bytes | None, digest: str | None) -> str:
        if not secret:
            raise CookieError(f"there is no secret to sign the cookie {self.name!r} with")
        name, value = to_bytes(self.name), to_bytes(text)
        if digest == "md5":
            return hmac.digest(to_bytes(secret), name + value, "md5").hex()
        # Neither can hold NUL, so it keeps the parts apart.
        return hmac.digest(to_bytes(secret), b"\0".join((b"v2", name, value)), "sha256").hex()

    def _payload(self) -> str:
        """The text that is signed."""
        return to_str(self.value)

    def _text(self) -> str:
        payload = self._payload()
        signature = self.hexdigest(payload)
        return signature + payload if self.digest == "md5" else f"v2.{signature}.{payload}"


_SIGNED = re.compile(r"v2\.(?P<signature>[0-9a-f]{64})\.")


def _checked(digest: str | None) -> str | None:
    if digest not in (None, "sha256", "md5"):
        raise ValueError(f"digest must be 'sha256' or 'md5', not {digest!r}")
    return digest


_has_warned = False


def _warn_of_downgrade() -> None:
    """Once in an interpreter: clients send as many such cookies as they like."""
    global _has_warned
    if not _has_warned:
        _has_warned = True
        _apache._log_forged_cookie(
            "a cookie without a valid signature was handed out as a plain Cookie, since 'mismatch' was "
            "Cookie.DOWNGRADE, the default: the script must look at is_signed, or pass mismatch=Cookie.IGNORE"
        )
