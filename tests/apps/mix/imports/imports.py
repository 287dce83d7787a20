"""Imports what the query names, and says what it is called."""

import importlib

from mod_python import apache


def handler(req):
    # Of the module's own directory, which only a statement of its own finds.
    import neighbour

    names = [importlib.import_module(name).__name__ for name in req.args.split(",")]
    req.write(",".join([*names, neighbour.NAME]))
    return apache.OK
