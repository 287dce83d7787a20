"""Who the client says it is (RFC 7617), and whether that lets it pass."""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode
from collections.abc import Container, Mapping
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Any

import _apache

from mod_python import apache


def read(req: _apache.mp_request) -> tuple[str | None, str | None]:
    """User and password of Basic authentication; None for both without them, or with another scheme.

    Raises SERVER_RETURN(400) for what is not base64 of UTF-8 with a colon.
    """
    header = req.headers_in.get("Authorization")
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None, None
    try:
        user, colon, passwd = b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        colon = ""
    if not colon:
        raise apache.SERVER_RETURN(apache.HTTP_BAD_REQUEST)
    return user, passwd


def challenge(req: _apache.mp_request, realm: object) -> apache.SERVER_RETURN:
    """To be raised: 401, asking for credentials of the realm."""
    text = str(realm).replace("\\", "\\\\").replace('"', '\\"')
    # Headers are bytes, of which a str has each as a character.
    text = text.encode("utf-8", "surrogateescape").decode("latin-1")
    req.err_headers_out["WWW-Authenticate"] = f'Basic realm="{text}"'
    return apache.SERVER_RETURN(apache.HTTP_UNAUTHORIZED)


def is_authentic(auth: Any, req: _apache.mp_request, user: str, passwd: str | None) -> bool:
    """What ``__auth__`` says: a callable of (req, user, password), a mapping of passwords by user, or a constant."""
    if callable(auth):
        return _answer(auth(req, user, passwd))
    if isinstance(auth, Mapping):
        return user in auth and _is_same(auth[user], passwd)
    return bool(auth)


def is_allowed(access: Any, req: _apache.mp_request, user: str | None) -> bool:
    """What ``__access__`` says: a callable of (req, user), a container of users, or a constant."""
    if callable(access):
        return _answer(access(req, user))
    if isinstance(access, Container) and not isinstance(access, (str, bytes, bytearray)):
        return user in access
    return bool(access)


def _answer(answer: object) -> bool:
    if isinstance(answer, (CoroutineType, GeneratorType, AsyncGeneratorType)):
        # True whatever it would come to.
        if isinstance(answer, CoroutineType):
            answer.close()
        raise TypeError("__auth__ and __access__ must be plain functions, neither async nor generators")
    return bool(answer)


def _is_same(stored: Any, given: str | None) -> bool:
    """Takes as long wherever they differ."""
    if isinstance(stored, str):
        stored = stored.encode("utf-8", "surrogatepass")
    if not isinstance(stored, bytes) or given is None:
        return False
    return hmac.compare_digest(stored, given.encode("utf-8", "surrogatepass"))
