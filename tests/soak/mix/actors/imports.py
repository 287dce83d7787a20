"""Imports in handlers, of Python's library and from beside the handler."""

from __future__ import annotations

from soak.mix import hosts
from soak.mix.actor import Actor, same

_NAMES = [
    "base64",
    "collections",
    "csv",
    "datetime",
    "decimal",
    "difflib",
    "email.message",
    "fractions",
    "hashlib",
    "html",
    "json",
    "logging",
    "pickle",
    "statistics",
    "struct",
    "urllib.parse",
    "uuid",
    "xml.etree.ElementTree",
    "zlib",
]


class Imports(Actor):
    name = "imports"
    directory = "SetHandler mod_python\nPythonHandler imports"

    @classmethod
    def server(cls) -> str:
        """A PythonImport for each interpreter, which its successors run too."""
        lines = [f"PythonImport warm::at_start {host.interpreter}" for host in hosts.every()]
        return "\n".join(["PythonInterpreterOptions * path={htdocs}/imports/start", *lines])

    def act(self) -> None:
        names = self.random.sample(_NAMES, self.random.randint(1, 5))
        same(self.text("?" + ",".join(names)), ",".join([*names, "neighbour"]))
