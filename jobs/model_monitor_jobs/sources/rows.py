"""Gathers rows whose columns may differ into blocks of bounded size."""

from __future__ import annotations

from collections.abc import Iterator

from model_monitor_jobs.sources.blocks import Block, build_batch
from model_monitor_jobs.sources.records import MAXIMUM_CELLS, MAXIMUM_ROWS


class RowBlocks:
    """Rows by name, with the lines they came from; columns stand in the order of their first appearance."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._rows: list[dict[str, str | None]] = []
        self._lines: list[int] = []
        self._columns: dict[str, None] = {}

    def add(self, row: dict[str, str | None], line: int) -> Iterator[Block]:
        """Take a row; yields a block when it would become too large with it."""
        columns = self._columns
        added = 0 if row.keys() <= columns.keys() else len(row.keys() - columns.keys())
        rows = len(self._rows) + 1
        if rows > MAXIMUM_ROWS or (rows > 1 and rows * (len(columns) + added) > MAXIMUM_CELLS):
            yield from self.flush()
            added = len(row)
        if added:
            self._columns.update(dict.fromkeys(row))
        self._rows.append(row)
        self._lines.append(line)

    def flush(self) -> Iterator[Block]:
        """Yield what is left."""
        if self._rows:
            block = Block(build_batch(self._rows, list(self._columns)), self._lines.__getitem__)
            self._clear()
            yield block
