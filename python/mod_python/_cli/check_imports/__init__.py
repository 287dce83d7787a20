"""Tries which modules load in which kind of interpreter, with the Python that runs this command.

Each is imported in processes of its own: in plain Python, in two legacy interpreters, and in
two with a lock of their own. A package is tried with the extension modules inside it.

Exit status: 0; with --kind, 1 if something does not load in that kind.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mod_python._cli.check_imports import requirements, trials
from mod_python._cli.check_imports.trials import Cell
from mod_python._cli.errors import UsageError

NAME = "check-imports"
SUMMARY = "try which modules load in which kind of interpreter"

_HEADINGS = {"main": "main", "legacy": "legacy", "own": "own lock"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("modules", metavar="MODULE", nargs="*", help="a module, such as numpy or lxml.etree")
    parser.add_argument("-r", dest="requirements", metavar="FILE", type=Path, help="try what a requirements file names")
    parser.add_argument("--kind", choices=tuple(_HEADINGS), help="try this kind only, and judge by it")


def run(options: argparse.Namespace) -> int:
    wanted: list[tuple[str, str]] = [(name, name) for name in options.modules]
    missing: list[str] = []
    if options.requirements is not None:
        found, missing = requirements.modules(options.requirements)
        wanted += found
    if not wanted and not missing:
        raise UsageError("name a module, or a requirements file with -r")
    kinds = (options.kind,) if options.kind else tuple(_HEADINGS)
    table = [["module", *(_HEADINGS[kind] for kind in kinds)]]
    notes: list[str] = []
    are_good = not missing
    for shown, module in wanted:
        cells = trials.of(module, kinds)
        table.append([shown, *(cell.verdict for cell in cells)])
        notes += _notes(shown, kinds, cells)
        are_good = are_good and all(cell.verdict == trials.YES for cell in cells)
    table += [[name, *("not installed" for _ in kinds)] for name in missing]
    print(f"Python {sys.version.split()[0]}, {sys.executable}\n")
    print(_aligned(table))
    if notes:
        print("\n" + "\n".join(notes))
    return 0 if are_good or options.kind is None else 1


def _notes(shown: str, kinds: tuple[str, ...], cells: list[Cell]) -> list[str]:
    """What was said, once where several kinds say the same."""
    said: dict[str, list[str]] = {}
    for kind, cell in zip(kinds, cells, strict=True):
        if cell.reason:
            said.setdefault(cell.reason, []).append(_HEADINGS[kind])
    return [f"{shown}, {' and '.join(where)}: {reason}" for reason, where in said.items()]


def _aligned(table: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    rows = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table)
    return "\n".join(row.rstrip() for row in rows)
