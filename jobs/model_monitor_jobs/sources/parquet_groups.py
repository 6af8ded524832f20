"""Which row groups of a large Parquet file are read together."""

from __future__ import annotations

from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet


def parquet_groups(stream: BinaryIO, most: int) -> list[tuple[int, ...]]:
    """Consecutive row groups of about `most` compressed bytes; none when the file is not readable as Parquet."""
    try:
        metadata = pyarrow.parquet.ParquetFile(stream, pre_buffer=False).metadata
    except (pa.ArrowException, OSError, ValueError, MemoryError):
        return []
    found: list[list[int]] = []
    held = most
    for index in range(metadata.num_row_groups):
        if held >= most:
            found.append([])
            held = 0
        found[-1].append(index)
        row_group = metadata.row_group(index)
        held += sum(row_group.column(column).total_compressed_size for column in range(row_group.num_columns))
    return [tuple(groups) for groups in found]
