"""Asks apxs and httpd what mod_python.version tells; `python3 -m mod_python._facts SO TESTS` writes it down.

Nothing here runs inside httpd, unless a script asks for these names in a package that was not installed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = (
    "HTTPD",
    "HTTPD_VERSION",
    "APR_VERSION",
    "LIBEXECDIR",
    "SYSCONFDIR",
    "PYTHON_BIN",
    "TEST_MOD_PYTHON_SO",
    "TESTHOME",
)
_CHECKOUT = Path(__file__).resolve().parents[2]


def ask(module: Path | None = None, tests: Path | None = None) -> dict[str, str]:
    """The facts by name; '' for what cannot be found out.

    module, tests: where mod_python.so and the tests are; by default where a checkout has them.
    """
    httpd = _httpd()
    httpd_version, apr_version = versions(httpd)
    return {
        "HTTPD": httpd,
        "HTTPD_VERSION": httpd_version,
        "APR_VERSION": apr_version,
        "LIBEXECDIR": _apxs("LIBEXECDIR"),
        "SYSCONFDIR": _apxs("SYSCONFDIR"),
        "PYTHON_BIN": sys.executable,
        "TEST_MOD_PYTHON_SO": str(module or _built_module()),
        "TESTHOME": str(tests or _CHECKOUT / "tests"),
    }


def versions(httpd: str) -> tuple[str, str]:
    """What this httpd says of itself and of the APR that it loads; '' for what it does not say."""
    said = _output(httpd, "-V")
    return (
        _found(r"Server version: \S+/(\d+\.\d+\.\d+)", said),
        _found(r"Server loaded: +APR (\d+\.\d+\.\d+)", said),
    )


def source(facts: dict[str, str]) -> str:
    """The text of _built.py for an installation."""
    rows = "".join(f"    {name!r}: {value!r},\n" for name, value in facts.items())
    return f'"""What this package was installed for."""\n\nFACTS: dict[str, str] = {{\n{rows}}}\n'


def _built_module() -> Path:
    target = Path(os.environ.get("CARGO_TARGET_DIR") or _CHECKOUT / "target")
    return Path(os.environ.get("MOD_PYTHON_SO") or target / "release/libmod_python.so")


def _httpd() -> str:
    folder, name = _apxs("SBINDIR"), _apxs("PROGNAME")
    return f"{folder}/{name}" if folder and name else ""


def _apxs(variable: str) -> str:
    apxs = os.environ.get("APXS") or shutil.which("apxs") or shutil.which("apxs2") or ""
    return _output(apxs, "-q", variable).strip()


def _output(*command: str) -> str:
    """What a program prints; '' if it cannot be run."""
    if not command[0]:
        return ""
    try:
        outcome = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    except OSError:
        return ""
    return outcome.stdout


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    return match[1] if match else ""


if __name__ == "__main__":
    print(source(ask(Path(sys.argv[1]), Path(sys.argv[2]))), end="")
