"""Cookies: :class:`Cookie`, signed ones, and signed ones that hold plain data.

One object is one cookie. Text is ``str``, UTF-8 on the wire; bytes of a client's that are not UTF-8 are
surrogates (PEP 383), and go back as they came.
"""

from __future__ import annotations

from typing import Any

import _apache

from mod_python._cookie.marshalled import MarshalCookie as MarshalCookie
from mod_python._cookie.plain import Cookie as Cookie
from mod_python._cookie.plain import CookieError as CookieError
from mod_python._cookie.plain import to_bytes
from mod_python._cookie.signed import SignedCookie as SignedCookie


def add_cookie(req: Any, cookie: Cookie | str, value: Any = "", **attributes: Any) -> None:
    """Adds a ``Set-Cookie`` header to the response: the cookie, or ``Cookie(cookie, value, **attributes)``.

    With the first one, ``Cache-Control: no-cache="set-cookie"`` too, so that no cache gives it to others.
    ``PythonOption mod_python.cookie.legacy_md5 On`` signs as mod_python 3.5 did, where the cookie's
    ``digest`` leaves it open. The headers are those of ``req.headers_out``: an error page of httpd's has them not.
    """
    if not isinstance(cookie, Cookie):
        cookie = Cookie(cookie, value, **attributes)
    elif isinstance(cookie, SignedCookie) and cookie.digest is None and _legacy_md5(req) == "on":
        cookie.digest = "md5"
    header = to_bytes(str(cookie))
    if "Set-Cookie" not in req.headers_out:
        req.headers_out.add("Cache-Control", 'no-cache="set-cookie"')
    req.headers_out.add("Set-Cookie", header)


def get_cookies(req: Any, Class: type[Cookie] = Cookie, **arguments: Any) -> dict[str, Any]:
    """The request's cookies by name: what ``Class.parse(header, **arguments)`` makes of them.

    Those of several ``Cookie`` headers too, though httpd joins these with commas. With
    ``PythonOption mod_python.cookie.legacy_md5`` ``On`` or ``Read``, signatures of mod_python 3.5 are accepted.
    """
    if "Cookie" not in req.headers_in:
        return {}
    # A list, if a script has added one.
    header = req.headers_in["Cookie"]
    text = "; ".join(header) if isinstance(header, list) else header
    if issubclass(Class, SignedCookie) and _legacy_md5(req) != "off":
        arguments.setdefault("digest", "md5")
    return Class.parse(_apache._separate_cookies(text), **arguments)


def get_cookie(req: Any, name: str, Class: type[Cookie] = Cookie, **arguments: Any) -> Any:
    """The request's cookie of that name, as ``get_cookies`` makes it; None if there is none."""
    return get_cookies(req, Class, names=[name], **arguments).get(name)


def _legacy_md5(req: Any) -> str:
    setting: str = req.get_options().get("mod_python.cookie.legacy_md5", "off").lower()
    if setting not in ("off", "read", "on"):
        raise ValueError(f"PythonOption mod_python.cookie.legacy_md5 must be Off, Read or On, not {setting!r}")
    return setting
