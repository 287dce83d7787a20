"""What the publisher's functions answer with: pages of pages/*.psp (docs/psp.md), pictures, and ways elsewhere."""

from pathlib import Path

import fields
import visitor
from mod_python import apache, psp, util

PAGES = Path(__file__).parents[1] / "pages"


def show(req, template, **names):
    """A page, which sees these names and those that all pages need."""
    names |= {
        "home": visitor.home(req),
        "theme": visitor.theme(req),
        "token": visitor.session(req)["token"],
        "notice": visitor.notice(req),
    }
    # Should something be left unescaped one day, a browser does not run it.
    protect(req, "default-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
    req.headers_out["Cache-Control"] = "private, no-cache"
    req.content_type = "text/html; charset=utf-8"
    psp.PSP(req, str(PAGES / f"{template}.psp"), vars=names).run()


def picture(req, content):
    """A visitor's file as what it is, and never as a page."""
    if content is None:
        raise apache.SERVER_RETURN(apache.HTTP_NOT_FOUND)
    protect(req, "default-src 'none'; sandbox")
    req.content_type = fields.picture_type(content)
    return content


def protect(req, policy):
    req.headers_out["Content-Security-Policy"] = policy
    req.headers_out["X-Content-Type-Options"] = "nosniff"


def go(req, place=""):
    """After a form: the browser asks for the page anew, and reloading it sends nothing twice."""
    util.redirect(req, visitor.home(req) + place)
