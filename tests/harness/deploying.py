"""Applications that nobody here wrote, set up as `docs/deploying` says.

`conf/deploying/NAME.conf` is what a user copies, and what a test starts httpd with: only its folder `/srv` and its
port 80 are the test's own. The packages come from the Python package index, as `tests/applications/NAME.txt` names
them, into a virtual environment that later runs find again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness import files, memcheck, site

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

_SAMPLES = site.CHECKOUT / "conf/deploying"
_PICTURES = site.CHECKOUT / "docs/deploying/pictures"
REQUIREMENTS = site.CHECKOUT / "tests/applications"
# Readable for httpd's unprivileged user, and kept, because an installation takes a minute.
_ENVIRONMENTS = Path("/var/tmp/mod_python-applications")

# What a fresh httpd of Debian's loads besides, and says: applications meet its modules and its refusals.
DEBIANS_MODULES = (
    *("alias", "auth_basic", "authn_core", "authz_host", "authz_user", "autoindex", "deflate", "dir", "env", "filter"),
    *("mime", "negotiation", "reqtimeout", "setenvif"),
)
DEBIANS_LINES = """
    <Directory />
        Require all denied
    </Directory>
    <Directory "{htdocs}">
        Require all granted
    </Directory>
    AddType text/css .css
    AddType text/html .html
    AddType text/javascript .js
    AddType image/png .png
    AddType image/svg+xml .svg
    AddOutputFilterByType DEFLATE text/html text/plain text/css text/javascript
    """

# The cells that applications are tried in: each MPM of most sites, the oldest Python and the newest.
CELLS = [
    pytest.mark.applications,
    pytest.mark.skipif(
        site.MPM not in ("event", "prefork") or site.python_version() not in ((3, 11), (3, 13)),
        reason="applications run under event and prefork, with Python 3.11 and 3.13",
    ),
    pytest.mark.skipif(site.HTTP2 or memcheck.ENABLED, reason="applications see the same"),
]


def environment(name: str) -> Path:
    """A virtual environment of the Python under test with what `tests/applications/NAME.txt` requires."""
    requirements = REQUIREMENTS / f"{name}.txt"
    key = hashlib.sha256(requirements.read_bytes() + str(site.python_prefix()).encode()).hexdigest()[:12]
    major, minor = site.python_version()
    folder = _ENVIRONMENTS / f"{name}-{major}.{minor}-{key}"
    _ENVIRONMENTS.mkdir(mode=0o755, exist_ok=True)
    # /var/tmp is everybody's: what lies there under this name must be ours.
    assert _ENVIRONMENTS.stat().st_uid == os.geteuid(), f"{_ENVIRONMENTS} belongs to somebody else"
    with (_ENVIRONMENTS / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run([site.PYTHON, "-m", "venv", str(folder)], check=True)
            pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, "-r", str(requirements)], check=True)
            (folder / "complete").touch()
    return folder


def configuration(name: str, root: Path) -> str:
    """`conf/deploying/NAME.conf` for a server whose folder is `root`: what it has in `/srv` is in `root/srv`.

    Its virtual hosts listen where the test's server does, and the library of each environment is that of the Python
    under test.
    """
    major, minor = site.python_version()
    text = (_SAMPLES / f"{name}.conf").read_text()
    text = text.replace("/srv/", f"{root}/srv/").replace("<VirtualHost *:80>", "<VirtualHost 127.0.0.1:{port}>")
    text = text.replace("<VirtualHost *:443>", "<VirtualHost 127.0.0.1:{tls_port}>")
    return text.replace("/lib/python3.11/", f"/lib/python{major}.{minor}/")


def place(source: Path, target: Path) -> None:
    """Copy a folder of the application's own files to where its configuration names them, as httpd's user's own."""
    files.copy_tree(source, target)
    give_to_httpd(target)


def give_to_httpd(folder: Path) -> None:
    """Let httpd's children write in a folder, as an administrator does for what an application keeps."""
    account = site.unprivileged()
    if account is not None:
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, *account)


def picture(browser: Chrome, name: str) -> None:
    """Take a screenshot of the page that is open; with `PICTURES=1` it becomes `docs/deploying/pictures/NAME.png`."""
    png = browser.get_screenshot_as_png()
    assert png.startswith(b"\x89PNG"), "no picture"
    if os.environ.get("PICTURES") == "1":
        _PICTURES.mkdir(parents=True, exist_ok=True)
        (_PICTURES / f"{name}.png").write_bytes(png)
