"""Imports in handlers, of Python's library and from beside the handler."""

from __future__ import annotations

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
    # Where PythonImport finds its module, too.
    server = "PythonInterpreterOptions * path={htdocs}/imports/start"

    def act(self) -> None:
        names = self.random.sample(_NAMES, self.random.randint(1, 5))
        same(self.text("?" + ",".join(names)), ",".join([*names, "neighbour"]))
