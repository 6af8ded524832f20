"""The baseline as the checks need it, from statistics.json and constraints.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from model_monitor_jobs.profiles.cells import cut_points
from model_monitor_jobs.profiles.column import NUMERIC
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

    @property
    def name(self) -> str:
        """Name of the column."""
        return self.constraints.name

    @property
    def numeric(self) -> bool:
        """Whether the column holds numbers."""
        return self.constraints.inferred_type in NUMERIC

    @property
    def known_values(self) -> tuple[str, ...]:
        """The values that the baseline counted or its domain lists, most frequent first, then by text."""
        counts = {**dict.fromkeys(self.constraints.domain or (), 0), **(self.categories or {})}
        return tuple(sorted(counts, key=lambda value: (-counts[value], value)))

    @property
    def evaluated(self) -> bool:
        """Whether constraints are evaluated for this column."""
        return self.config.evaluate_constraints != "Disabled"

    @property
    def compared(self) -> bool:
        """Whether its distribution is compared."""
        return self.config.distribution_constraints.perform_comparison != "Disabled"


@dataclass(frozen=True)
class Reference:
    """The whole baseline: its judged columns in order, and the names that may be in the data without being judged."""

    rows: int
    columns: tuple[ReferenceColumn, ...]
    unjudged: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(cls, statistics: Statistics, constraints: Constraints, excluded: frozenset[str] = frozenset()) -> Reference:
        """Join both files by column name; constraints decide which columns are judged."""
        known = {feature.name: feature for feature in statistics.features}
        columns = tuple(
            _column(feature, constraints.config(feature), known.get(feature.name))
            for feature in constraints.features
            if feature.name not in excluded
        )
        judged = {column.name for column in columns}
        return cls(statistics.dataset.item_count, columns, frozenset(known) - judged | excluded)

    def tracking(self) -> dict[str, Tracking]:
        """What a window's profile must count to be compared with this baseline."""
        return {
            column.name: Tracking(
                cut_points(column.sketch) if column.sketch is not None and column.sketch.count else None,
                column.known_values,
            )
            for column in self.columns
        }


def _column(
    constraints: FeatureConstraints, config: MonitoringConfig, statistics: FeatureStatistics | None
) -> ReferenceColumn:
    if statistics is None:
        return ReferenceColumn(constraints, config, 0, 0)
    common = statistics.common
    return ReferenceColumn(
        constraints,
        config,
        common.num_present,
        common.num_missing,
        statistics.sketch,
        statistics.span,
        statistics.categories,
    )
