"""A server whose WSGI application a test writes down itself."""

from __future__ import annotations

import textwrap
from typing import Any

from harness.serve import Serve
from harness.server import Server

DIRECTIVES = "SetHandler mod_python\nPythonHandler mod_python.wsgi\nPythonOption mod_python.wsgi.application app\n"

_HEAD = "import os, sys, threading, time\nfrom mod_python import apache\n\n"


def application(serve: Serve, code: str, **config: Any) -> Server:
    """Serve the module `app` with this code."""
    directory = DIRECTIVES + textwrap.dedent(config.pop("directory", ""))
    server = serve.prepare(None, directory=directory, **config)
    (server.htdocs / "app.py").write_text(_HEAD + textwrap.dedent(code))
    server.start()
    return server


def answering(serve: Serve, body: str, **config: Any) -> Server:
    """Serve `def application(environ, start_response)` of this body."""
    code = textwrap.indent(textwrap.dedent(body).strip(), "    ")
    return application(serve, f"def application(environ, start_response):\n{code}\n", **config)


def evaluating(serve: Serve, expression: str, **config: Any) -> Server:
    """Serve what `repr` makes of an expression, in which `environ` is in scope."""
    return answering(serve, f"start_response('200 OK', [])\nreturn [ascii({expression})]", **config)


def expect_failure(server: Server, pattern: str) -> None:
    """Declare that the application raises; the pattern is of a part of the traceback."""
    server.expect_log(f"^PythonHandler mod_python.wsgi: .*{pattern}")
    server.tolerate_log("^PythonHandler mod_python.wsgi: ", "^MPY0303")
