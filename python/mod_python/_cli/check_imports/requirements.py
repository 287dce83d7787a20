"""Which modules a requirements file stands for."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

from mod_python._cli.errors import UsageError

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_INCLUDED = re.compile(r"(?:-r|--requirement)[\s=]*(\S+)")


def modules(file: Path) -> tuple[list[tuple[str, str]], list[str]]:
    """What to show and what to import, in the order of the file; and what is not installed."""
    of_distribution = _modules_of_distributions()
    wanted: list[tuple[str, str]] = []
    missing: list[str] = []
    for name in dict.fromkeys(_names(file, ())):
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            missing.append(name)
            continue
        found = sorted(of_distribution.get(_normal(name), ()))
        # What begins with an underscore belongs to the others.
        public = [module for module in found if not module.startswith("_")] or found
        wanted += [(f"{module} ({name} {version})", module) for module in public]
    return wanted, missing


def _names(file: Path, including: tuple[Path, ...]) -> list[str]:
    """Names of distributions. Of versions, extras and markers nothing is wanted: what is installed is tried."""
    if file.resolve() in including:
        return []
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None
    names: list[str] = []
    for line in text.replace("\\\n", " ").splitlines():
        line = re.sub(r"(?:^|\s)#.*", "", line).strip()
        if included := _INCLUDED.match(line):
            names += _names(file.parent / included[1], (*including, file.resolve()))
        elif (name := _NAME.match(line)) and "://" not in line.split("@")[0] and "/" not in line.split("@")[0]:
            names.append(name[0])
    return names


def _modules_of_distributions() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for module, distributions in metadata.packages_distributions().items():
        # Folders such as numpy.libs hold no modules.
        if module.isidentifier():
            for distribution in distributions:
                found.setdefault(_normal(distribution), set()).add(module)
    return found


def _normal(name: str) -> str:
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()
