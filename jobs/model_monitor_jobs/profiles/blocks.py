"""Cutting batches of any size into blocks of a fixed number of rows, so that batch sizes show in no result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pyarrow as pa


@dataclass
class _Piece:
    """Rows of one batch."""

    rows: int
    columns: dict[str, pa.Array]


@dataclass
class _Buffer:
    """Rows that do not make a block yet."""

    rows: int = 0
    pieces: list[_Piece] = field(default_factory=list)
    types: dict[str, pa.DataType] = field(default_factory=dict)

    def differs(self, columns: dict[str, pa.Array]) -> bool:
        """Whether a column has another type here."""
        return any(self.types.get(name, values.type) != values.type for name, values in columns.items())

    def take(self, piece: _Piece) -> None:
        self.rows += piece.rows
        self.pieces.append(piece)
        for name, values in piece.columns.items():
            self.types.setdefault(name, values.type)

    def block(self) -> Iterator[tuple[str, pa.Array]]:
        """All rows, column by column; a column that some pieces lack is null there. Lets go of what it has told."""
        for name, kind in self.types.items():
            yield name, self._joined(name, kind)

    def _joined(self, name: str, kind: pa.DataType) -> pa.Array:
        parts = [
            piece.columns.pop(name) if name in piece.columns else pa.nulls(piece.rows, kind) for piece in self.pieces
        ]
        return parts[0] if len(parts) == 1 else pa.concat_arrays(parts)


def fixed_blocks(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[Iterator[tuple[str, pa.Array]]]:
    """Blocks of exactly `rows` rows, column by column with their names.

    A block has fewer rows at the end, and before a row whose columns change type. It must be gone through before the
    next one is asked for. Columns without any value, of Arrow's null type, are left out: they are missing in all rows.
    """
    buffer = _Buffer()
    for batch in batches:
        columns = {
            name: _plain(values)
            for name, values in zip(batch.schema.names, batch.columns, strict=True)
            if not pa.types.is_null(values.type)
        }
        if buffer.rows and buffer.differs(columns):
            yield buffer.block()
            buffer = _Buffer()
        start = 0
        while start < batch.num_rows:
            count = min(rows - buffer.rows, batch.num_rows - start)
            part = columns
            if count < batch.num_rows:
                part = {name: values.slice(start, count) for name, values in columns.items()}
            buffer.take(_Piece(count, part))
            start += count
            if buffer.rows == rows:
                yield buffer.block()
                buffer = _Buffer()
    if buffer.rows:
        yield buffer.block()


def _plain(values: pa.Array) -> pa.Array:
    """Without dictionaries, which may differ from batch to batch, and with all texts of one type."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_string_view(values.type):
        return values.cast(pa.large_string())
    return values
