"""What a run of a model quality monitor found."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from pydantic.alias_generators import to_snake

from model_monitor_crds.base import TimeWindow
from model_monitor_crds.monitoringexecution import Measured as MeasuredStatus
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.checks.model_quality.measured import MeasuredMetric, measure_best_constant
from model_monitor_jobs.checks.model_quality.reference import Performance, Reference
from model_monitor_jobs.checks.model_quality.usual import difference
from model_monitor_jobs.checks.model_quality.words import metric_of, spanned
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.estimation.backtest import Backtest
from model_monitor_jobs.estimation.estimates import Diagnostics, Estimate, Estimates
from model_monitor_jobs.profiles.baseline_profile import SegmentKey
from model_monitor_jobs.profiles.by_window import EVERYTHING
from model_monitor_jobs.runs.labelled_result import LabelledResult, Told, finite, plain
from model_monitor_jobs.runs.result import CONSTRAINTS, STATISTICS, VIOLATIONS, counted_violations, nothing_judged
from model_monitor_jobs.sagemaker.model_quality import Evaluation, model_quality_lines, statistics_document
from model_monitor_jobs.sagemaker.model_quality_constraints import (
    MetricViolation,
    constraints_document,
    metric_violation,
    violations_document,
)

MOST_METRICS = 32


@dataclass(frozen=True)
class Outlook:
    """What a later window, whose labels are not due yet, is estimated to show from a baseline's rows."""

    window: Window
    estimates: Estimates
    sample_uri: str = ""


