"""Which httpd, which module and which Python this run is about.

`tests/run` says so through environment variables; a developer who calls pytest
directly gets the system's httpd, the event MPM and the last release build.
"""

from __future__ import annotations

import functools
import grp
import os
import pwd
import shutil
import subprocess
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
APPS = CHECKOUT / "tests" / "apps"

MPM = os.environ.get("MPM", "event")
MODULE = Path(os.environ.get("MOD_PYTHON_SO", CHECKOUT / "target/release/libmod_python.so"))
# Whether the tests' requests are HTTP/2, without TLS and without asking first.
HTTP2 = os.environ.get("HTTP2") == "1"
# The Python that the module was built for; not necessarily the one that runs pytest.
PYTHON = os.environ.get("TEST_PYTHON", "/usr/bin/python3")


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@functools.cache
def _apxs(variable: str) -> str:
    apxs = os.environ.get("APXS") or shutil.which("apxs") or shutil.which("apxs2")
    if apxs is None:
        raise FileNotFoundError("apxs is not on PATH; name it with the environment variable APXS")
    return _output(apxs, "-q", variable)


@functools.cache
def httpd() -> Path:
    return Path(_apxs("SBINDIR")) / _apxs("PROGNAME")


@functools.cache
def modules_dir() -> Path:
    return Path(_apxs("LIBEXECDIR"))


@functools.cache
def static_modules() -> frozenset[str]:
    """Names of the modules linked into httpd, such as `mod_unixd`."""
    lines = _output(str(httpd()), "-l").splitlines()[1:]
    return frozenset(line.strip().removesuffix(".c") for line in lines)


@functools.cache
def python_version() -> tuple[int, int]:
    major, minor = _python("import sys; print(*sys.version_info[:2])").split()
    return int(major), int(minor)


@functools.cache
def python_prefix() -> Path:
    return Path(_python("import sys; print(sys.base_prefix)"))


@functools.cache
def python_site_packages() -> Path:
    return Path(_python("import sysconfig; print(sysconfig.get_path('purelib'))"))


def _python(code: str) -> str:
    return _output(PYTHON, "-I", "-c", code)


@functools.cache
def unprivileged() -> tuple[str, str] | None:
    """User and group for httpd's children, or None when we are not root ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("www-data", "apache", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return name, grp.getgrgid(user.pw_gid).gr_name
    raise LookupError("none of the users www-data, apache and nobody exists")
