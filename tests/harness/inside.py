"""Python code of a test, run inside httpd by `tests/apps/evaluate`."""

from __future__ import annotations

import textwrap
from typing import Any

from harness.serve import Serve
from harness.server import Server

DIRECTIVES = "SetHandler mod_python\nPythonHandler evaluate"


class Inside:
    """Runs source code with `req` and `apache` in scope; it answers by setting `result`."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._server: Server | None = None

    @property
    def server(self) -> Server:
        if self._server is None:
            self._server = self._serve("evaluate", directory=DIRECTIVES)
        return self._server

    def serve(self, **config: Any) -> Server:
        """Start the server with further lines of configuration."""
        config["directory"] = DIRECTIVES + "\n" + config.get("directory", "")
        self._server = self._serve("evaluate", **config)
        return self._server

    def __call__(self, source: str, path: str = "/", **options: Any) -> Any:
        """What the code leaves in `result`; the code must not raise."""
        answer = self._run(source, path, **options)
        assert "error" not in answer, answer["traceback"]
        return answer["result"]

    def error(self, source: str, path: str = "/", **options: Any) -> str:
        """`Type: text` of the exception that the code must raise."""
        answer = self._run(source, path, **options)
        assert "error" in answer, f"raised nothing; result is {answer['result']!r}"
        return f"{answer['error']}: {answer['text']}"

    def _run(self, source: str, path: str, **options: Any) -> Any:
        response = self.server.post(path, textwrap.dedent(source).encode(), **options)
        assert response.status_code == 200, (response.status_code, response.text)
        return response.json()
