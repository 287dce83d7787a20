"""What scripts import. A CGI program begins with nothing imported; so modules of the site's own are found
beside the script, executed for each request, and forgotten afterwards. Installed libraries stay."""

from __future__ import annotations

import contextlib
import importlib.machinery
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import mod_python
from mod_python._importer import modules

_STANDARD_LIBRARY = f"{Path(os.__file__).parent}/"
_OURS = f"{Path(mod_python.__file__ or '').parent}/"
_INSTALLED = ("/site-packages/", "/dist-packages/")


class _Running(threading.local):
    directory: str | None = None


_running = _Running()


class _Finder:
    """Finds modules beside the script that this thread runs.

    Those of the standard library are left alone: they stay, and other threads import them too.
    """

    @classmethod
    def find_spec(
        cls, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if _running.directory is None or path is not None or name in sys.stdlib_module_names:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, [_running.directory], target)
        # A folder of that name is no package.
        return spec if spec is not None and spec.has_location else None


sys.meta_path.insert(0, _Finder)


@contextlib.contextmanager
def beside(directory: str) -> Iterator[None]:
    """Has this thread find modules in the directory too, and forgets those of the site's that it imported."""
    outer, _running.directory = _running.directory, directory
    before = list(sys.modules)
    try:
        yield
    finally:
        _running.directory = outer
        after = list(sys.modules)
        # Mostly they are equal, and lists of the same objects are soon compared.
        if after != before:
            for name in filter(_is_of_the_site, set(after).difference(before)):
                sys.modules.pop(name, None)


def _is_of_the_site(name: str) -> bool:
    """Whether a new module is none of a library's, of an extension's, of another handler's or half done."""
    module = sys.modules.get(name)
    file = getattr(module, "__file__", None)
    return (
        isinstance(file, str)
        and not file.startswith((_STANDARD_LIBRARY, _OURS))
        and not any(part in file for part in _INSTALLED)
        and not file.endswith(tuple(importlib.machinery.EXTENSION_SUFFIXES))
        and modules.named(name) is None
        and not modules.is_initializing(module)
    )
