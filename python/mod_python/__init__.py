"""Python in the Apache HTTP server.

Handlers import :mod:`mod_python.apache`, which works inside httpd only; the package
itself can be imported anywhere.
"""

from importlib.util import find_spec

from mod_python.version import version as mp_version

__all__ = ["apache", "cgihandler", "mp_version", "psp", "publisher", "python22", "util", "version"]

# Inside httpd the module _apache is built in; elsewhere there is no such thing.
if find_spec("_apache") is not None:
    from mod_python import apache as apache
