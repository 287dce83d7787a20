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
from time import monotonic
from types import ModuleType

import _apache

from mod_python import _runtime, apache
from mod_python._importer import modules, reloading
from mod_python._importer.modules import FileModule, Site
from mod_python._publisher import nested
from mod_python._publisher.refusals import refused

_INTERVAL = 0.05
_BURST = 20

# Names behind index.py are the client's choice.
_ROUTES_AT_MOST = 4000


class Page:
    """A file that is published, and what is loaded of it."""

    __slots__ = ("file", "module")

    def __init__(self, file: str) -> None:
        self.file = file
        self.module: ModuleType | None = None
        """None until it is loaded, and after it failed to be: then each request tries again."""

    def load(self, req: _apache.mp_request) -> ModuleType:
        """The module, with all changes worked off if PythonAutoReload is on."""
        autoreload, debug, root, path = _apache._import_settings(req)
        site = Site(root, _runtime._import_path(path) if path is not None else ())
        known = modules.register(self.file, Path(self.file).stem, site, tracked=True)
        known.is_page = True
        executions = known.executions
        try:
            module = reloading.current(known, autoreload)
        except BaseException:
            self.module = None
            raise
        if known.executions != executions:
            nested.learn(self.file)
            if debug:
                _log_execution(req, known)
        self.module = module
        return module


def _log_execution(req: _apache.mp_request, known: FileModule) -> None:
    req.log_error(f"MPY0307: module '{known.name}' {'re' * (known.executions > 1)}loaded", apache.APLOG_NOTICE)


class Route:
    """Where the names of one URL lead: the page, and what precedes the rest of the path."""

    __slots__ = ("changes", "full_at", "page", "prefix")

    def __init__(self) -> None:
        self.page = Page("")
        self.prefix = ""
        self.changes = -1
        self.full_at = 0.0

    def is_due(self) -> bool:
        """Whether the files are to be looked at."""
        if self.changes != _apache._module_changes(0):
            return True
        now = monotonic()
        full_at = max(self.full_at, now)
        if full_at - now > (_BURST - 1) * _INTERVAL:
            return False
        self.full_at = full_at + _INTERVAL
        return True

    def look(self, req: _apache.mp_request, stem: str) -> ModuleType:
        # Read first: what changes meanwhile must show.
        changes = _apache._module_changes(0)
        self.page, self.prefix = _located(req, stem)
        module = self.page.load(req)
        self.changes = changes
        return module


_routes: dict[str, Route] = {}
_pages: dict[str, Page] = {}


def find(req: _apache.mp_request) -> tuple[str, ModuleType, str]:
    """For a request: the file, the module loaded from it, and the path of the object in it, with slashes.

    Raises SERVER_RETURN (404, or 403 for a private name), and what the module raises.
    """
    stem = _stem(req)
    route = _routes.get(stem)
    module = route.page.module if route is not None else None
    if route is None:
        route = Route()
        module = route.look(req, stem)
        if len(_routes) >= _ROUTES_AT_MOST:
            _routes.clear()
        _routes[stem] = route
    elif module is None or route.is_due():
        module = route.look(req, stem)
    return route.page.file, module, route.prefix + _path(req)


def page_of(req: _apache.mp_request) -> Page:
    """The page that ``req.filename`` names, loaded."""
    page = _page(req.filename or "")
    page.load(req)
    return page


def _path(req: _apache.mp_request) -> str:
    path = req.path_info
    if not path:
        return ""
    if not path.isascii():
        # As file names are: names in Python are no Latin-1.
        path = path.encode("latin-1").decode("utf-8", "surrogateescape")
    return path.removeprefix("/").removesuffix("/")


def _stem(req: _apache.mp_request) -> str:
    """The file of the module that the URL names first, without the ``.py``."""
    filename = req.filename or ""
    if filename.endswith(".py"):
        return filename[:-3]
    if filename.endswith("/"):
        return filename + "index"
    if filename.find(".", filename.rfind("/")) == -1:
        return filename
    return _without_extension(req, filename)


def _without_extension(req: _apache.mp_request, filename: str) -> str:
    extensions = req.get_addhandler_exts().split()
    if req.extension:
        extensions.append(req.extension.removeprefix("."))
    pattern = "|".join(re.escape(extension) for extension in extensions)
    return re.sub(rf"\.(?:{pattern})\Z", "", filename) if pattern else filename


def _located(req: _apache.mp_request, stem: str) -> tuple[Page, str]:
    directory, _, name = stem.rpartition("/")
    if name.startswith("_"):
        # Private, be it a module or an object of index.py.
        raise refused(req, name, "its name begins with an underscore")
    # Hidden files, such as editors leave behind, are nobody's pages.
    if name and not name.startswith("."):
        if Path(f"{stem}.py").is_file():
            return _page(f"{stem}.py"), ""
        if Path(f"{directory}/index.py").is_file():
            return _page(f"{directory}/index.py"), f"{name}/"
    raise apache.SERVER_RETURN(apache.HTTP_NOT_FOUND)


def _page(file: str) -> Page:
    # Of two threads that make it, one's is kept.
    file = os.path.normpath(file)
    return _pages.get(file) or _pages.setdefault(file, Page(file))
