"""Asks the objects of PythonAuthnProvider and PythonAuthzProvider, and reads their answers.

An answer that means nothing is returned as a str that says what it was; mod_python.so logs
it and answers httpd with a general error. So nothing is granted by mistake.
"""

from __future__ import annotations

import re
from typing import Any

from mod_python import apache

_PASSWORD = {apache.AUTH_DENIED, apache.AUTH_GRANTED, apache.AUTH_USER_NOT_FOUND, apache.AUTH_GENERAL_ERROR}
_REQUIRE = {
    apache.AUTHZ_DENIED,
    apache.AUTHZ_GRANTED,
    apache.AUTHZ_NEUTRAL,
    apache.AUTHZ_GENERAL_ERROR,
    apache.AUTHZ_DENIED_NO_USER,
}
_MD5 = re.compile(r"[0-9A-Fa-f]{32}\Z")


def check_password(provider: Any, req: apache.mp_request, user: str, password: str) -> int | str:
    """An AUTH_ status: whether the password is the user's."""
    provider = _instance(provider, req)
    check = getattr(provider, "check_password", provider)
    return _status(check(req, user, password), apache.AUTH_USER_NOT_FOUND, _PASSWORD)


def get_realm_hash(provider: Any, req: apache.mp_request, user: str, realm: str) -> bytes | str | None:
    """The MD5 of ``user:realm:password`` in hexadecimal; None for an unknown user."""
    found = _instance(provider, req).get_realm_hash(req, user, realm)
    if isinstance(found, str) and _MD5.match(found):
        return found.lower().encode()
    # A hash is as good as a password, so not even a malformed one is shown.
    return None if found is None else f"another {_name(found)}" if isinstance(found, str) else _name(found)


def check_authorization(provider: Any, req: apache.mp_request, args: str) -> int | str:
    """An AUTHZ_ status: whether the Require line is met."""
    return _status(_instance(provider, req)(req, args), apache.AUTHZ_NEUTRAL, _REQUIRE)


def _instance(provider: Any, req: apache.mp_request) -> Any:
    """A class is instantiated with the request, as it is for handlers."""
    return provider(req) if isinstance(provider, type) else provider


def _status(answer: object, if_none: int, known: set[int]) -> int | str:
    if answer is None:
        return if_none
    # True and False are AUTH_GRANTED and AUTH_DENIED, by value too.
    if type(answer) in (bool, int) and answer in known:
        return int(answer)
    return str(answer) if type(answer) is int else _name(answer)


def _name(value: object) -> str:
    return type(value).__name__
