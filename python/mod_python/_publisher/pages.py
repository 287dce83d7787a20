"""From a request to the module that it is for.

Which module a URL names depends on which files there are, and a module has to be executed
anew when its file changes. Both are looked at in the first twenty requests of a burst and
then every 50 ms, as the core does for handlers; in between, nothing of it costs a request
anything.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import _apache

from mod_python import _runtime, apache
from mod_python._importer import modules, reloading
from mod_python._importer.modules import FileModule, Site, Stamp
from mod_python._publisher import nested
from mod_python._publisher.refusals import refused
from mod_python._publisher.shortcuts import Shortcut

# Names behind index.py are the client's choice.
_ROUTES_AT_MOST = 4000


class Route(NamedTuple):
    """Where the first name of a URL leads."""

    watch: Any
    """Of the files that have to stay as they are for the rest to be right."""
    file: str
    module: ModuleType
    name: str
    """What index.py is asked for in place of a module of that name; '' for a module."""
    shortcuts: dict[str, Shortcut]
    """By name, the functions that need no further look."""


# By file names that mean the same in every configuration.
_routes: dict[str, Route] = {}


def find(req: _apache.mp_request) -> tuple[Route, str]:
    """The module that a request is for, and the path of the object in it, with slashes.

    Raises SERVER_RETURN (404, or 403 for a private name), and what the module raises.
    """
    filename = req.filename or ""
    route = _routes.get(filename)
    if route is None or route.watch.is_outdated(req):
        route = _routed(req, filename)
    path = req.path_info
    if path:
        path = _stripped(path)
    if route.name:
        path = f"{route.name}/{path}" if path else route.name
    return route, path or "index"


def load(req: _apache.mp_request, file: str) -> ModuleType:
    """The module of a file, with all changes worked off if PythonAutoReload is on."""
    return _load(req, file)[0]


def _routed(req: _apache.mp_request, filename: str) -> Route:
    stem = _stem(filename)
    if stem is not None:
        return _look(req, stem, filename)
    # The same name may stand for something else where another configuration is in effect.
    stem = _without_extension(req, filename)
    route = _routes.get(f"{stem}.py")
    if route is None or route.watch.is_outdated(req):
        route = _look(req, stem, f"{stem}.py")
    return route


def _look(req: _apache.mp_request, stem: str, key: str) -> Route:
    # A module that cannot be loaded is tried again by each request.
    _routes.pop(key, None)
    # Read first: what changes meanwhile must show.
    changes = _apache._module_changes(0)
    file, name = _located(req, stem)
    module, watched = _load(req, file)
    if name:
        watched += [f"{stem}.py", 0, 0, -1]
    if len(_routes) >= _ROUTES_AT_MOST:
        _routes.clear()
    route = _routes[key] = Route(_apache._watch(changes, watched), file, module, name, {})
    return route


def _load(req: _apache.mp_request, file: str) -> tuple[ModuleType, list[str | int]]:
    """The module, and the files whose change makes it another, as `_apache._watch` wants them."""
    autoreload, debug, root, path = _apache._import_settings(req)
    site = Site(root, _runtime._import_path(path) if path is not None else ())
    known = modules.register(file, Path(file).stem, site, tracked=True)
    known.is_page = True
    executions = known.executions
    module = reloading.current(known, autoreload)
    if known.executions != executions:
        nested.learn(file)
        if debug:
            _log_execution(req, known)
    # Without auto-reload only whether it is there counts, and a change may show once.
    return module, _runtime._watched(known) if autoreload else _as_it_is(file)


def _as_it_is(file: str) -> list[str | int]:
    stamp = Stamp.of(file)
    return [file, *divmod(stamp.mtime_ns, 10**9), stamp.size] if stamp is not None else [file, 0, 0, -1]


def _log_execution(req: _apache.mp_request, known: FileModule) -> None:
    req.log_error(f"MPY0307: module '{known.name}' {'re' * (known.executions > 1)}loaded", apache.APLOG_NOTICE)


def _stripped(path: str) -> str:
    if not path.isascii():
        # As file names are: names in Python are no Latin-1.
        path = path.encode("latin-1").decode("utf-8", "surrogateescape")
    return path.removeprefix("/").removesuffix("/")


def _stem(filename: str) -> str | None:
    """The file of the module that the URL names first, without the ``.py``; None if the configuration has
    to tell which extensions are left out."""
    if filename.endswith(".py"):
        return filename[:-3]
    if filename.endswith("/"):
        return filename + "index"
    return filename if filename.find(".", filename.rfind("/")) == -1 else None


def _without_extension(req: _apache.mp_request, filename: str) -> str:
    extensions = req.get_addhandler_exts().split()
    if req.extension:
        extensions.append(req.extension.removeprefix("."))
    pattern = "|".join(re.escape(extension) for extension in extensions)
    return re.sub(rf"\.(?:{pattern})\Z", "", filename) if pattern else filename


def _located(req: _apache.mp_request, stem: str) -> tuple[str, str]:
    """The file of the module, and the name to look for in it if it is index.py in place of another."""
    directory, _, name = stem.rpartition("/")
    if name.startswith("_"):
        # Private, be it a module or an object of index.py.
        raise refused(req, name, "its name begins with an underscore")
    # Hidden files, such as editors leave behind, are nobody's pages.
    if name and not name.startswith("."):
        if Path(f"{stem}.py").is_file():
            return os.path.normpath(f"{stem}.py"), ""
        if Path(f"{directory}/index.py").is_file():
            return os.path.normpath(f"{directory}/index.py"), name
    raise apache.SERVER_RETURN(apache.HTTP_NOT_FOUND)
