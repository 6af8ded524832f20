"""The baseline as the checks need it: statistics.json, constraints.json and, where there is one, profile.parquet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from model_monitor_jobs.profiles.baseline_profile import BaselineProfile, BaselineWindows, SegmentKey
from model_monitor_jobs.profiles.cells import count_sketch, cut_points
from model_monitor_jobs.profiles.column import NUMERIC
from model_monitor_jobs.profiles.counts import ColumnCounts
from model_monitor_jobs.profiles.sketch import QuantileSketch
from model_monitor_jobs.profiles.table import Tracking
from model_monitor_jobs.sagemaker.constraints import Constraints, FeatureConstraints, MonitoringConfig
from model_monitor_jobs.sagemaker.statistics import FeatureStatistics, Statistics


@dataclass(frozen=True)
class ReferenceColumn:
    """One column of the baseline; statistics that the files lack are None."""

    constraints: FeatureConstraints
    config: MonitoringConfig
    present: int
    missing: int
    sketch: QuantileSketch | None = None
    span: tuple[float, float] | None = None
    """Minimum and maximum of numbers."""
    categories: Mapping[str, int] | None = None
    tracking: Tracking = field(default_factory=Tracking)
    """The cut points and values that this column is counted on."""
    counts: ColumnCounts = field(default_factory=ColumnCounts)
    """All rows of the baseline, counted on them."""
    sketch_error: float = 0.0
    """Error of the shares in `counts.cells`, where they come from a sketch."""

    @property
    def name(self) -> str:
        """Name of the column."""
        return self.constraints.name

    @property
    def numeric(self) -> bool:
        """Whether the column holds numbers."""
        return self.constraints.inferred_type in NUMERIC

    @property
    def evaluated(self) -> bool:
        """Whether constraints are evaluated for this column."""
        return self.config.evaluate_constraints != "Disabled"

    @property
    def compared(self) -> bool:
        """Whether its distribution is compared: that is one of its constraints."""
        return self.evaluated and self.config.distribution_constraints.perform_comparison != "Disabled"

    @property
    def domain(self) -> frozenset[str] | None:
        """The known values, where they are listed."""
        return self.constraints.domain


@dataclass(frozen=True)
class Reference:
    """The whole baseline: its judged columns in order, and the names that may be in the data without being judged."""

    rows: int
    columns: tuple[ReferenceColumn, ...]
    unjudged: frozenset[str] = field(default=frozenset())
    segments: Mapping[SegmentKey, Mapping[str, ColumnCounts]] = field(default_factory=dict)
    """Counts of the parts of its rows that are judged apart, by column."""
    windows: BaselineWindows | None = None
    """Its windows of the length that is judged."""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    @classmethod
    def of(
        cls,
        statistics: Statistics,
        constraints: Constraints,
        excluded: frozenset[str] = frozenset(),
        profile: BaselineProfile | None = None,
    ) -> Reference:
        """Join the files by column name; constraints decide which columns are judged."""
        known = {feature.name: feature for feature in statistics.features}
        columns = tuple(
            _column(feature, constraints.config(feature), known.get(feature.name), profile)
            for feature in constraints.features
            if feature.name not in excluded
        )
        judged = {column.name for column in columns}
        unjudged = frozenset(known) - judged | excluded
        if profile is None:
            return cls(statistics.dataset.item_count, columns, unjudged)
        values = {column.name: column.tracking.values for column in columns}
        segments = {
            key: {name: _padded(counts, values[name]) for name, counts in parts.items() if name in judged}
            for key, parts in profile.whole.items()
            if key
        }
        windows = _judged_windows(profile.windows[0], values) if profile.windows else None
        return cls(
            statistics.dataset.item_count,
            columns,
            unjudged | frozenset(profile.order) - judged,
            segments,
            windows,
            profile.zone,
        )

    def tracking(self) -> dict[str, Tracking]:
        """What a window's profile must count to be compared with this baseline."""
        return {column.name: column.tracking for column in self.columns}


def _column(
    constraints: FeatureConstraints,
    config: MonitoringConfig,
    statistics: FeatureStatistics | None,
    profile: BaselineProfile | None,
) -> ReferenceColumn:
    if statistics is None:
        values = tuple(sorted(constraints.domain or ()))
        return ReferenceColumn(constraints, config, 0, 0, tracking=Tracking(values=values))
    common, sketch, categories = statistics.common, statistics.sketch, statistics.categories
    column = ReferenceColumn(
        constraints,
        config,
        common.num_present,
        common.num_missing,
        sketch if sketch is not None and sketch.count else None,
        statistics.span,
        categories,
    )
    exact = profile.whole.get((), {}).get(constraints.name) if profile is not None else None
    if exact is None or profile is None:
        return _described(column)
    stored = profile.tracking[constraints.name]
    values = _with_domain(stored.values, constraints.domain)
    error = column.sketch.rank_error if column.sketch is not None and profile.from_sketches else 0.0
    return replace(column, tracking=Tracking(stored.cuts, values), counts=_padded(exact, values), sketch_error=error)


def _described(column: ReferenceColumn) -> ReferenceColumn:
    """The counts as SageMaker's files tell them: the sketch's for numbers, the distribution's for texts."""
    cuts = cut_points(column.sketch) if column.sketch is not None else None
    categories = column.categories or {}
    listed = tuple(sorted(categories, key=lambda value: (-categories[value], value)))
    values = _with_domain(listed, column.domain)
    kinds = {"Integral": "integral", "Fractional": "fractional"}
    typed: dict[str, Any] = {kinds.get(column.constraints.inferred_type, "text"): column.present}
    counts = ColumnCounts(
        rows=column.present + column.missing,
        present=column.present,
        **typed,
        cells=count_sketch(cuts, column.sketch) if cuts is not None and column.sketch is not None else None,
        values=np.array([categories.get(value, 0) for value in values], dtype=np.int64) if values else None,
    )
    error = column.sketch.rank_error if column.sketch is not None else 0.0
    return replace(column, tracking=Tracking(cuts, values), counts=counts, sketch_error=error)


def _with_domain(values: tuple[str, ...], domain: frozenset[str] | None) -> tuple[str, ...]:
    """The values, and after them those of a domain that was edited since."""
    return (*values, *sorted((domain or frozenset()) - set(values)))


def _padded(counts: ColumnCounts, values: tuple[str, ...]) -> ColumnCounts:
    """The counts with nothing for the values that the baseline's data did not have."""
    if not values:
        return counts
    known = counts.values if counts.values is not None else np.zeros((*np.shape(counts.rows), 0), dtype=np.int64)
    added = len(values) - known.shape[-1]
    if not added:
        return counts
    widths = [(0, 0)] * (known.ndim - 1) + [(0, added)]
    return replace(counts, values=np.pad(known, widths))


def _judged_windows(windows: BaselineWindows, values: Mapping[str, tuple[str, ...]]) -> BaselineWindows:
    counts = {
        key: {name: _padded(part, values[name]) for name, part in parts.items() if name in values}
        for key, parts in windows.counts.items()
    }
    return replace(windows, counts=counts)
