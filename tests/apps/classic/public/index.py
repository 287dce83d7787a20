"""The visitors' pages. Each function is a URL below /guestbook/, its arguments are the fields of a form
(docs/publisher.md); names from lib are imported as modules, so that theirs are no URLs."""

import book
import fields
import pages
import visitor


def index(req, page=""):
    page = fields.number(page) or 1
    entries, more = book.published(page)
    pages.show(req, "book", entries=entries, page=page, more=more, name=visitor.name(req))


def sign(req, token="", name="", text="", picture=None):
    visitor.require_our_form(req, token)
    name, text = fields.text(name, 60), fields.text(text, 2000)
    try:
        picture = fields.picture(picture)
        if not name or not text:
            raise ValueError("Please give your name and say something.")
    except ValueError as error:
        visitor.tell(req, str(error))
    else:
        book.sign(name, text, picture)
        visitor.remember(req, name)
        visitor.tell(req, "Thank you! Your entry is shown when a moderator has read it.")
    pages.go(req)


def picture(req, number=""):
    return pages.picture(req, book.picture(fields.number(number), published=True))


def theme(req, token="", choice=""):
    visitor.require_our_form(req, token)
    visitor.choose(req, choice)
    pages.go(req)
