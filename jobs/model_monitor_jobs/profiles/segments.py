"""Parts of the rows that are counted apart: those with one value in a column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from model_monitor_jobs.profiles.baseline_profile import CountsByColumn, SegmentKey
from model_monitor_jobs.profiles.counts import ColumnCounts
from model_monitor_jobs.profiles.grouped import Coded, Codes, Grouping, count_in_groups
from model_monitor_jobs.profiles.row_types import as_texts
from model_monitor_jobs.profiles.table import TableProfile, Tracking

MOST_SEGMENTS: Final = 20
"""Values of one column that are judged apart, the most frequent of the baseline."""

SegmentValues = Mapping[str, tuple[str, ...]]
"""For each column, the values whose rows are counted apart."""


def segment_values(table: TableProfile, columns: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The values of a profiled dataset that are worth a segment."""
    return {name: tuple(list(table.columns[name].frequencies.counts)[:MOST_SEGMENTS]) for name in columns}


def segment_codes(batch: pa.RecordBatch, column: str, values: tuple[str, ...]) -> Codes:
    """The place of each row's value among those of the segments, -1 for others."""
    index = batch.schema.get_field_index(column)
    if index < 0:
        return np.full(batch.num_rows, -1, dtype=np.int64)
    column_values = batch.column(index)
    if pa.types.is_dictionary(column_values.type):
        column_values = column_values.dictionary_decode()
    places = pc.index_in(as_texts(column_values), pa.array(list(values), pa.string()))
    return np.asarray(pc.fill_null(places, -1).to_numpy(zero_copy_only=False), dtype=np.int64)


def count_segments(
    batches: Iterable[pa.RecordBatch], segments: SegmentValues, tracking: Mapping[str, Tracking]
) -> CountsByColumn:
    """Counts of the rows of each segment, by column."""
    groupings = {column: Grouping(tracking) for column in segments}
    for batch in batches:
        coded = [Coded(segment_codes(batch, column, values), len(values)) for column, values in segments.items()]
        count_in_groups(batch, tracking, list(groupings.values()), coded)
    counted: dict[SegmentKey, dict[str, ColumnCounts]] = {}
    for column, values in segments.items():
        for name in tracking:
            counts = groupings[column].counts(name, len(values))
            for place, value in enumerate(values):
                counted.setdefault((column, value), {})[name] = counts.at(place)
    return counted
