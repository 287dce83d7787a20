"""`req.finfo`: what httpd knows about the file of a request."""

from __future__ import annotations

from pathlib import Path

from harness.inside import Inside


def _page(inside: Inside) -> Path:
    page = inside.server.htdocs / "page.txt"
    page.write_text("content")
    return page


def test_what_is_known_of_the_file(inside: Inside) -> None:
    """7.1, 12.1; 21.7: 109."""
    page = _page(inside)
    shown = inside("result = [req.finfo.size, req.finfo[apache.FINFO_FNAME], repr(req.finfo)[:10]]", "/page.txt")
    assert shown == [7, str(page), "{'fname': "]
    assert inside("result = req.finfo[apache.FINFO_FNAME] == req.canonical_filename", "/page.txt")


def test_of_no_file_nothing_is_known(inside: Inside) -> None:
    """12.1."""
    assert inside("result = [req.finfo.size, req.finfo.filetype]", "/no/such") == [None, 0]


def test_it_is_a_view_of_the_request(inside: Inside) -> None:
    """7.1: a new object at each access, over the same record."""
    _page(inside)
    assert inside(
        """
        before = req.finfo
        req.finfo = apache.stat(req.document_root(), apache.APR_FINFO_MIN)
        result = [before.filetype == apache.APR_DIR, before is req.finfo, req.finfo.fname == req.document_root()]
        """,
        "/page.txt",
    ) == [True, False, True]


def test_only_an_mp_finfo_can_be_assigned(inside: Inside) -> None:
    """7.1, Q23."""
    assert inside.error("req.finfo = None").startswith("TypeError")
    assert inside.error("del req.finfo").startswith("AttributeError")
