"""Handlers that import extension modules when they are called, each in its own way."""

import importlib
from importlib.machinery import EXTENSION_SUFFIXES


def handler(req):
    import picky  # noqa: F401

    req.write("loaded")
    return 0


def of_a_package(req):
    import package  # noqa: F401

    return 0


def by_function(req):
    importlib.import_module("picky")
    return 0


def with_a_reason(req):
    try:
        import picky  # noqa: F401
    except ImportError as error:
        raise RuntimeError("no driver") from error
    return 0


def without_it(req):
    try:
        import picky  # noqa: F401
    except ImportError:
        req.write("slower")
    return 0


def empty(req):
    """What comes of a module that CPython has left empty."""
    raise ImportError(
        "cannot import name 'encodings' from 'db._db'", name="db._db", path=f"/x/_db{EXTENSION_SUFFIXES[0]}"
    )


def missing(req):
    import no_such_module  # noqa: F401

    return 0
