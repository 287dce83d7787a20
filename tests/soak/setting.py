"""The server under load: ours with a hello handler, or a C module that says the same."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from harness import files, malformed, session_store, site
from harness.config import Config
from harness.process import Process

BODY = b"Hello, World!"
_C_SOURCE = site.CHECKOUT / "tests" / "bench" / "c_module" / "mod_bench.c"


@dataclass
class Server:
    process: Process
    port: int

    @property
    def root(self) -> Path:
        return self.process.root


@contextmanager
def running(module: str, children: int, threads: int) -> Iterator[Server]:
    """`module`: `python` or `c`; `own` or `pool`, for ours with such interpreters; ours with other handlers:
    `streams`, `uploads`; with interpreters that are replaced: one of `RECYCLES`; `Strict` or `Unsafe`, for
    malformed requests; the name of a class of sessions.
    """
    root = files.new_folder()
    try:
        server = _prepare(root, module, children, threads)
        server.process.start()
        try:
            yield server
        finally:
            server.process.stop()
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _prepare(root: Path, module: str, children: int, threads: int) -> Server:
    (root / "run").mkdir()
    config = _CONFIGS[module](root)
    # A restart must never wait for a free slot: old children may still be finishing.
    sized = Config(**config, children=children, threads=threads, log_level="notice")
    port = free_port()
    (root / "httpd.conf").write_text(sized.render(root, port))
    environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONPATH": str(root / "python")}
    return Server(Process(root, environment), port)


def _python_config(options: str, root: Path) -> dict[str, Any]:
    files.copy_tree(site.CHECKOUT / "python", root / "python")
    files.copy_tree(site.APPS / "hello", root / "htdocs")
    files.copy_tree(site.APPS / "tls_keys", root / "htdocs")
    return {
        "directory": "SetHandler mod_python\nPythonHandler hello",
        "server": f"PythonInterpreterOptions * {options}" if options else "",
        # A <Location> puts no directory on sys.path, and needs no file. ctypes works there in every kind of run.
        "late": f"""
            <Location "/keys">
                SetHandler mod_python
                PythonHandler keys
                PythonInterpreter main_interpreter
                PythonPath "['{root}/htdocs'] + sys.path"
            </Location>
        """,
    }


RECYCLES = {"recycles": "", "recycles-own-gil": " gil=own"}


def recycling(kind: str) -> str:
    """Lines for the server: its interpreter is replaced again and again, and its child tells of it."""
    return f"""
        PythonInterpreterOptions main.test max-requests=5{RECYCLES[kind]}
        <Location "/python-status">
            SetHandler python-status
        </Location>
    """


def _recycles_config(kind: str, root: Path) -> dict[str, Any]:
    return _python_config("", root) | {"server": recycling(kind)}


def _streams_config(root: Path) -> dict[str, Any]:
    files.copy_tree(site.CHECKOUT / "python", root / "python")
    files.copy_tree(site.APPS / "streams", root / "htdocs")
    with (root / "htdocs" / "large").open("wb") as large:
        large.truncate(1 << 34)
    # httpd's own default is 1 GiB.
    return {"directory": "SetHandler mod_python\nPythonHandler streams\nLimitRequestBody 0\nEnableSendfile On"}


def _uploads_config(root: Path) -> dict[str, Any]:
    files.copy_tree(site.CHECKOUT / "python", root / "python")
    files.copy_tree(site.APPS / "forms", root / "htdocs")
    (root / "spool").mkdir()
    (root / "spool").chmod(0o777)
    lines = ["SetHandler mod_python", "PythonHandler forms", "PythonOption mod_python.util.max_text 1M"]
    lines.append(f"PythonOption mod_python.util.upload_directory {root}/spool")
    # httpd's own default is 1 GiB.
    return {"directory": "\n".join([*lines, "LimitRequestBody 0"])}


def _malformed_config(protocol: str, root: Path) -> dict[str, Any]:
    files.copy_tree(site.CHECKOUT / "python", root / "python")
    files.copy_tree(site.APPS / malformed.APP, root / "htdocs")
    return malformed.config(protocol)


def _sessions_config(kind: str, root: Path) -> dict[str, Any]:
    files.copy_tree(site.CHECKOUT / "python", root / "python")
    files.copy_tree(site.APPS / "session", root / "htdocs")
    session_store.own(root / "store")
    return {
        "directory": f"""
            SetHandler mod_python
            PythonHandler sessions
            PythonOption mod_python.session.session_type {kind}
            PythonOption mod_python.session.database_directory "{{root}}/store"
        """,
        "server": "MaxKeepAliveRequests 0\nKeepAliveTimeout 60",
    }


def _cache_sessions_config(root: Path) -> dict[str, Any]:
    config = _sessions_config("CacheSession", root)
    return config | {"server": f"{config['server']}\nPythonSessionCache shmcb", "modules": ("socache_shmcb",)}


def _c_config(root: Path) -> dict[str, Any]:
    (root / "htdocs").mkdir()
    source = shutil.copy(_C_SOURCE, root)
    apxs = os.environ.get("APXS", "apxs")
    subprocess.run([apxs, "-c", source], cwd=root, check=True, capture_output=True)
    library = root / ".libs" / "mod_bench.so"
    return {
        "load_python": False,
        "server": f'LoadModule bench_module "{library}"',
        "directory": "SetHandler bench-hello",
    }


_CONFIGS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "python": partial(_python_config, ""),
    "own": partial(_python_config, "gil=own"),
    "pool": partial(_python_config, "pool=2"),
    "c": _c_config,
    **{kind: partial(_recycles_config, kind) for kind in RECYCLES},
    "streams": _streams_config,
    "uploads": _uploads_config,
    "Strict": partial(_malformed_config, "Strict"),
    "Unsafe": partial(_malformed_config, "Unsafe"),
    **{kind: partial(_sessions_config, kind) for kind in session_store.EVERY},
    "CacheSession": _cache_sessions_config,
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
