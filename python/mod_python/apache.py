"""What handlers need from the server: constants, tables, logging, imports.

Works inside httpd only, where the module ``_apache`` is built in. The constants are
those of the httpd built for: OK, DECLINED and DONE (what a handler returns), HTTP_*
(statuses, RFC 9110) and APLOG_* (levels of log_error).
"""

from collections.abc import Callable
from typing import Any

import _apache
from _apache import *  # noqa: F403

from mod_python._importer import import_module as import_module
from mod_python._importer import module_mtime as module_mtime

REQ_PROCEED: int = _apache.OK
REQ_NOACTION: int = _apache.DECLINED
REQ_ABORTED: int = _apache.HTTP_INTERNAL_SERVER_ERROR
REQ_EXIT = "REQ_EXIT"

make_table = _apache.table

interpreter: str | None = None
"""The name of the interpreter that this module was imported in."""

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
