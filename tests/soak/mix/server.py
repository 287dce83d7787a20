"""httpd with everything that the actors need."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness import files, session_store, site
from harness.config import Config
from harness.process import Process

from soak.mix import hosts
from soak.mix.actor import Actor, Scene
from soak.setting import free_port

# Each actor asks one thing at a time; some more, because a slow one keeps its thread for long.
_PREFORK = 14
_CHILDREN, _THREADS = 2, 14


@dataclass(frozen=True)
class Server:
    process: Process
    scene: Scene


@contextmanager
def running(actors: list[type[Actor]], seconds: float) -> Iterator[Server]:
    root = files.new_folder()
    try:
        server = _prepare(root, actors, seconds)
        server.process.start()
        try:
            yield server
        finally:
            server.process.stop()
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _prepare(root: Path, actors: list[type[Actor]], seconds: float) -> Server:
    scene = Scene(free_port(), free_port(), root / "htdocs", seconds)
    (root / "run").mkdir()
    for store in ("store", "spool"):
        session_store.own(root / store)
    files.copy_tree(site.CHECKOUT / "python", root / "python")
    # Its children cannot write there, and many interpreters import it.
    subprocess.run([site.PYTHON, "-I", "-m", "compileall", "-q", str(root / "python")], check=True)
    for actor in actors:
        files.copy_tree(site.APPS / "mix" / actor.folder(), scene.htdocs / actor.name)
    (root / "httpd.conf").write_text(_config(actors, scene).render(root, scene.port))
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": str(root / "python")}
    return Server(Process(root, environment), scene)


def _config(actors: list[type[Actor]], scene: Scene) -> Config:
    server = "\n".join([*(actor.server() for actor in actors), *hosts.options(scene.seconds)])
    folders = [f'<Directory "{{htdocs}}/{actor.name}">\n{actor.directory}\n</Directory>' for actor in actors]
    return Config(
        # On a machine that is busy with more than this, ends take their time.
        server="PythonShutdownTimeout 60\n" + server.replace("{second_port}", str(scene.second_port)),
        vhosts={host.name: host.lines for host in hosts.every()},
        late="\n".join(folders),
        children=_PREFORK if site.MPM == "prefork" else _CHILDREN,
        threads=1 if site.MPM == "prefork" else _THREADS,
        log_level="notice python:info",
    )
