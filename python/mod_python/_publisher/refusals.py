"""Answers that an operator finds in the error log."""

from __future__ import annotations

import _apache

from mod_python import apache


def refused(req: _apache.mp_request, name: str, reason: str) -> apache.SERVER_RETURN:
    """To be raised: 403 for an object that is not for clients."""
    req.log_error(f"MPY0950: {name!a} is not published: {reason}", apache.APLOG_WARNING)
    return apache.SERVER_RETURN(apache.HTTP_FORBIDDEN)


def unprotectable(req: _apache.mp_request, reason: str) -> apache.SERVER_RETURN:
    """To be raised: 500 for an object whose protection is there and cannot be understood."""
    req.log_error(f"MPY0951: {reason}", apache.APLOG_ERR)
    return apache.SERVER_RETURN(apache.HTTP_INTERNAL_SERVER_ERROR)
