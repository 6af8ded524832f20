"""SageMaker's rule: attributions whose NDCG against the baseline's is below 0.9 have drifted, whatever the noise."""

from __future__ import annotations

import math
from collections.abc import Mapping

from model_monitor_jobs.checks.explainability.measured import MeasuredLabel
from model_monitor_jobs.checks.explainability.words import ORDER_CHECK, place_of, shown
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.sagemaker.attributions import ATTRIBUTION_THRESHOLD, attribution_violation


def compare(measured: Mapping[str, MeasuredLabel]) -> list[Finding]:
    """Judge the order of features of each label."""
    return [_judge(label, own, len(measured)) for label, own in measured.items()]


def _judge(label: str, own: MeasuredLabel, labels: int) -> Finding:
    ndcg, column = own.drift.ndcg, place_of("", label, labels)
    expected = f"at least {ATTRIBUTION_THRESHOLD:g}"
    if math.isnan(ndcg):
        text = "the baseline attributes nothing to any feature"
        return Finding(column, ORDER_CHECK, Verdict.INSUFFICIENT_DATA, "undefined", expected, text)
    violation = attribution_violation(label, ndcg)
    return Finding(
        column=column,
        check=ORDER_CHECK,
        verdict=Verdict.PASS if violation is None else Verdict.VIOLATION,
        observed=shown(ndcg),
        expected=expected,
        description=f"NDCG is {shown(ndcg)}" if violation is None else violation.description,
    )
