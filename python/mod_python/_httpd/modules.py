"""Which modules httpd has: linked in, or as files to load."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from mod_python import version
from mod_python._built import FACTS

# In the order of preference.
MPMS = ("event", "worker", "prefork")


def linked_in(httpd: str) -> frozenset[str]:
    """Names such as `mod_unixd` or `event`; empty if httpd cannot be run."""
    try:
        outcome = subprocess.run([httpd, "-l"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    except OSError:
        return frozenset()
    return frozenset(line.strip().removesuffix(".c") for line in outcome.stdout.splitlines()[1:])


def loadable(names: tuple[str, ...]) -> list[str]:
    """The arguments of LoadModule for those of the named modules that are files, in their order.

    A name is without `mod_`; what is linked in or missing is left out, and so is `mpm_` with nothing after it.
    """
    present = linked_in(version.HTTPD)
    files = {name: Path(version.LIBEXECDIR) / f"mod_{name}.so" for name in names}
    return [f'{name}_module "{file}"' for name, file in files.items() if f"mod_{name}" not in present and file.exists()]


def mpm() -> str:
    """The name of the MPM that is linked in, or of the one to load, `event` rather than others; '' if there is none."""
    present = linked_in(version.HTTPD)
    candidates = [name for name in MPMS if name in present]
    candidates += [name for name in MPMS if (Path(version.LIBEXECDIR) / f"mod_mpm_{name}.so").exists()]
    return candidates[0] if candidates else ""


def python_module() -> Path:
    """mod_python.so: `$MOD_PYTHON_SO`, else that of the installation, or what a checkout has built."""
    named = os.environ.get("MOD_PYTHON_SO")
    if named:
        return Path(named).absolute()
    return Path(version.LIBEXECDIR) / "mod_python.so" if FACTS else Path(version.TEST_MOD_PYTHON_SO)
