"""What a run of an explainability monitor found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from model_monitor_crds.monitoringexecution import Measured as MeasuredStatus
from model_monitor_jobs.attribution.background import Background
from model_monitor_jobs.attribution.kernel_shap import Attributions
from model_monitor_jobs.attribution.partial_dependence import PartialDependence
from model_monitor_jobs.checks.explainability.measured import MeasuredLabel
from model_monitor_jobs.checks.explainability.reference import AttributionReference
from model_monitor_jobs.checks.explainability.words import ORDER_CHECK
from model_monitor_jobs.checks.finding import Finding, percent
from model_monitor_jobs.decisions import Z95
from model_monitor_jobs.runs.explained_rows import PROGRESS
from model_monitor_jobs.runs.explanation_problem import ExplanationProblem
from model_monitor_jobs.runs.labelled_result import finite
from model_monitor_jobs.runs.model_explainability_baseline import local_files
from model_monitor_jobs.runs.result import (
    ANALYSIS,
    VIOLATIONS,
    Result,
    counted_rows,
    counted_violations,
    nothing_judged,
)
from model_monitor_jobs.sagemaker.analysis import analysis_document
from model_monitor_jobs.sagemaker.attributions import (
    AttributionViolation,
    attribution_lines,
    attribution_violation,
    attribution_violations_document,
    explanations,
)

MOST_METRICS: Final = 32


@dataclass(frozen=True)
class ModelExplainabilityResult(Result):
    """The attributions of a window's rows beside the baseline's."""

    records: int = field(kw_only=True)
    """Rows of the window, of which some were explained."""
    measured: Mapping[str, MeasuredLabel] = field(kw_only=True)
    """By label."""
    reference: AttributionReference = field(kw_only=True)
    problem: ExplanationProblem = field(kw_only=True)
    attributions: Attributions = field(kw_only=True)
    labels: tuple[str, ...] = field(kw_only=True)
    """Of all outputs of the model."""
    background: Background = field(kw_only=True)
    dependence: tuple[PartialDependence, ...] = field(kw_only=True, default=())
    compatibility: str = field(kw_only=True, default="Default")

    @property
    def rows(self) -> int:
        """Rows of the window."""
        return self.records

    @property
    def violations(self) -> list[Finding]:
        """Order first, then the shares that have changed most: what one feature gains, the others lose."""

        def weight(finding: Finding) -> tuple[bool, float]:
            return finding.check == ORDER_CHECK, finding.evidence.difference if finding.evidence else 0.0

        return sorted((finding for finding in self.findings if finding.violated), key=weight, reverse=True)

    @property
    def explained_text(self) -> str:
        """How many rows were explained, in words."""
        explained = self.attributions.local.shape[1]
        return f"{explained:,} of {counted_rows(self.records)} explained"

    @property
    def summary(self) -> str:
        """The worst violation, or the NDCG of each label, or why nothing was judged."""
        violations = self.violations
        if not self.judged:
            return nothing_judged(self)
        if violations:
            what = (
                violations[0].description if self.attributions.local.any() else "no feature moves the answers any more"
            )
            return f"{counted_violations(violations)}: {what}; {self.explained_text}"
        orders = [finding for finding in self.findings if finding.check == ORDER_CHECK]
        told = "; ".join(f"NDCG {finding.observed}" for finding in orders[:2])
        return f"No violation: {told}; {self.explained_text}"

    def documents(self) -> dict[str, dict[str, Any]]:
        """The window's own analysis.json, and its violations."""
        violations = attribution_violations_document(self._attribution_violations())
        return {ANALYSIS: self._analysis(), VIOLATIONS: violations}

    def files(self) -> dict[str, bytes]:
        """The values of each row, where they are asked for."""
        return local_files(self.problem, self.attributions, self.labels, self.background)

    @property
    def passing(self) -> tuple[str, ...]:
        """See `Result`."""
        return (PROGRESS,)

    def published(self, timestamp: datetime, dimensions: Mapping[str, str]) -> bytes:
        """See `Result`."""
        found = {label: own.explanation for label, own in self.measured.items()}
        return attribution_lines(found, timestamp, dimensions)

    def _analysis(self) -> dict[str, Any]:
        found = {label: own.explanation for label, own in self.measured.items()}
        return analysis_document("", "", [], explanations=explanations(found, self._dependence()))

    def _dependence(self) -> Iterator[PartialDependence]:
        """Of the labels that are compared."""
        places = [self.labels.index(label) for label in self.measured]
        for each in self.dependence:
            yield PartialDependence(each.feature, each.numeric, each.values, each.shares, each.answers[places])

    def _attribution_violations(self) -> Iterator[AttributionViolation]:
        for finding in self.findings:
            if not finding.violated:
                continue
            label = self.label_of(finding)
            told = attribution_violation(label, self.measured[label].drift.ndcg)
            if self.compatibility == "SageMaker" and told is not None:
                yield told
            else:
                yield AttributionViolation(label, "shap", finding.check, finding.description)

    def label_of(self, finding: Finding) -> str:
        """The output of the model that a finding is of."""
        if len(self.measured) == 1:
            return next(iter(self.measured))
        column = finding.column
        return next(label for label in self.measured if column == label or column.endswith(f"({label})"))

    def status_fields(self) -> dict[str, Any]:
        """NDCG and the largest shares."""
        return {"metrics": list(self._metrics_status())[:MOST_METRICS]}

    def _metrics_status(self) -> Iterator[MeasuredStatus]:
        for label, own in self.measured.items():
            drift, named = own.drift, label[:256] if len(self.measured) > 1 else None
            yield MeasuredStatus(
                metric="ndcg", value=finite(drift.ndcg), low=finite(drift.low), high=finite(drift.high), label=named
            )
            own_shares = dict(zip(own.features, zip(own.shares, own.unit_variances, strict=True), strict=True))
            for share in drift.shares:
                value, variance = own_shares[share.feature]
                spread = Z95 * float(variance / own.rows) ** 0.5
                yield MeasuredStatus(
                    metric="share",
                    feature=share.feature[:256],
                    value=finite(float(value)),
                    low=finite(max(0.0, float(value) - spread)),
                    high=finite(min(1.0, float(value) + spread)),
                    baseline=finite(share.baseline),
                    label=named,
                )

    def details(self) -> dict[str, Any]:
        """Of each label NDCG and every feature's value and share, here and in the baseline."""
        return {"explained": self.attributions.local.shape[1], "attributions": [*map(self._label, self.measured)]}

    def _label(self, label: str) -> dict[str, Any]:
        own, known = self.measured[label], self.reference.explanations[label]
        drift = own.drift
        features = [
            {
                "feature": share.feature,
                "value": own.explanation.global_shap_values[share.feature],
                "baseline": known.global_shap_values[share.feature],
                "share": finite(share.current),
                "baselineShare": finite(share.baseline),
                "change": [finite(share.low), finite(share.high)],
            }
            for share in drift.shares
        ]
        return {
            "label": label,
            "ndcg": finite(drift.ndcg),
            "interval": [finite(drift.low), finite(drift.high)],
            "expectedValue": finite(own.expected_value),
            "baselineExpectedValue": finite(known.expected_value),
            "features": features,
        }

    @property
    def leading(self) -> str:
        """The features with the largest shares now, in words."""
        own = next(iter(self.measured.values()))
        ordered = sorted(own.drift.shares, key=lambda share: -share.current)[:3]
        return ", ".join(f"{share.feature} {percent(share.current)}" for share in ordered)
