"""Sessions: what a server remembers of a visitor from one request to the next.

``Session(req)`` gives one of the class that is configured; its data is a dict, and stays what
it is after ``save()``.
"""

import hashlib
import tempfile

from mod_python._session.base import BaseSession as BaseSession
from mod_python._session.base import unlock_session_cleanup as unlock_session_cleanup
from mod_python._session.database import DbmSession as DbmSession
from mod_python._session.database import dbm_cleanup as dbm_cleanup
from mod_python._session.factory import Session as Session
from mod_python._session.file_cleanup import filesession_cleanup as filesession_cleanup
from mod_python._session.files import FileSession as FileSession
from mod_python._session.files import make_filesession_dirs as make_filesession_dirs
from mod_python._session.memory import MemorySession as MemorySession
from mod_python._session.memory import mem_cleanup as mem_cleanup
from mod_python._session.settings import true_or_false as true_or_false
from mod_python._session.settings import validate_sid_re as validate_sid_re

COOKIE_NAME = "pysid"
"""The name of the cookie."""

DFT_TIMEOUT = 1800
"""Seconds without use after which a session expires."""

DFT_LOCK = True
"""Whether sessions are locked."""

CLEANUP_CHANCE = 1000
"""One in so many sessions has expired ones removed, after its request."""

DFT_FAST_CLEANUP = True
DFT_VERIFY_CLEANUP = True
DFT_GRACE_PERIOD = 240
DFT_CLEANUP_TIME_LIMIT = 2
"""How FileSession removes expired sessions; the last two in seconds."""

tempdir = tempfile.gettempdir()
"""Where sessions are stored unless an option says otherwise."""


def md5_hash(s: str | bytes) -> str:
    """The MD5 of text (as UTF-8) or bytes, in hexadecimal digits. Nothing here uses it any more."""
    data = s.encode("utf-8", "surrogateescape") if isinstance(s, str) else s
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
