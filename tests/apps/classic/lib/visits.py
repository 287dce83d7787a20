"""Counts the pages that are shown, and gives the counts to statistics.shtml (docs/directives.md, docs/ssi.md)."""

from html import escape

import book
import visitor
from mod_python import apache


def loghandler(req):
    """The answer is on its way: nobody waits for this."""
    if req.status == 200 and req.method == "GET" and (req.content_type or "").startswith("text/html"):
        book.count_visit(req.uri)
    return apache.OK


def fixuphandler(req):
    """The names that the Python in the page sees."""
    req.ssi_globals = {"visits": book.visits(), "theme": visitor.theme(req), "escape": escape}
    return apache.OK
