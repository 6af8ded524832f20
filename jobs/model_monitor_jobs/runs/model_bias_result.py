"""What a run of a bias monitor found."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from model_monitor_crds.monitoringexecution import Measured as MeasuredStatus
from model_monitor_jobs.checks.bias.measured import MeasuredBias
from model_monitor_jobs.checks.bias.performance import performance
from model_monitor_jobs.checks.bias.reference import BiasReference
from model_monitor_jobs.checks.bias.tables import Outcomes
from model_monitor_jobs.checks.bias.words import facet_name, metric_of
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.profiles.bias.problem import ADVANTAGED, DISADVANTAGED
from model_monitor_jobs.profiles.bias.profile import BiasProfile
from model_monitor_jobs.runs.history import metric_key
from model_monitor_jobs.runs.labelled_result import LabelledResult, Told, finite
from model_monitor_jobs.runs.result import ANALYSIS, VIOLATIONS, counted_rows, counted_violations, nothing_judged
from model_monitor_jobs.sagemaker.analysis import MeasuredFacet, analysis_document
from model_monitor_jobs.sagemaker.bias_drift import (
    BiasViolation,
    bias_lines,
    bias_violation,
    bias_violations_document,
)

MOST_METRICS: Final = 32


@dataclass(frozen=True)
class ModelBiasResult(LabelledResult):
    """The bias in a window, with the labels known at a time."""

    label: str = field(kw_only=True)
    """What analysis.json calls the label."""
    profile: BiasProfile = field(kw_only=True)
    measured: tuple[Mapping[str, MeasuredBias], ...] = field(kw_only=True)
    """By facet of the problem."""
    reference: BiasReference = field(kw_only=True)
    judged_metrics: tuple[str, ...] = field(kw_only=True)
    label_free: bool = field(kw_only=True, default=False)
    """Whether there are no labels to look for."""

    @property
    def labelled(self) -> bool:
        """See `LabelledResult`."""
        return not self.label_free

    @property
    def facets(self) -> tuple[str, ...]:
        """The names of the facets."""
        return tuple(facet_name(facet) for facet in self.reference.problem.facets)

    @property
    def told_metrics(self) -> Mapping[str, Told]:
        """See `LabelledResult`."""
        return {
            metric_key(name, facet): metric
            for facet, metrics in zip(self.facets, self.measured, strict=True)
            for name, metric in metrics.items()
        }

    @property
    def summary(self) -> str:
        """The worst violation, or the judged metrics with their intervals, or why nothing was judged."""
        rows = self.labelled_text if self.labelled else counted_rows(self.rows)
        violations = self.violations
        if not self.judged:
            return nothing_judged(self)
        if violations:
            return f"{counted_violations(violations)}: {self.explained(violations[0])}; {rows}"
        passed = [finding for finding in self.findings if finding.verdict is Verdict.PASS]
        found = "; ".join(finding.description for finding in passed[:2])
        return f"No violation: {found}; {rows}"

    def explained(self, finding: Finding) -> str:
        """A finding's description with the metric and the facet that it is of."""
        if self.compatibility != "SageMaker" or not finding.violated:
            return finding.description
        return f"{metric_of(finding.check)} of {finding.column}: {finding.description}"

    @property
    def on_labels(self) -> tuple[str, ...]:
        """How labels and records came together, for a person; nothing where there are none to look for."""
        return super().on_labels if self.labelled else ()

    def documents(self) -> dict[str, dict[str, Any]]:
        """The window's own analysis.json, and its violations."""
        return {ANALYSIS: self._analysis(), VIOLATIONS: bias_violations_document(self._bias_violations())}

    def published(self, timestamp: datetime, dimensions: Mapping[str, str]) -> bytes:
        """See `Result`."""
        return bias_lines(self._analysis(), timestamp, dimensions)

    def _analysis(self) -> dict[str, Any]:
        facets = [
            MeasuredFacet(facet.column, self.profile.facet_text(place), metrics)
            for place, (facet, metrics) in enumerate(zip(self.reference.problem.facets, self.measured, strict=True))
        ]
        return analysis_document(self.label, self.profile.label_text, facets)

    def _bias_violations(self) -> Iterator[BiasViolation]:
        for finding in self.findings:
            if not finding.violated:
                continue
            place, name = self.facets.index(finding.column), metric_of(finding.check)
            constraint = self.reference.constraint(place, name)
            value = self.measured[place][name].value
            if self.compatibility == "SageMaker" and constraint is not None:
                yield bias_violation(constraint, value)
            else:
                facet = self.reference.problem.facets[place].column
                text = finding.description
                yield BiasViolation(facet, self.profile.facet_text(place), name, "bias_drift_check", text)

    def status_fields(self) -> dict[str, Any]:
        """The labels, where there are any to look for, and the metrics."""
        return {"metrics": self.metrics_status()} | ({"labels": self.labels_status()} if self.labelled else {})

    def metrics_status(self) -> list[MeasuredStatus]:
        """The judged metrics of each facet first, then the others."""
        places = range(len(self.measured))
        judged = [(name, place) for place in places for name in self.judged_metrics]
        others = [(name, place) for place in places for name in self.measured[place] if name not in self.judged_metrics]
        shown = [self._metric(name, place) for name, place in (*judged, *others)]
        return [metric for metric in shown if metric.value is not None][:MOST_METRICS]

    def _metric(self, name: str, place: int) -> MeasuredStatus:
        metric = self.measured[place][name]
        return MeasuredStatus(
            metric=name,
            facet=self.facets[place][:256],
            value=finite(metric.value),
            low=finite(metric.low),
            high=finite(metric.high),
            baseline=finite(self.reference.value(place, name)),
        )

    def details(self) -> dict[str, Any]:
        """What `LabelledResult` tells, and everything that was measured of each facet."""
        problem = self.reference.problem
        names = (facet.column for facet in problem.facets)
        facets = [
            {
                "facet": name,
                "column": column,
                "valueOrThreshold": self.profile.facet_text(place),
                "metrics": [_document(metric) for metric in self.measured[place].values()],
                **self._sides(place),
            }
            for place, (name, column) in enumerate(zip(self.facets, names, strict=True))
        ]
        bias = {"label": self.label, "labelValueOrThreshold": self.profile.label_text, "facets": facets}
        return super().details() | {"bias": bias}

    def _sides(self, place: int) -> dict[str, Any]:
        """Rows and performance of both sides of a facet; performance where labels and answers are known."""
        outcomes = Outcomes.of(self.profile.counts.table.sum(axis=0)[place])
        found = {}
        for key, side in (("group", DISADVANTAGED), ("others", ADVANTAGED)):
            values = performance(outcomes.confusion[side])
            measured = bool(outcomes.judged[side])
            found[key] = {
                "rows": int(outcomes.sides[side]),
                "labels": dict(zip(("negative", "positive"), outcomes.labels[side].tolist(), strict=True)),
                "predictions": dict(zip(("negative", "positive"), outcomes.predictions[side].tolist(), strict=True)),
                "performance": {name: finite(float(value)) for name, value in values.items()} if measured else {},
            }
        return found


def _document(metric: MeasuredBias) -> dict[str, Any]:
    """A metric for programs; without what is unknown, infinite values as texts."""
    found: dict[str, Any] = {"metric": metric.name}
    for key in ("value", "low", "high"):
        value = getattr(metric, key)
        if not math.isnan(value):
            found[key] = value if math.isfinite(value) else "Infinity" if value > 0 else "-Infinity"
    found["count"] = metric.count
    texts = {"method": metric.method, "error": metric.error, "reason": metric.reason}
    return found | {key: text for key, text in texts.items() if text}
