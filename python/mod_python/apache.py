"""What handlers need from the server: constants, tables, logging, imports.

Works inside httpd only, where the module ``_apache`` is built in.
"""

import _apache
from _apache import SERVER_RETURN as SERVER_RETURN
from _apache import log_error as log_error
from _apache import table as table

from mod_python._importer import import_module as import_module
from mod_python._importer import module_mtime as module_mtime

OK: int = _apache.OK
"""The handler has done its work (httpd's OK)."""
DECLINED: int = _apache.DECLINED
"""The handler leaves the request to others (httpd's DECLINED)."""
DONE: int = _apache.DONE
"""The response is complete; no further phase answers (httpd's DONE)."""

REQ_PROCEED = OK
REQ_NOACTION = DECLINED
REQ_ABORTED: int = _apache.HTTP_INTERNAL_SERVER_ERROR
REQ_EXIT = "REQ_EXIT"

make_table = table

interpreter: str | None = None
"""The name of the interpreter that this module was imported in."""

# HTTP_* (statuses, RFC 9110) and APLOG_* (levels of log_error), as httpd names them.
globals().update({name: value for name, value in vars(_apache).items() if name.startswith(("HTTP_", "APLOG_"))})
