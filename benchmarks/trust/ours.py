"""Our default rule on simulated windows: the checks and the decisions that a run itself uses.

Windows are judged many at a time, and the baseline's variation is learned once for all of them; a run does both for its
one window.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks.trust.alerts import Verdicts
from benchmarks.trust.features import Feature
from benchmarks.trust.streams import HOURS, Counts, Windows
from model_monitor_crds import alert
from model_monitor_jobs.checks.data_quality.check import Check
from model_monitor_jobs.checks.data_quality.reference import ReferenceColumn
from model_monitor_jobs.checks.data_quality.rules import checks
from model_monitor_jobs.decisions import (
    Evidence,
    Noise,
    Variation,
    Verdict,
    WindowHistory,
    learn,
    settled_incidents,
    weigh,
)
from model_monitor_jobs.profiles.cells import count_cells
from model_monitor_jobs.profiles.counts import ColumnCounts
from model_monitor_jobs.profiles.table import Tracking
from model_monitor_jobs.sagemaker.constraints import FeatureConstraints, MonitoringConfig, StringConstraints

CHECKS_OF_A_FEATURE = 3


@dataclass(frozen=True)
class Judged:
    """Verdicts of each check over a month, and the evidence of the comparison of the distribution."""

    verdicts: list[Verdicts]
    shape: list[Evidence]


@dataclass(frozen=True)
class _Learned:
    """What one check compares the windows of one hour of the day with, or all windows without time stamps."""

    noise: Noise
    variation: Variation | None
    reference: ColumnCounts


class Judge:
    """Our rule, having seen the baseline of one feature.

    `alpha` is one check's share. Without time stamps the baseline is one heap of rows.
    """

    def __init__(self, feature: Feature, baseline: Windows, alpha: float, stamped: bool) -> None:
        self._feature = feature
        self._alpha = alpha
        self._stamped = stamped
        windows = _counts(feature, baseline)
        whole = windows.summed(np.zeros_like(baseline.rows)).at(0)
        self._column = _column(feature, whole)
        self._learned = [
            (
                check,
                _Baseline(check, self._column, windows, baseline.hours, alpha).learned()
                if stamped
                else {0: _Learned(check.noise(whole, self._column), None, whole)},
            )
            for check in checks()
            if check.applies(self._column)
        ]

    def judge(self, month: Windows) -> Judged:
        """Judge each window of a month."""
        windows = _counts(self._feature, month)
        verdicts, shape = [], []
        for check, learned in self._learned:
            evidence = self._answer(check, learned, windows, month.hours)
            if check.type == "baseline_drift_check":
                shape = evidence
            judged = [one.verdict for one in evidence]
            verdicts.append(
                Verdicts(
                    alert.Check(self._feature.name, check.type),
                    np.array([verdict is Verdict.VIOLATION for verdict in judged]),
                    np.array([one.immediate for one in evidence]),
                    np.array([verdict in {Verdict.VIOLATION, Verdict.PASS} for verdict in judged]),
                )
            )
        return Judged(verdicts, shape)

    def _answer(
        self, check: Check, learned: dict[int, _Learned], windows: ColumnCounts, hours: Counts
    ) -> list[Evidence]:
        places = hours if self._stamped else hours * 0
        differences = np.empty(len(places))
        for place, one in learned.items():
            chosen = np.flatnonzero(places == place)
            differences[chosen] = check.difference(windows.at(chosen), one.reference, self._column)
        totals = {place: int(check.size(one.reference)) for place, one in learned.items()}
        return [
            weigh(
                difference,
                (difference, difference),
                learned[place].noise,
                learned[place].variation,
                self._alpha,
                None,
                count,
                totals[place],
            )
            for difference, count, place in zip(
                differences.tolist(), np.asarray(check.size(windows)).tolist(), places.tolist(), strict=True
            )
        ]


@dataclass
class _Baseline:
    """The stamped windows of a baseline under one check."""

    check: Check
    column: ReferenceColumn
    windows: ColumnCounts
    hours: Counts
    alpha: float
    _apart: dict[tuple[int, ...], tuple[ColumnCounts, WindowHistory]] = field(default_factory=dict)

    def learned(self) -> dict[int, _Learned]:
        """For each hour of the day; where there are incidents, once more without them."""
        return {hour: self._of_hour(hour) for hour in range(HOURS)}

    def _of_hour(self, hour: int) -> _Learned:
        def compare(left_out: tuple[int, ...]) -> tuple[WindowHistory, Noise]:
            pools, history = self._without(left_out)
            return history, self.check.noise(pools.at(hour), self.column)

        left_out = settled_incidents(compare, self.alpha)
        history, noise = compare(left_out)
        variation = learn(history, noise, self.alpha, left_out=left_out)
        return _Learned(noise, variation, self._without(left_out)[0].at(hour))

    def _without(self, left_out: tuple[int, ...]) -> tuple[ColumnCounts, WindowHistory]:
        if left_out not in self._apart:
            kept = np.ones_like(self.hours)
            kept[list(left_out)] = 0
            own = _times(self.windows, kept)
            pools = own.summed(self.hours)
            rest = pools.at(self.hours).less(own)
            history = WindowHistory(
                np.asarray(self.check.usual_difference(self.windows, rest, self.column)),
                np.asarray(self.check.size(self.windows)),
                np.asarray(self.check.size(rest)),
                np.arange(len(self.hours)) // HOURS,
            )
            self._apart[left_out] = pools, history
        return self._apart[left_out]


def _counts(feature: Feature, windows: Windows) -> ColumnCounts:
    present = windows.present
    nothing = np.zeros_like(present)
    counts = ColumnCounts(windows.rows, present, nothing, nothing, nothing, nothing, nothing)
    if not feature.numeric:
        return replace(counts, text=present, values=windows.counts[:, :-1])
    places = np.array([count_cells(feature.cuts, np.array([value])) for value in feature.values])
    # As floating point, whose products are fast and, for counts, exact.
    cells = (windows.counts.astype(np.float64) @ places).astype(np.int64)
    return replace(counts, fractional=present, cells=cells)


def _times(windows: ColumnCounts, factors: Counts) -> ColumnCounts:
    """The same counts, each window's multiplied."""
    scalars = ("rows", "present", "integral", "fractional", "whole", "boolean", "text")
    cells, values = windows.cells, windows.values
    return ColumnCounts(
        **{name: getattr(windows, name) * factors for name in scalars},
        cells=None if cells is None else cells * factors[:, np.newaxis],
        values=None if values is None else values * factors[:, np.newaxis],
    )


def _column(feature: Feature, whole: ColumnCounts) -> ReferenceColumn:
    present, missing = int(whole.present), int(whole.missing)
    config = MonitoringConfig()
    if feature.numeric:
        constraints = FeatureConstraints(name=feature.name, inferred_type="Fractional")
        tracking = Tracking(cuts=feature.cuts)
    else:
        names = tuple(f"value {int(value)}" for value in feature.values[:-1])
        constraints = FeatureConstraints(
            name=feature.name, inferred_type="String", string_constraints=StringConstraints(domains=list(names))
        )
        tracking = Tracking(values=names)
    return ReferenceColumn(constraints, config, present, missing, tracking=tracking, counts=whole)
