"""Pages of model quality to look at: measured and judged as a run does it, on answers and labels made up here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import numpy as np

from model_monitor_crds.alert import Check
from model_monitor_crds.baseline import BaselineFiles
from model_monitor_crds.ground_truth import GroundTruth
from model_monitor_crds.model_quality import ModelQuality
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.coverage import LabelCoverage
from model_monitor_jobs.checks.model_quality import default, sagemaker
from model_monitor_jobs.checks.model_quality.measured import measure
from model_monitor_jobs.checks.model_quality.metrics import values
from model_monitor_jobs.checks.model_quality.reference import Performance, Reference
from model_monitor_jobs.checks.model_quality.words import check_of
from model_monitor_jobs.estimation.backtest import Backtest, EstimatedAndRealised, backtest
from model_monitor_jobs.estimation.estimates import Diagnostics, Estimate, Estimates
from model_monitor_jobs.profiles.baseline_profile import SegmentKey
from model_monitor_jobs.profiles.performance.problem import Problem
from model_monitor_jobs.profiles.performance.rows import LabelledRows
from model_monitor_jobs.reports.html.context import ReportContext
from model_monitor_jobs.reports.html.model_quality import report_of
from model_monitor_jobs.reports.html.model_quality.model import ModelQualityReport
from model_monitor_jobs.runs.history import EarlierCheck, EarlierMetric, EarlierOutlook, EarlierResult, History
from model_monitor_jobs.runs.model_quality_result import ModelQualityResult, Outlook
from model_monitor_jobs.sources import ReadReport
from model_monitor_jobs.sources.label_match import Coverage
from tests.report.examples import HOSTILE
from tests.report.performance import (
    BINARY,
    DAY,
    WINDOW,
    Parts,
    binary,
    multiclass,
    profile_of,
    reference,
    regression,
    together,
)

AS_OF: Final = datetime(2026, 3, 12, 6, tzinfo=UTC)
TRUTH: Final = GroundTruth(uri="s3://acme-ml/credit/labels", delay="PT48H", recheck="PT168H")
FILES: Final = BaselineFiles(
    statistics_uri="s3://acme-ml/credit/baseline/3f9a1c/statistics.json",
    constraints_uri="s3://acme-ml/credit/baseline/3f9a1c/constraints.json",
    profile_uri="s3://acme-ml/credit/baseline/3f9a1c/profile.parquet",
    statistics_sha256="3f" * 32,
    constraints_sha256="a7" * 32,
    record_count=30_000,
    column_count=16,
)


@dataclass(frozen=True)
class Made:
    """What a result is made from."""

    parts: Parts
    records: int
    settings: ModelQuality = field(default_factory=ModelQuality)
    estimates: Estimates | None = None
    backtest: Backtest | None = None


def result(against: Reference, made: Made, **more: Any) -> ModelQualityResult:
    """The result of judging rows as a run does, on a window of so many records."""
    problem, settings = against.problem, made.settings
    parts = {}
    for key, rows in made.parts.items():
        profile = profile_of(problem, rows)
        parts[key] = Performance(profile, measure(profile.counts, profile.overall))
    scored = made.parts[()].score is not None
    labelled = parts[()].profile.rows
    needed = LabelCoverage(made.records, labelled, 0.8)
    if settings.compatibility == "SageMaker":
        findings = sagemaker.compare(against, parts[()].measured)
    else:
        evaluate = partial(values, costs=settings.costs)
        findings = default.compare(
            against, parts, settings, dict.fromkeys(parts, needed), evaluate, WINDOW, scored
        ).findings
    labels = ReadReport(files=3, records=labelled + 61)
    labels.add_unreadable("labels/2026/03/11/04/part-0.jsonl", 12, "no JSON", '{"groundTruthData": {"data": "1",')
    fields: dict[str, Any] = {
        "as_of": AS_OF,
        "coverage": Coverage(
            records=made.records,
            matched=labelled,
            empty=9,
            labels=labelled + 61,
            used=labelled + 9,
            relabelled=34,
            orphaned=18,
        ),
        "label_report": labels,
        "judged_metrics": default.judged_metrics(settings, problem, scored=scored),
        "compatibility": settings.compatibility,
        "estimates": made.estimates,
        "backtests": {} if made.backtest is None else {"auc": made.backtest},
    }
    return ModelQualityResult(
        WINDOW,
        ReadReport(files=24, records=made.records),
        tuple(findings),
        FILES,
        ("limits know the usual variation of the baseline's 30 windows of P1D",),
        needed=needed,
        parts=parts,
        reference=against,
        **fields | more,
    )


def history(
    metric: str,
    series: Sequence[float],
    spread: float,
    baseline: float,
    violated: Sequence[int] = (),
    few: Sequence[int] = (),
    estimates: bool = True,
    ahead: int = 2,
) -> History:
    """Daily results before the window; `violated` and `few` are places in the series, counted from the end (-1)."""
    random = np.random.default_rng(4)
    key, results = Check("", check_of(metric)), []
    for place, value in enumerate(series):
        back = place - len(series)
        start = WINDOW.start + back * DAY
        judged, bad = back not in few, back in violated
        guess = baseline + (value - baseline) * 0.4 + random.normal(0, spread * 0.4)
        own = EarlierMetric(value, value - spread, value + spread, baseline)
        if estimates:
            own = replace(own, estimate=guess, estimate_low=guess - 1.6 * spread, estimate_high=guess + 1.6 * spread)
        later = start + 3 * DAY
        guess = baseline + random.normal(0, spread * 0.3)
        outlook = EarlierMetric(estimate=guess, estimate_low=guess - 1.7 * spread, estimate_high=guess + 1.7 * spread)
        results.append(
            EarlierResult(
                start + 3 * DAY,
                start,
                start + DAY,
                {key: EarlierCheck(judged, bad, (1.6 if bad else 0.4) if judged else None)},
                {metric: own},
                0.55 if back in few else 0.93 + 0.05 * float(random.random()),
                start + 3 * DAY,
                revision=1 if back in (-9, -5) else 0,
                outlook=EarlierOutlook(later, later + DAY, {metric: outlook}) if estimates and ahead else None,
            )
        )
    return History(tuple(results))


def guess(metric: str, value: float, spread: float, **others: float) -> Estimates:
    """Estimates of a window."""
    found = {name: Estimate(name, v, v - spread, v + spread) for name, v in {metric: value, **others}.items()}
    return Estimates(found, Diagnostics(5_000, 8_400, 5_000, 0.574, True, 3_870.0, True))


def tried(found: History, metric: str, wrong: int = 0) -> Backtest:
    """What the estimates of a history have been worth, the first `wrong` of them far off."""
    pairs = []
    for place, earlier in enumerate(found.results):
        own = earlier.metrics[metric]
        assert own.value is not None
        assert own.estimate is not None
        assert own.estimate_low is not None
        assert own.estimate_high is not None
        low, high = (9.0, 9.5) if place < wrong else (own.estimate_low, own.estimate_high)
        pairs.append(EstimatedAndRealised(Estimate(metric, own.estimate, low, high), own.value))
    return backtest(pairs)


def context(found: History | None = None, settings: ModelQuality | None = None, **more: Any) -> ReportContext:
    return ReportContext(
        "credit-quality",
        "credit-scoring",
        "credit-quality-29555640",
        "s3://acme-ml/credit/reports/credit-quality/2026/03/12/06",
        UTC,
        found or History(),
        model_quality=settings or ModelQuality(),
        ground_truth=TRUTH,
        **more,
    )


def alert() -> ModelQualityReport:
    """A classifier that has lost much of its power, most of all in one region."""
    return report_of(*alert_parts())


def alert_parts() -> tuple[ModelQualityResult, ReportContext]:
    """The result of `alert`, and what its page tells besides."""
    regions = {"north": 2.2, "south": 2.2, "west": 2.15}
    settings = ModelQuality(metrics=["auc", "recall"])
    north, south, west = (("region", name) for name in regions)
    base: dict[SegmentKey, LabelledRows] = {(): binary(30_000, 2.2, 1)}
    now: dict[SegmentKey, LabelledRows] = {}
    for number, (key, spread) in enumerate(((north, 1.15), (south, 1.8), (west, 2.1))):
        base[key] = binary(9_000, 2.2, 10 + number)
        now[key] = binary((3_300, 2_900, 1_850)[number], spread, 20 + number)
    now = {(): together(list(now.values())), **now, ("region", "islands"): binary(140, 2.0, 9)}
    course = [0.941, 0.938, 0.94, 0.943, 0.936, 0.939, 0.942, 0.93, 0.938, 0.94, 0.935, 0.939, 0.931]
    found = history("auc", [*course, 0.928, 0.904, 0.886], 0.011, 0.94, violated=(-1, -2), few=(-7,))
    revisions = (
        {
            "labelsAsOf": "2026-03-12T06:00:00Z",
            "coverage": 0.83,
            "metrics": [{"metric": "auc", "value": 0.871, "low": 0.858, "high": 0.883}],
            "violated": ["auc_check"],
        },
    )
    made = Made(now, 8_400, settings, guess("auc", 0.905, 0.02, accuracy=0.871, recall=0.61), tried(found, "auc"))
    later = Outlook(Window(WINDOW.end + 2 * DAY, WINDOW.end + 3 * DAY), guess("auc", 0.9, 0.021))
    return result(reference(BINARY, base), made, outlook=later, revisions=revisions), context(found, settings)


def quiet() -> ModelQualityReport:
    """A classifier that does as it did."""
    found = history("auc", [0.941, 0.938, 0.94, 0.943], 0.011, 0.94)
    made = Made({(): binary(4_000, 2.2, 5)}, 4_200, ModelQuality(), guess("auc", 0.939, 0.02), tried(found, "auc"))
    return report_of(result(reference(BINARY, {(): binary(30_000, 2.2, 1)}), made), context(found))


def few_labels() -> ModelQualityReport:
    """Labels of two records in five so far."""
    found = history("auc", [0.941, 0.938, 0.94, 0.943, 0.936, 0.939], 0.011, 0.94, few=(-1, -2))
    made = Made({(): binary(1_700, 2.2, 5)}, 4_200, ModelQuality(), guess("auc", 0.921, 0.02), tried(found, "auc"))
    later = Outlook(Window(WINDOW.end + 2 * DAY, WINDOW.end + 3 * DAY), guess("auc", 0.93, 0.021))
    return report_of(result(reference(BINARY, {(): binary(30_000, 2.2, 1)}), made, outlook=later), context(found))


def silenced() -> ModelQualityReport:
    """Estimates that have been wrong too often are not shown."""
    found = history("auc", [0.94 - 0.002 * place for place in range(12)], 0.011, 0.94)
    made = Made({(): binary(4_000, 2.2, 5)}, 4_200, ModelQuality(), guess("auc", 0.999, 0.0004), tried(found, "auc", 6))
    return report_of(result(reference(BINARY, {(): binary(30_000, 2.2, 1)}), made), context(found))


def of_numbers() -> ModelQualityReport:
    """A regression whose answers have come to be too high."""
    problem = Problem("Regression")
    settings = ModelQuality(metrics=["mae", "r2"])
    found = history("mae", [2.3, 2.25, 2.36, 2.29, 2.33, 2.28, 2.35, 2.74], 0.06, 2.31, violated=(-1,))
    made = Made({(): regression(5_200, 2.6, 2.4, 6)}, 5_500, settings, guess("mae", 2.6, 0.3), tried(found, "mae"))
    against = reference(problem, {(): regression(30_000, 2.3, 0.0, 2)})
    return report_of(result(against, made), context(found, settings))


def of_classes(count: int = 17) -> ModelQualityReport:
    """A classifier of more classes than are shown, without ground truth of its own."""
    classes = tuple(sorted(f"reason-{number:02d}" for number in range(count)))
    problem = Problem("MulticlassClassification", classes)
    against = reference(problem, {(): multiclass(30_000, classes, 0.86, 3)})
    made = Made({(): multiclass(6_000, classes, 0.79, 4)}, 6_100)
    return report_of(result(against, made, label_report=None), context())


def original() -> ModelQualityReport:
    """Judged as SageMaker does: thresholds without intervals."""
    settings = ModelQuality(compatibility="SageMaker")
    made = Made({(): binary(4_000, 1.9, 5)}, 4_200, settings)
    return report_of(result(reference(BINARY, {(): binary(30_000, 2.2, 1)}, 0), made), context(None, settings))


def hostile() -> ModelQualityReport:
    """Labels and segments that try to become part of the page."""
    classes = tuple(sorted((HOSTILE, "", "\u202egnp.exe", "]]>")))
    problem = Problem("MulticlassClassification", classes)
    key = (HOSTILE, HOSTILE)
    against = reference(problem, {(): multiclass(9_000, classes, 0.9, 3), key: multiclass(3_000, classes, 0.9, 5)})
    made = Made({(): multiclass(3_000, classes, 0.6, 4), key: multiclass(900, classes, 0.5, 6)}, 3_100)
    truth = GroundTruth(uri="s3://" + "x" * 200)
    return report_of(result(against, made), replace(context(), schedule=HOSTILE, ground_truth=truth))
