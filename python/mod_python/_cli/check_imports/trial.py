"""A process of trials.py: imports modules in one kind of interpreter, and says what happened.

Arguments: the descriptor to write to, the kind, the module, and its extension modules. Writes a
line of JSON for each interpreter: a `Said` for each module.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import ModuleType
from typing import Any

# What tests need, no application loads.
_TESTS = ("test", "tests")

# A module, what its import raised, and whether that is a refusal of the interpreter.
Said = tuple[str, "str | None", bool]

_INSIDE = """
import sys
sys.path[:] = {path!r}
from mod_python._cli.check_imports import trial
trial.say({writer}, trial.try_all({modules!r}))
"""


def main() -> None:
    writer, kind, module, *extensions = sys.argv[1:]
    if kind == "main":
        say(int(writer), _in_plain_python(module))
    else:
        code = _INSIDE.format(path=sys.path, writer=writer, modules=[module, *extensions])
        # Many extensions serve whoever loads them first, and refuse the next.
        for _ in range(2):
            _in_new_interpreter(kind, code)
    # Interpreters are left as they are: CPython cannot take down all that extensions leave in them.
    os._exit(0)


def say(writer: int, said: list[Said]) -> None:
    os.write(writer, json.dumps(said).encode() + b"\n")


def try_all(modules: list[str], is_main: bool = False) -> list[Said]:
    return [_try(module, is_main) for module in modules]


def _try(module: str, is_main: bool) -> Said:
    try:
        importlib.import_module(module)
    except BaseException as error:
        # Here, where it cannot be what a module under trial would have imported first.
        from mod_python import _refusals

        refusal = _refusals.find(error)
        if refusal is not None and is_main and not refusal.is_certain:
            refusal = None
        message = refusal.message if refusal is not None else str(error)
        return module, " ".join(f"{type(error).__name__}: {message}".split())[:300], refusal is not None
    return module, None, False


def _in_plain_python(module: str) -> list[Said]:
    said = try_all([module], is_main=True)
    package = sys.modules.get(module)
    return said if package is None or said[0][1] else said + try_all(_extensions(package), is_main=True)


def _extensions(package: ModuleType) -> list[str]:
    """The extension modules inside a package, by their files."""
    found = set()
    for root in map(Path, getattr(package, "__path__", ())):
        for suffix in EXTENSION_SUFFIXES:
            for file in root.rglob(f"*{suffix}"):
                inner = file.relative_to(root)
                parts = [*inner.parts[:-1], inner.name.removesuffix(suffix)]
                if all(part.isidentifier() and part not in _TESTS for part in parts):
                    found.add(".".join([package.__name__, *parts]))
    return sorted(found)


def _in_new_interpreter(kind: str, code: str) -> None:
    # Private modules of CPython: there is no other way to ask it for a legacy interpreter.
    if sys.version_info >= (3, 13):
        interpreters: Any = importlib.import_module("_interpreters")
        number = interpreters.create("isolated" if kind == "own" else "legacy")
    else:
        interpreters = importlib.import_module("_xxsubinterpreters")
        number = interpreters.create(isolated=False)
    interpreters.run_string(number, code)


if __name__ == "__main__":
    main()
