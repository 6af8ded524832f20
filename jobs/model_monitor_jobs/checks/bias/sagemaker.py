"""SageMaker's rule: a metric that is further from 0 than in analysis.json is a violation, whatever the noise."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from model_monitor_jobs.checks.bias.measured import MeasuredBias
from model_monitor_jobs.checks.bias.reference import BiasReference
from model_monitor_jobs.checks.bias.words import check_of, facet_name, shown
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.sagemaker.bias_drift import bias_violation


def compare(reference: BiasReference, measured: Sequence[Mapping[str, MeasuredBias]]) -> list[Finding]:
    """Judge each metric that analysis.json has, facet by facet."""
    findings = []
    for place, (facet, metrics) in enumerate(zip(reference.problem.facets, measured, strict=True)):
        for name, metric in metrics.items():
            constraint = reference.constraint(place, name)
            if constraint is None:
                continue
            column, expected = facet_name(facet), f"at most {shown(abs(constraint.value))} in size"
            if math.isnan(metric.value):
                text = f"{name} of {column}: {metric.error}"
                findings.append(Finding(column, check_of(name), Verdict.INSUFFICIENT_DATA, "undefined", expected, text))
                continue
            violated = constraint.violated_by(metric.value)
            text = f"{name} of {column} is {shown(metric.value)}, {shown(constraint.value)} in the baseline"
            findings.append(
                Finding(
                    column=column,
                    check=check_of(name),
                    verdict=Verdict.VIOLATION if violated else Verdict.PASS,
                    observed=shown(metric.value),
                    expected=expected,
                    description=bias_violation(constraint, metric.value).description if violated else text,
                )
            )
    return findings
