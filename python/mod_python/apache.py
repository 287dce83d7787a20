"""What handlers need from the server: constants, tables, logging, imports.

Works inside httpd only, where the module ``_apache`` is built in. The constants are
those of the httpd built for: OK, DECLINED and DONE (what a handler returns), HTTP_*
(statuses, RFC 9110), APLOG_* (levels of log_error), AUTH_* and AUTHZ_* (what the
providers of PythonAuthnProvider and PythonAuthzProvider may answer) and those of
httpd's and APR's interfaces under their names there.
"""

from collections.abc import Callable, MutableMapping
from typing import Any

import _apache
from _apache import *  # noqa: F403

from mod_python._cgi import CGIStdin as CGIStdin
from mod_python._cgi import CGIStdout as CGIStdout
from mod_python._cgi import NullIO as NullIO
from mod_python._cgi import build_cgi_env as build_cgi_env
from mod_python._cgi import restore_nocgi as restore_nocgi
from mod_python._cgi import setup_cgi as setup_cgi
from mod_python._importer.functions import get_handler_root as get_handler_root
from mod_python._importer.functions import import_module as import_module
from mod_python._importer.functions import module_info as module_info
from mod_python._importer.functions import module_mtime as module_mtime
from mod_python._importer.functions import request_modules_graph as request_modules_graph
from mod_python._importer.graph import modules_graph as modules_graph
from mod_python._importer.objects import resolve_object as resolve_object
from mod_python._importer.reloading import freeze_modules as freeze_modules

REQ_PROCEED: int = _apache.OK
REQ_NOACTION: int = _apache.DECLINED
REQ_ABORTED: int = _apache.HTTP_INTERNAL_SERVER_ERROR
REQ_EXIT = "REQ_EXIT"

APLOG_NOERRNO = 0
"""Means nothing in httpd 2.4; scripts still add it to levels."""

# Positions in req.finfo and in what stat() returns.
FINFO_MODE, FINFO_INO, FINFO_DEV, FINFO_NLINK, FINFO_UID, FINFO_GID, FINFO_SIZE = range(7)
FINFO_ATIME, FINFO_MTIME, FINFO_CTIME, FINFO_FNAME, FINFO_NAME, FINFO_FILETYPE = range(7, 13)

# Positions in req.parsed_uri.
URI_SCHEME, URI_HOSTINFO, URI_USER, URI_PASSWORD, URI_HOSTNAME = range(5)
URI_PORT, URI_PATH, URI_QUERY, URI_FRAGMENT = range(5, 9)

make_table = _apache.table
MutableMapping.register(_apache.table)

interpreter: str | None = None
"""The name of the interpreter that this module was imported in."""

interpreter_index: int = 0
"""Which member of its pool this interpreter is (``pool=N`` of PythonInterpreterOptions): 0 to N-1."""

main_server: _apache.mp_server = None  # type: ignore[assignment]  # set before any script runs
"""The main server: what stands outside of every ``<VirtualHost>``."""


def register_cleanup(  # type: ignore[no-redef]  # that of _apache asks for more
    callable: Callable[[Any], object], data: object = None
) -> None:
    """Calls ``callable(data)`` in this interpreter when the child exits.

    The one registered last runs first, before ``atexit`` callbacks. What it raises goes to
    the main server's error log. Raises ValueError if it is not callable.
    """
    _apache.register_cleanup(interpreter, main_server, callable, data)
