"""The configuration of start-server's private httpd."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from mod_python import httpdconf as conf
from mod_python._cli.application import Application
from mod_python._httpd import account, modules
from mod_python._httpdconf.elements import Element

_MODULES = ("unixd", "authz_core", "log_config", "mime", "dir")
# What a browser has no business with, where files are sent as they are.
_NOT_FOR_CLIENTS = r'"(^\.|\.(py|pyc|pyo|psc)$)"'


@dataclass(frozen=True)
class Settings:
    """host, port: where to listen. threads: requests at once. The others: whether the option was given."""

    host: str
    port: int
    threads: int
    reload: bool
    debug: bool
    access_log: bool

    @property
    def address(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def configuration(app: Application, settings: Settings, root: Path) -> conf.Container:
    """Everything that httpd needs, with its own files below `root`; what it logs goes to its stderr."""
    return conf.Container(
        _path("ServerRoot", root),
        *_loaded(),
        _path("DefaultRuntimeDir", root),
        _path("PidFile", root / "httpd.pid"),
        *_account(),
        *_sizes(settings.threads),
        conf.Listen(settings.address),
        # httpd takes no IPv6 address here; what clients are told is the host that they asked.
        conf.ServerName(f"localhost:{settings.port}"),
        *_logs(settings.access_log),
        conf.Directive("TypesConfig", _mime_types()),
        *_python(settings),
        *_SERVED[app.kind](app, root),
    )


# --- httpd ---


def _loaded() -> list[Element]:
    lines = modules.loadable((f"mpm_{modules.mpm()}", *_MODULES))
    lines.append(f"python_module {conf.quote_if_space(str(modules.python_module()))}")
    return [conf.Directive("LoadModule", line) for line in lines]


def _account() -> list[Element]:
    user = account.unprivileged()
    return [] if user is None else [conf.Directive("User", user.name), conf.Directive("Group", user.group)]


def _sizes(threads: int) -> list[Element]:
    """One process where the MPM has threads, so that what modules keep in memory is there for every request."""
    if modules.mpm() == "prefork":
        return [conf.Directive("ServerLimit", threads), conf.Directive("MaxRequestWorkers", threads)]
    return [
        conf.Directive("ServerLimit", 1),
        conf.Directive("StartServers", 1),
        conf.Directive("ThreadLimit", threads),
        conf.Directive("ThreadsPerChild", threads),
        conf.Directive("MaxRequestWorkers", threads),
        conf.Directive("MinSpareThreads", 1),
        conf.Directive("MaxSpareThreads", threads),
    ]


def _logs(access_log: bool) -> list[Element]:
    lines: list[Element] = [
        conf.Directive("ErrorLog", "/dev/stderr"),
        conf.Directive("ErrorLogFormat", '"[%{cu}t] [%-m:%l] %M"', flipslash=0),
        conf.Directive("LogLevel", "warn"),
    ]
    if access_log:
        lines.append(conf.Directive("CustomLog", r'/dev/stderr "%h %t \"%r\" %>s %b"', flipslash=0))
    return lines


def _mime_types() -> str:
    candidates = ("/etc/mime.types", "/etc/httpd/conf/mime.types", "/etc/apache2/mime.types")
    return next((file for file in candidates if Path(file).exists()), "/dev/null")


def _path(name: str, path: Path) -> conf.Directive:
    return conf.Directive(name, conf.quote_if_space(str(path)), flipslash=0)


# --- mod_python ---


def _python(settings: Settings) -> list[Element]:
    lines: list[Element] = [
        conf.Directive("PythonAutoReload", "On" if settings.reload else "Off"),
        conf.Directive("PythonDebug", "On" if settings.debug else "Off"),
    ]
    # The virtual environment that this command is run from is the application's.
    if sys.prefix != sys.base_prefix:
        lines.append(_path("PythonHome", Path(sys.prefix)))
    return lines


def _handler(app: Application, root: Path) -> list[Element]:
    return _everywhere(app, root, conf.Directive("PythonHandler", app.name))


def _wsgi(app: Application, root: Path) -> list[Element]:
    return _everywhere(
        app,
        root,
        conf.Directive("PythonHandler", "mod_python.wsgi"),
        conf.Directive("PythonOption", f"mod_python.wsgi.application {app.name}"),
    )


def _everywhere(app: Application, root: Path, *lines: Element) -> list[Element]:
    """For every URL. No file is behind any: one that a handler leaves to httpd is not found."""
    folder = str(app.folder)
    empty = root / "empty"
    empty.mkdir(exist_ok=True)
    return [
        _path("DocumentRoot", empty),
        conf.ContainerTag(
            "Location",
            '"/"',
            [
                conf.Directive("SetHandler", "mod_python"),
                *lines,
                # For packages, and for modules, which are looked at for changes.
                conf.PythonPath(conf.quote_if_space(f"[{folder!r}] + sys.path")),
                conf.Directive(
                    "PythonOption", f"mod_python.importer.path {conf.quote_if_space(f'[{folder!r}]')}", flipslash=0
                ),
            ],
        ),
    ]


def _publisher(app: Application, _root: Path) -> list[Element]:
    return _documents(
        app,
        conf.Directive("SetHandler", "mod_python"),
        conf.Directive("PythonHandler", "mod_python.publisher"),
    )


def _psp(app: Application, _root: Path) -> list[Element]:
    return _documents(
        app,
        conf.Directive("AddHandler", "mod_python .psp"),
        conf.Directive("PythonHandler", "mod_python.psp"),
        conf.Directive("DirectoryIndex", "index.psp index.html"),
        conf.ContainerTag("FilesMatch", _NOT_FOR_CLIENTS, [conf.Directive("Require", "all denied")], flipslash=0),
    )


def _documents(app: Application, *lines: Element) -> list[Element]:
    return [
        _path("DocumentRoot", app.folder),
        conf.ContainerTag("Directory", conf.quote_if_space(str(app.folder)), lines, flipslash=0),
    ]


_SERVED = {"handler": _handler, "publisher": _publisher, "psp": _psp, "wsgi": _wsgi}
