"""SageMaker's rule: a metric beyond the threshold that constraints.json sets is a violation, whatever the noise."""

from __future__ import annotations

import math

from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.checks.model_quality.reference import Measured, Reference
from model_monitor_jobs.checks.model_quality.words import check_of, shown
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.sagemaker.model_quality_constraints import metric_violation


def compare(reference: Reference, measured: Measured) -> list[Finding]:
    """Judge each metric that constraints.json lists, in its order."""
    findings = []
    for name, constraint in reference.constraints.items():
        metric = measured.get(name)
        expected = f"{constraint.comparison_operator} {shown(name, constraint.threshold)}"
        if metric is None or not math.isfinite(metric.value):
            text = f"{name}: {metric.reason if metric is not None else 'it needs probabilities'}"
            findings.append(Finding("", check_of(name), Verdict.INSUFFICIENT_DATA, "undefined", expected, text))
            continue
        violated = constraint.violated_by(metric.value)
        findings.append(
            Finding(
                column="",
                check=check_of(name),
                verdict=Verdict.VIOLATION if violated else Verdict.PASS,
                observed=shown(name, metric.value),
                expected=expected,
                description=metric_violation(name, metric, constraint).description,
            )
        )
    return findings
