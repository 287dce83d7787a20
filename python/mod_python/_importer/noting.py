"""PythonReload interpreter: the files that modules are imported from are noted, whoever imports them.

The loaders do it, just before they read a file, so that its version is the one that was
imported or an older one; and also where its code then fails. Rejected: to go through
``sys.modules``, where a module that failed is not, and which says nothing of versions.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from importlib.machinery import ExtensionFileLoader, SourceFileLoader, SourcelessFileLoader
from pathlib import Path
from typing import Any

import _apache

# Of the standard library's directories, what is installed into them.
_INSTALLED = ("site-packages" + os.sep, "dist-packages" + os.sep)


def install() -> None:
    """For modules that are imported from now on, and those that Python's start has brought."""
    own = str(Path(__file__).parent.parent) + os.sep
    standard = [sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib")]

    def note(file: str) -> None:
        inside = next((file[len(place) :] for place in standard if file.startswith(place)), None)
        if not file.startswith(own) and (inside is None or inside.startswith(_INSTALLED)):
            _apache._note_file(file)

    # The method that begins to read the file named.
    source: Any = SourceFileLoader
    read_source = source.path_stats

    def path_stats(self: SourceFileLoader, path: str) -> Any:
        note(path)
        return read_source(self, path)

    source.path_stats = path_stats
    for loader, method in ((SourcelessFileLoader, "get_code"), (ExtensionFileLoader, "create_module")):
        _before(loader, method, note)
    for module in list(sys.modules.values()):
        spec = getattr(module, "__spec__", None)
        if spec is not None and spec.has_location and spec.origin is not None:
            note(spec.origin)


def _before(loader: Any, method: str, note: Any) -> None:
    plain = getattr(loader, method)

    def noted(self: Any, argument: Any) -> Any:
        note(self.path)
        return plain(self, argument)

    setattr(loader, method, noted)
