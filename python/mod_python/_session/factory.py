"""Session(): which class of session a request gets."""

import importlib
from typing import Any

import _apache

from mod_python import apache
from mod_python._options import OptionError
from mod_python._session import settings
from mod_python._session.base import BaseSession
from mod_python._session.database import DbmSession
from mod_python._session.files import FileSession
from mod_python._session.memory import MemorySession

_CLASSES = {kind.__name__: kind for kind in (FileSession, DbmSession, MemorySession)}

_NAMES = ("mod_python.session.session_type", "session")


def Session(  # noqa: N802  (the name that scripts use)
    req: _apache.mp_request,
    sid: str | bytes | int | None = 0,
    secret: str | bytes | None = None,
    timeout: float = 0,
    lock: object = 1,
) -> BaseSession:
    """A session of the class that PythonOption mod_python.session.session_type names.

    FileSession, DbmSession, MemorySession, CacheSession, or ``module::Class`` for one of your own. By
    default MemorySession where one interpreter of one process serves everything, else DbmSession. The arguments are
    those of BaseSession; OptionError, a ValueError, if there is no such class.
    """
    kind: Any = _class(req)
    session: BaseSession = kind(req, sid=sid, secret=secret, timeout=timeout, lock=lock)
    return session


def _class(req: _apache.mp_request) -> object:
    options = req.get_options()
    option = settings.present(options, *_NAMES)
    name = _default() if option is None else options[option]
    if name in _CLASSES:
        return _CLASSES[name]
    if name == "CacheSession":
        # Not before it is wanted: it asks for a cache of httpd's.
        return importlib.import_module("mod_python._session.cache").CacheSession
    module, separator, attribute = name.partition("::")
    if not separator:
        wanted = "FileSession, DbmSession, MemorySession, CacheSession or module::Class"
        raise OptionError(option or _NAMES[0], name, wanted)
    directory = req.hlist.directory if req.hlist is not None else None
    found: object = apache.import_module(module, path=[directory] if directory else None)
    for part in attribute.split("."):
        found = getattr(found, part)
    return found


def _default() -> str:
    if not _apache.mpm_query(_apache.AP_MPMQ_IS_THREADED) or _apache._is_in_pool():
        return "DbmSession"
    forked = _apache.mpm_query(_apache.AP_MPMQ_IS_FORKED)
    return "DbmSession" if forked and _apache.mpm_query(_apache.AP_MPMQ_MAX_DAEMONS) != 1 else "MemorySession"
