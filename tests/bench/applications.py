"""WSGI applications: one that does nothing, one of Flask and one of Django, under each way to serve them.

All of them run the same Python, Debian's, with the same packages.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import peers, server
from .backend import SOCKET
from .rows import WSGI, Backend, Module, Row, c_row
from .server import Mpm
from .throughput import Result
from .toolchain import CHECKOUT, BenchError, target_dir

# What Debian's mod_wsgi is built for.
PYTHON = "/usr/bin/python3"
REQUIREMENTS = CHECKOUT / "tests" / "applications" / "bench.txt"

MPMS: tuple[Mpm, ...] = ("prefork", "event")
# In front of other processes httpd has nothing to gain from prefork.
PROXY_MPM: Mpm = "event"

FLASK = """\
from flask import Flask

application = Flask(__name__)


@application.get("/hello")
def hello():
    return "Hello, World!", {"Content-Type": "text/plain"}
"""

# The middleware of a new project, without sessions, authentication and messages: they need a database.
DJANGO = """\
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

settings.configure(
    SECRET_KEY="of no use to anybody",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
)


def hello(request):
    return HttpResponse("Hello, World!", content_type="text/plain")


urlpatterns = [path("hello", hello)]
application = get_wsgi_application()
"""


@dataclass(frozen=True)
class Application:
    name: str
    title: str
    source: str
    # What ours has to reach: requests per CPU second, as a multiple of mod_wsgi's.
    goal: float

    @property
    def module(self) -> str:
        return f"bench_{self.name}"


APPLICATIONS = (
    Application("bare", "no framework", WSGI, 2.0),
    Application("flask", "Flask", FLASK, 1.1),
    Application("django", "Django", DJANGO, 1.0),
)


@dataclass(frozen=True)
class Installed:
    """Where httpd's user can read them: the applications, and what they import."""

    scripts: Path
    packages: Path


def install(folder: Path) -> Installed:
    folder.chmod(0o755)
    installed = Installed(folder / "scripts", folder / "packages")
    shutil.copytree(_environment(), installed.packages)
    installed.scripts.mkdir()
    for application in APPLICATIONS:
        (installed.scripts / f"{application.module}.py").write_text(application.source)
    return installed


def _environment() -> Path:
    """The packages of a virtual environment in target/, which later runs find again."""
    key = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    folder = target_dir() / "bench" / f"applications-{key}"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        for command in ([PYTHON, "-m", "venv", str(folder)], [*pip, "-r", str(REQUIREMENTS)]):
            if subprocess.run(command).returncode != 0:
                raise BenchError("The applications could not be installed; what went wrong is above.")
        (folder / "complete").touch()
    return next((folder / "lib").glob("python3*/site-packages"))


def versions() -> list[str]:
    """As servers name themselves."""
    return [line.replace("==", "/") for line in REQUIREMENTS.read_text().splitlines() if "==" in line]


def rows(ours: Module, installed: Installed, mpm: Mpm) -> list[Row]:
    peer = peers.mod_wsgi()
    if peer is None:
        raise BenchError("Debian's mod_wsgi is not here yet: --peers fetches it.")
    mod_wsgi = Module("wsgi_module", peer.module)
    # What httpd, its client and the system cost without any Python.
    found = [c_row(floor=_key("mod_wsgi", APPLICATIONS[0]))]
    for application in APPLICATIONS:
        found += [_ours(ours, installed, application), _mod_wsgi(mod_wsgi, installed, application)]
        if mpm == PROXY_MPM:
            found.append(_gunicorn(installed, application))
    return found


def application_of(row: Row) -> Application | None:
    """None for the row without an application."""
    return next((application for application in APPLICATIONS if row.key.endswith(f"-{application.name}")), None)


def is_ours(result: Result) -> bool:
    return result.row.key.startswith("ours-")


def _key(server: str, application: Application) -> str:
    return f"{server}-{application.name}"


def _ours(module: Module, installed: Installed, application: Application) -> Row:
    directives = f"""\
PythonInterpreterOptions * path={installed.packages}
<Location "/">
SetHandler mod_python
PythonHandler mod_python.wsgi
PythonPath "['{installed.scripts}'] + sys.path"
PythonOption mod_python.wsgi.application {application.module}
</Location>"""
    return _row("ours", "this module", application, module, directives)


def _mod_wsgi(module: Module, installed: Installed, application: Application) -> Row:
    directives = f"""\
WSGIPythonPath {installed.packages}
WSGIScriptAlias / {installed.scripts}/{application.module}.py
<Directory "{installed.scripts}">
Require all granted
</Directory>"""
    return _row("mod_wsgi", "mod_wsgi, embedded", application, module, directives)


def _gunicorn(installed: Installed, application: Application) -> Row:
    """As many workers of the default kind as its manual recommends, on a socket as it does."""
    workers = 2 * (os.cpu_count() or 1) + 1
    command = [PYTHON, "-m", "gunicorn", "--workers", str(workers), "--bind", f"unix:{{root}}/{SOCKET}"]
    # The other socket would be in the home folder of who measures.
    command += ["--chdir", str(installed.scripts), *_gunicorn_user(), "--no-control-socket", application.module]
    return _row(
        "gunicorn",
        "gunicorn behind mod_proxy_http",
        application,
        None,
        f'ProxyPass "/" "unix:{{root}}/{SOCKET}|http://bench.localhost/"',
        modules=("proxy", "proxy_http"),
        backend=Backend(tuple(command), installed.packages),
    )


def _gunicorn_user() -> Sequence[str]:
    account = server.account()
    return [] if account is None else ["--user", account[0], "--group", str(account[1])]


def _row(
    server: str,
    title: str,
    application: Application,
    module: Module | None,
    directives: str,
    modules: tuple[str, ...] = (),
    backend: Backend | None = None,
) -> Row:
    return Row(
        _key(server, application),
        title,
        module,
        directives="",
        files={},
        server=directives,
        floor=None if server == "mod_wsgi" else _key("mod_wsgi", application),
        throughput=True,
        modules=modules,
        backend=backend,
    )
