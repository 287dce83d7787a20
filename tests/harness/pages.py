"""PSP pages of one test, written down in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.serve import Serve
from harness.server import Server

DIRECTIVES = "AddHandler mod_python .psp .psp_\nPythonHandler mod_python.psp\n"


def serve_pages(serve: Serve, pages: Mapping[str, str | bytes], directory: str = "", **config: Any) -> Server:
    """A server of these files, which mod_python.psp answers."""
    modules = ("mime", *config.pop("modules", ()))
    server = serve.prepare(directory=DIRECTIVES + directory, modules=modules, **config)
    for name, text in pages.items():
        write(server, name, text)
    server.start()
    return server


def write(server: Server, name: str, text: str | bytes) -> None:
    path = server.htdocs / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def answer(serve: Serve, page: str | bytes, directory: str = "", **config: Any) -> str:
    """What one page answers, which must be a 200."""
    return serve_pages(serve, {"page.psp": page}, directory, **config).text("/page.psp")
