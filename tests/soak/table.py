"""Figures in columns."""

from __future__ import annotations

from collections.abc import Sequence


def show(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    cells = [list(heads)] + [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    for row in cells:
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))
