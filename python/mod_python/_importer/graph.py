"""Who imported whom, as text for Graphviz."""

from __future__ import annotations

from collections.abc import Iterable

from mod_python._importer import modules
from mod_python._importer.modules import FileModule


def dot(known: Iterable[FileModule], verbose: bool) -> str:
    """A digraph with a node for each module and an edge from each importer to what it imported."""
    lines = ["digraph modules {"]
    for module in sorted(known, key=lambda module: module.file):
        label = module.name
        if verbose:
            label += f"\n{module.file}\nexecutions: {module.executions}"
        lines.append(f"    {_quoted(module.file)} [label={_quoted(label)}];")
        lines += [f"    {_quoted(module.file)} -> {_quoted(child)};" for child in sorted(module.children)]
    return "\n".join([*lines, "}", ""])


def modules_graph(verbose: object = False) -> str:
    """All modules of this interpreter that were imported from files, as DOT text.

    verbose: labels with file and number of executions.
    """
    return dot(modules.everything(), bool(verbose))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
