"""What is known of a visitor: cookies say what to call him and how he likes the pages (docs/cookie.md), a session which
forms are ours (docs/session.md)."""

import hmac
import secrets
from urllib.parse import quote, unquote

import book
from mod_python import Cookie, Session, apache

THEMES = ("light", "dark")
A_YEAR = 365 * 24 * 60 * 60


def home(req):
    """The path of the guest book's first page."""
    return req.get_options()["mod_python.session.application_path"]


# --- cookies ---


def theme(req):
    """A plain cookie: the visitor may have written anything into it."""
    cookie = Cookie.get_cookie(req, "theme")
    return cookie.value if cookie and cookie.value in THEMES else THEMES[0]


def choose(req, theme):
    if theme in THEMES:
        Cookie.add_cookie(req, "theme", theme, path=home(req), max_age=A_YEAR, samesite="Lax")


def name(req):
    """A signed cookie: only we can have written it."""
    ours = Cookie.get_cookie(req, "name", Cookie.SignedCookie, secret=book.secret(), mismatch=Cookie.Cookie.IGNORE)
    return unquote(ours.value) if ours else ""


def remember(req, name):
    cookie = Cookie.SignedCookie("name", quote(name), book.secret())
    cookie.path, cookie.max_age, cookie.httponly, cookie.samesite = home(req), A_YEAR, True, "Lax"
    Cookie.add_cookie(req, cookie)


# --- the session ---


def session(req):
    """The visitor's session, with a token that each of our forms has and no other site can know."""
    if not hasattr(req, "session"):
        req.session = Session.Session(req)
        req.session.setdefault("token", secrets.token_hex())
        req.session.save()
    return req.session


def log_in(req, moderator):
    """Under a new id, with a new token: whoever knew those of before has nothing of it."""
    session(req).update(moderator=moderator, token=secrets.token_hex())
    session(req).regenerate_id()


def moderator(req):
    """Who has logged in, or None."""
    return session(req).get("moderator")


def require_our_form(req, token):
    """Go on only for a form of ours that this visitor has sent."""
    if req.method != "POST":
        req.allow_methods(["POST"], 1)
        raise apache.SERVER_RETURN(apache.HTTP_METHOD_NOT_ALLOWED)
    ours = session(req)["token"].encode()
    if not isinstance(token, str) or not hmac.compare_digest(token.encode("utf-8", "replace"), ours):
        raise apache.SERVER_RETURN(apache.HTTP_FORBIDDEN)


def tell(req, notice):
    """Something to be said on the next page that the visitor sees."""
    session(req)["notice"] = notice
    session(req).save()


def notice(req):
    said = session(req).pop("notice", "")
    if said:
        session(req).save()
    return said
