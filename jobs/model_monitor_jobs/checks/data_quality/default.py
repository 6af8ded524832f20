"""The default rule, applied to every column: is the change more than noise, and large enough to matter?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from model_monitor_crds.base import CheckType
from model_monitor_crds.data_quality import DataQuality
from model_monitor_jobs.checks.data_quality.reference import Reference, ReferenceColumn
from model_monitor_jobs.checks.data_quality.reported import distances_of_categories, distances_of_numbers
from model_monitor_jobs.checks.data_quality.structure import compare_structure
from model_monitor_jobs.checks.finding import Finding, percent
from model_monitor_jobs.decisions import (
    Evidence,
    Margin,
    categories_evidence,
    distribution_evidence,
    rate_evidence,
    shared_alpha,
)
from model_monitor_jobs.profiles.cells import cumulative_shares, reference_shares
from model_monitor_jobs.profiles.column import ColumnProfile
from model_monitor_jobs.profiles.table import TableProfile

MOST_CATEGORIES: Final = 100
"""Categories that are compared one by one; the rarer ones count together."""


@dataclass(frozen=True)
class _Case:
    """One column of the window beside the same column of the baseline."""

    reference: ReferenceColumn
    window: ColumnProfile
    rows: int
    alpha: float
    margin: Margin


_Check = Callable[[_Case], Finding]


def compare(reference: Reference, table: TableProfile, settings: DataQuality) -> list[Finding]:
    """Judge a window; findings in the order of the baseline's columns, those about the whole table first."""
    family = [
        (column, table.columns[column.name], check)
        for column in reference.columns
        if column.name in table.columns
        for check in _checks(column)
    ]
    alpha = shared_alpha(settings.alpha, len(family))
    margin = Margin(settings.threshold)
    return compare_structure(reference, table, settings.threshold) + [
        check(_Case(column, window, table.rows, alpha, margin)) for column, window, check in family
    ]


def _checks(column: ReferenceColumn) -> list[_Check]:
    checks: list[_Check] = []
    if column.evaluated and column.present + column.missing:
        checks.append(_completeness)
        if column.numeric:
            checks.append(_data_type)
        if column.constraints.domain is not None:
            checks.append(_known_values)
    if column.compared:
        if column.numeric and column.sketch is not None and column.sketch.count:
            checks.append(_distribution)
        elif not column.numeric and column.categories:
            checks.append(_categories)
    return checks


def _completeness(case: _Case) -> Finding:
    missing = case.rows - case.window.present
    reference_rows = case.reference.present + case.reference.missing
    evidence = rate_evidence(missing, case.rows, case.reference.missing, reference_rows, case.alpha, case.margin)
    observed, expected = percent(_share(missing, case.rows)), percent(_share(case.reference.missing, reference_rows))
    return _finding(
        case,
        "completeness_check",
        evidence,
        f"{observed} missing",
        f"{expected} missing",
        f"{observed} of rows have no value, {expected} in the baseline",
    )


def _data_type(case: _Case) -> Finding:
    """A whole number written as a fraction (5.0) still counts as Integral: writers add the `.0` of their own accord."""
    kind, window = case.reference.constraints.inferred_type, case.window
    matching = window.integral + (window.fractional if kind == "Fractional" else window.whole)
    evidence = rate_evidence(
        window.present - matching, window.present, 0, case.reference.present, case.alpha, case.margin
    )
    observed = percent(_share(window.present - matching, window.present))
    return _finding(
        case,
        "data_type_check",
        evidence,
        f"{observed} not {kind}",
        f"all {kind}",
        f"{observed} of values are not {kind}, none in the baseline",
    )


def _known_values(case: _Case) -> Finding:
    domain = case.reference.constraints.domain or frozenset()
    counts = case.window.frequencies.counts
    unseen = case.window.present - sum(counts.get(value, 0) for value in domain)
    newcomer = next((value for value in counts if value not in domain), None)
    evidence = rate_evidence(unseen, case.window.present, 0, case.reference.present, case.alpha, case.margin)
    observed = percent(_share(unseen, case.window.present))
    example = f", most often {newcomer!r}" if newcomer is not None else ""
    return _finding(
        case,
        "categorical_values_check",
        evidence,
        f"{observed} new values",
        f"{len(domain)} known values",
        f"{observed} of values are not among the {len(domain)} known ones{example}",
    )


def _distribution(case: _Case) -> Finding:
    sketch, window = case.reference.sketch, case.window
    if sketch is None or window.cuts is None or window.cells is None:
        raise ValueError(f"column {window.name}: was not counted on the baseline's cut points")
    count = window.moments.count
    if not count:
        evidence = distribution_evidence(0, 0, sketch.count, case.alpha, case.margin)
        return _finding(
            case, "baseline_drift_check", evidence, "no numbers", "as in the baseline", "no numbers to compare"
        )
    now, then = cumulative_shares(window.cells), reference_shares(window.cuts, sketch)
    place = int(np.argmax(np.abs(now - then)))
    evidence = distribution_evidence(
        float(abs(now[place] - then[place])), count, sketch.count, case.alpha, case.margin, sketch.rank_error
    )
    point = f"{'≤' if place % 2 else '<'} {window.cuts[place // 2]:.6g}"
    observed, expected = f"{percent(now[place])} {point}", f"{percent(then[place])} {point}"
    text = f"{percent(now[place])} of values are {point}, {percent(then[place])} in the baseline"
    finding = _finding(case, "baseline_drift_check", evidence, observed, expected, text)
    moments = window.moments
    span = (moments.minimum, moments.maximum)
    reported = distances_of_numbers(window.sketch, span, window.cells, window.cuts, sketch, case.reference.span or span)
    return replace(finding, distances=reported)


def _categories(case: _Case) -> Finding:
    reference = case.reference.categories or {}
    listed = sorted(reference, key=lambda value: (-reference[value], value))[:MOST_CATEGORIES]
    counts = case.window.frequencies.counts
    now, then = [counts.get(value, 0) for value in listed], [reference[value] for value in listed]
    total, reference_total = case.window.present, sum(reference.values())
    now.append(total - sum(now))
    then.append(reference_total - sum(then))
    evidence, place = categories_evidence(now, then, case.alpha, case.margin)
    name = repr(listed[place]) if place < len(listed) else "other values"
    observed, expected = percent(_share(now[place], total)), percent(_share(then[place], reference_total))
    finding = _finding(
        case,
        "baseline_drift_check",
        evidence,
        f"{observed} {name}",
        f"{expected} {name}",
        f"{observed} of values are {name}, {expected} in the baseline",
    )
    return replace(finding, distances=distances_of_categories(now, then)) if total else finding


def _finding(case: _Case, check: CheckType, evidence: Evidence, observed: str, expected: str, text: str) -> Finding:
    return Finding(case.reference.name, check, evidence.verdict, observed, expected, text, evidence)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