@dataclass(frozen=True)
class ModelQualityResult(LabelledResult):
    """How the model did in a window, with the labels known at a time."""

    parts: Mapping[SegmentKey, Performance] = field(kw_only=True)
    reference: Reference = field(kw_only=True)
    judged_metrics: tuple[str, ...] = field(kw_only=True)
    estimates: Estimates | None = field(kw_only=True, default=None)
    backtests: Mapping[str, Backtest] = field(kw_only=True, default_factory=dict)
    """How good the estimates of each metric have been."""
    outlook: Outlook | None = field(kw_only=True, default=None)

    @property
    def everything(self) -> Performance:
        """The performance on all rows."""
        return self.parts[EVERYTHING]

    @property
    def measured(self) -> Mapping[str, MeasuredMetric]:
        """The metrics of all rows."""
        return self.everything.measured

    @property
    def told_metrics(self) -> Mapping[str, Told]:
        """See `LabelledResult`."""
        return self.measured

    @property
    def summary(self) -> str:
        """The judged metric with its interval, or why there is none."""
        labelled = self.labelled_text
        violations = self.violations
        if not self.judged:
            return nothing_judged(self) + (f"; {self._estimated}" if self._estimated else "")
        if violations:
            worst = violations[0]
            place = f"where {' = '.join(worst.segment)}: " if worst.segment else ""
            return f"{counted_violations(violations)}: {place}{worst.description}; {labelled}"
        told = [finding for finding in self.findings if finding.verdict is Verdict.PASS and not finding.segment]
        found = "; ".join(finding.description for finding in told[:3])
        return f"No violation: {found or f'{len(self.findings)} checks passed'}; {labelled}"

    def trusts(self, metric: str) -> bool:
        """Whether a metric's estimates may be shown: they have not been found to be wrong."""
        return metric not in self.backtests or self.backtests[metric].trusted is not False

    @property
    def trusted(self) -> bool:
        """Whether those of the first judged metric may be shown."""
        return self.trusts(self.judged_metrics[0])

    @property
    def _estimated(self) -> str:
        if self.estimates is None:
            return ""
        for name in filter(self.trusts, self.judged_metrics):
            if (estimate := self.estimates.metrics.get(name)) is not None:
                return f"{name} is estimated at {spanned(name, estimate.value, estimate.low, estimate.high)}"
        return ""

    @property
    def foreseen(self) -> str:
        """What the latest window's labels are estimated to show, in words; empty where nothing is."""
        if self.outlook is None:
            return ""
        for name in filter(self.trusts, self.judged_metrics):
            if (estimate := self.outlook.estimates.metrics.get(name)) is not None:
                value = spanned(name, estimate.value, estimate.low, estimate.high)
                return f"{self.outlook.window}: {name} is estimated at {value}, its labels are not due yet"
        return ""

    @property
    def alarming(self) -> bool:
        """Whether what is foreseen lies beyond the limit of a judged metric."""
        limits = {metric_of(f.check): f.evidence.limit for f in self.findings if f.evidence and not f.segment}
        estimates = self.outlook.estimates.metrics if self.outlook is not None else {}
        return any(
            name in estimates
            and self.trusts(name)
            and difference(name, estimates[name].value, self.reference.values[name]) > limit
            for name, limit in limits.items()
        )

    def documents(self) -> dict[str, dict[str, Any]]:
        """The window's own metrics, the constraints that it would suggest, and its violations."""
        profile = self.everything.profile
        times = (self.window.start, self.window.end) if self.window is not None else (None, None)
        return {
            STATISTICS: statistics_document(
                profile.counts,
                profile.overall,
                self.measured,
                measure_best_constant(profile.counts),
                Evaluation(self.as_of, *times),
            ),
            CONSTRAINTS: constraints_document(profile.counts.problem.type, self.measured),
            VIOLATIONS: violations_document(self._metric_violations()),
        }

    def published(self, timestamp: datetime, dimensions: Mapping[str, str]) -> bytes:
        """See `Result`."""
        return model_quality_lines(self.documents()[STATISTICS], timestamp, dimensions)

    def _metric_violations(self) -> Iterator[MetricViolation]:
        for finding in self.findings:
            if not finding.violated:
                continue
            name = metric_of(finding.check)
            metric = self.parts[finding.segment].measured[name]
            constraint = self.reference.constraints.get(name)
            if self.compatibility == "SageMaker" and constraint is not None:
                yield metric_violation(name, metric, constraint)
            else:
                yield self._own_violation(finding, name, metric)

    def _own_violation(self, finding: Finding, name: str, metric: MeasuredMetric) -> MetricViolation:
        """In SageMaker's schema and our words: it compares in one direction only."""
        usual = finding.compared_with
        less = usual is not None and metric.value < usual
        place = f"where {' = '.join(finding.segment)}: " if finding.segment else ""
        operator = "LessThanThreshold" if less else "GreaterThanThreshold"
        return MetricViolation(operator, f"{place}{finding.description}", name)  # type: ignore[arg-type]

    def status_fields(self) -> dict[str, Any]:
        """The labels and the metrics."""
        return {"labels": self.labels_status(), "metrics": self.metrics_status()}

    def details(self) -> dict[str, Any]:
        """How labels and records came together, the estimates and how good they have been, earlier results."""
        found = super().details()
        if self.estimates is not None:
            found["estimates"] = estimates_document(self.estimates) | {
                "backtests": [{"metric": name, **plain(asdict(found))} for name, found in self.backtests.items()]
            }
        if self.outlook is not None:
            window = TimeWindow(start=self.outlook.window.start, end=self.outlook.window.end).to_dict()
            rows = {"window": window, "sampleURI": self.outlook.sample_uri}
            found["outlook"] = rows | estimates_document(self.outlook.estimates)
        return found

    def metrics_status(self) -> list[MeasuredStatus]:
        """The judged metrics first, then the others."""
        order = [*self.judged_metrics, *(name for name in self.measured if name not in self.judged_metrics)]
        shown = [self._metric(name) for name in order[:MOST_METRICS]]
        return [metric for metric in shown if metric.value is not None or metric.estimate is not None]

    def _metric(self, name: str) -> MeasuredStatus:
        metric = self.measured.get(name)
        estimate = self.estimates.metrics.get(name) if self.estimates is not None and self.trusts(name) else None
        return MeasuredStatus(
            metric=name,
            value=finite(metric.value) if metric else None,
            low=finite(metric.low) if metric else None,
            high=finite(metric.high) if metric else None,
            baseline=finite(self.reference.values.get(name, math.nan)),
            **estimated(estimate),
        )


def estimated(estimate: Estimate | None) -> dict[str, Any]:
    """An estimate's fields in a status."""
    if estimate is None:
        return {}
    return {
        "estimate": finite(estimate.value),
        "estimate_low": finite(estimate.low),
        "estimate_high": finite(estimate.high),
    }


def estimates_document(estimates: Estimates) -> dict[str, Any]:
    """Estimates for programs."""
    document: dict[str, Any] = {
        "metrics": [
            MeasuredStatus(metric=name, **estimated(found)).to_dict() for name, found in estimates.metrics.items()
        ]
    }
    if estimates.diagnostics is not None:
        document["diagnostics"] = plain(asdict(estimates.diagnostics))
    if estimates.reason:
        document["reason"] = estimates.reason
    return document


def read_estimates(document: Mapping[str, Any]) -> Estimates | None:
    """Estimates that were told before; None where they can't be read."""
    try:
        entries = [MeasuredStatus.model_validate(entry) for entry in document["metrics"]]
        metrics = {
            entry.metric: Estimate(entry.metric, entry.estimate, entry.estimate_low, entry.estimate_high)
            for entry in entries
            if entry.estimate is not None and entry.estimate_low is not None and entry.estimate_high is not None
        }
        told = document.get("diagnostics")
        diagnostics = Diagnostics(**{to_snake(name): value for name, value in told.items()}) if told else None
        return Estimates(metrics, diagnostics, str(document.get("reason", "")))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
