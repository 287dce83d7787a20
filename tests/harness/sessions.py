"""Servers with sessions, for the tests of `mod_python.Session`."""

from __future__ import annotations

from collections.abc import Iterable
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any

from harness.serve import Serve
from harness.server import Server
from harness.session_store import EVERY as EVERY
from harness.session_store import SHARED as SHARED
from harness.session_store import cookie as cookie
from harness.session_store import give as give
from harness.session_store import own as own


def start(serve: Serve, kind: str | None = "FileSession", options: str = "", **config: Any) -> Server:
    """Serve `apps/session` with sessions of that class below `store(server)`; options are further `PythonOption`s."""
    server = prepare(serve, kind, options, **config)
    server.start()
    # A cookie is sent where a test says so, and not because an earlier answer had one.
    server.http.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return server


def variants(serve: Serve, kind: str | None, options: Iterable[str]) -> Server:
    """One server, on which `/0/`, `/1/` and so on have these options, one each."""
    sections = (f'<Location "/{n}/">\nPythonOption {option}\n</Location>' for n, option in enumerate(options))
    return start(serve, kind, late="\n".join(sections))


def prepare(serve: Serve, kind: str | None = "FileSession", options: str = "", **config: Any) -> Server:
    lines = ["SetHandler mod_python", "PythonHandler sessions"]
    if kind is not None:
        lines.append(f"PythonOption mod_python.session.session_type {kind}")
    lines += [f"PythonOption {line.strip()}" for line in options.splitlines() if line.strip()]
    lines.append(f'PythonOption mod_python.session.database_directory "{{root}}/{_STORE}"')
    lines.append(config.pop("directory", ""))
    server = serve.prepare("session", directory="\n".join(lines), **config)
    own(store(server))
    return server


_STORE = "store"


def store(server: Server) -> Path:
    """Where sessions are stored: a directory of httpd's user."""
    return server.root / _STORE


def saved(server: Server, text: str = "text") -> str:
    """The id of a new session that has `text` in it."""
    response = server.get(f"/save?{text}")
    assert response.status_code == 200, response.text
    sid: str = response.json()["sid"]
    return sid


def facts(server: Server, sid: str, path: str = "/facts") -> Any:
    """What `/facts` says to a client with that id."""
    return server.json(path, headers=cookie(sid))


def run(server: Server, source: str, sid: str | None = None) -> Any:
    """What the code leaves in `result`, run in a request with that id."""
    response = server.post("/source", source.encode(), headers=cookie(sid) if sid else {})
    assert response.status_code == 200, (response.status_code, response.text)
    return response.json() if response.text else None
