"""What handlers need from the server: constants, tables, logging, imports.

Works inside httpd only, where the module ``_apache`` is built in. The constants are
those of the httpd built for: OK, DECLINED and DONE (what a handler returns), HTTP_*
(statuses, RFC 9110) and APLOG_* (levels of log_error).
"""

import _apache
from _apache import *  # noqa: F403

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

make_table = _apache.table

interpreter: str | None = None
"""The name of the interpreter that this module was imported in."""
