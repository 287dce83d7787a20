"""The moderators' pages, below /guestbook/moderators/. Who has logged in is in the session (docs/session.md)."""

import book
import fields
import moderators
import pages
import visitor
from mod_python import apache


def index(req):
    who = visitor.moderator(req)
    if who is None:
        pages.show(req, "login")
    else:
        pages.show(req, "waiting", entries=book.waiting(), who=who)


def login(req, token="", name="", password=""):
    visitor.require_our_form(req, token)
    name, password = fields.text(name, 60), fields.text(password, 200)
    if moderators.knows(name, password):
        visitor.log_in(req, name)
    else:
        visitor.tell(req, "That is not right.")
    pages.go(req, "moderators/")


def logout(req, token=""):
    visitor.require_our_form(req, token)
    visitor.session(req).invalidate()
    pages.go(req)


def publish(req, token="", number=""):
    _require_moderator(req)
    visitor.require_our_form(req, token)
    book.publish(fields.number(number))
    pages.go(req, "moderators/")


def delete(req, token="", number=""):
    _require_moderator(req)
    visitor.require_our_form(req, token)
    book.delete(fields.number(number))
    pages.go(req, "moderators/")


def picture(req, number=""):
    _require_moderator(req)
    return pages.picture(req, book.picture(fields.number(number), published=False))


def _require_moderator(req):
    if visitor.moderator(req) is None:
        raise apache.SERVER_RETURN(apache.HTTP_FORBIDDEN)
