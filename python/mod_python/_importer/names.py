"""From the name of a module to its file.

``/a/b.py``          that file
``./x``, ``../x``    beside the importing module, or the directive's directory
``~/x``              below the handler root
``x``                ``x.py`` in the directories to search, or what plain Python finds

``.py`` may be left out of the first three.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from mod_python._importer import modules
from mod_python._importer.modules import FileModule, Site

_PREFIXES = ("/", "./", "../", "~/")


def is_path(name: str) -> bool:
    return name.startswith(_PREFIXES)


def find(name: str, base: str | None, directories: Iterable[str], site: Site) -> FileModule | None:
    """The module in the file that the name stands for; None: plain Python's business.

    base: the directory that ``./`` means.
    Raises ModuleNotFoundError if a path names no file, or there is no such directory.
    """
    if is_path(name):
        file = _absolute(name, base, site)
    else:
        found = search(name, directories)
        if found is None:
            return None
        file = found
    known = modules.of_file(file)
    if known is None and not Path(file).is_file():
        raise ModuleNotFoundError(f"there is no file {file}", name=name, path=file)
    return modules.register(file, Path(file).stem, site, tracked=True)


def search(name: str, directories: Iterable[str], besides: str | None = None) -> str | None:
    """The file of a bare name in the first directory that has one, `besides` excepted.

    Packages are plain Python's, and end the search.
    """
    if "." in name or "/" in name or "\0" in name:
        return None
    for directory in directories:
        folder = Path(os.path.normpath(directory))
        if (folder / name / "__init__.py").is_file():
            return None
        file = str(folder / f"{name}.py")
        if file != besides and (modules.of_file(file) is not None or Path(file).is_file()):
            return file
    return None


def plain(name: str) -> FileModule | None:
    """What plain Python would import; None if that is no source file or does not exist."""
    _forget_listings(sys.path)
    try:
        file = modules.source_file(importlib.util.find_spec(name))
    except (ImportError, ValueError, AttributeError):
        # Importing it is about to raise the proper error.
        return None
    if file is None:
        return None
    known = modules.of_file(file)
    if known is not None and known.name == name:
        return known
    present = sys.modules.get(name)
    if present is not None and getattr(present, "__file__", None) != file:
        return None
    return modules.register(file, name, Site(), tracked=False)


def directories_of(importer: FileModule) -> list[str]:
    """Where the import statements of a module look before plain Python does."""
    found = [importer.directory]
    for entry in (*_embedded_path(importer), *importer.site.path):
        place = directory(entry, importer.directory, importer.site)
        if place is not None:
            found.append(place)
    return found


def _embedded_path(importer: FileModule) -> Iterable[str]:
    namespace = getattr(sys.modules.get(importer.name), "__dict__", {})
    if namespace.get("__mp_info__") is not importer and importer.body is not None:
        # It has put another object in its place.
        namespace = vars(importer.body)
    return namespace.get("__mp_path__") or ()


def directory(entry: str, base: str | None, site: Site) -> str | None:
    """An entry of a search path as an absolute directory; None if it has no meaning here."""
    if entry == "~" or entry.startswith("~/"):
        return os.path.normpath(site.root + "/" + entry[1:]) if site.root is not None else None
    if entry.startswith("/"):
        return os.path.normpath(entry)
    return os.path.normpath(f"{base}/{entry}") if base is not None else None


def _absolute(name: str, base: str | None, site: Site) -> str:
    path = directory(name, base, site)
    if path is None:
        what = "handler root" if name.startswith("~") else "directory that it could be relative to"
        raise ModuleNotFoundError(f"'{name}': there is no {what} here", name=name)
    return path if path.endswith(".py") else path + ".py"


def _forget_listings(path: list[str]) -> None:
    """A file that has just been put into a directory is to be found.

    ``importlib.invalidate_caches`` would do that for all of Python, and raises KeyError
    when two threads call it at once.
    """
    for place in path:
        finder = sys.path_importer_cache.get(place)
        if isinstance(finder, importlib.machinery.FileFinder):
            finder.invalidate_caches()
