"""Python modules that a test puts into the document root."""

from __future__ import annotations

import textwrap

from harness.server import Server


def write(server: Server, **files: str) -> None:
    """`a__helper="..."` writes a/helper.py."""
    for name, text in files.items():
        file = server.htdocs / (name.replace("__", "/") + ".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))


def answering(expression: str, head: str = "") -> str:
    """A handler that writes the value of an expression, as text."""
    return f"{textwrap.dedent(head)}\ndef handler(req):\n    req.write(str({expression}))\n    return 0\n"
