"""A server whose handler a test writes down itself."""

from __future__ import annotations

import textwrap
from typing import Any

from harness.serve import Serve
from harness.server import Server


def written(serve: Serve, body: str, **config: Any) -> Server:
    """Serve with `def handler(req)` of this body; it returns OK unless the body returns.

    `os`, `sys`, `time`, `threading` and `apache` are in scope.
    """
    directory = "SetHandler mod_python\nPythonHandler written\n" + textwrap.dedent(config.pop("directory", ""))
    server = serve.prepare(None, directory=directory, **config)
    head = "import os, sys, time, threading\nfrom mod_python import apache\n\n\ndef handler(req):\n"
    code = textwrap.indent(textwrap.dedent(body).strip(), "    ")
    (server.htdocs / "written.py").write_text(f"{head}{code}\n    return apache.OK\n")
    server.start()
    return server
