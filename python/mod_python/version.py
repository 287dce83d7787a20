"""The version of this package, and the httpd and Python that it was installed for; docs/version.md.

mod_python.so logs a warning if its own version differs from `version`.
"""

from mod_python._built import FACTS

version: str = "4.0.0"

# Strings. Of an installed package they are plain variables.
HTTPD: str
HTTPD_VERSION: str
APR_VERSION: str
LIBEXECDIR: str
SYSCONFDIR: str
PYTHON_BIN: str
TEST_MOD_PYTHON_SO: str
TESTHOME: str

__all__ = [
    "APR_VERSION",
    "HTTPD",
    "HTTPD_VERSION",
    "LIBEXECDIR",
    "PYTHON_BIN",
    "SYSCONFDIR",
    "TESTHOME",
    "TEST_MOD_PYTHON_SO",
    "version",
]

globals().update(FACTS)


def __getattr__(name: str) -> str:
    """In a checkout, ask apxs and httpd when a script wants to know: handlers mostly import `version` alone."""
    from mod_python import _facts

    if name not in _facts.NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals().update(_facts.ask())
    return str(globals()[name])
