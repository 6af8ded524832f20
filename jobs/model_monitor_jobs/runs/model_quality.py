"""One run of a model quality monitor: join records with labels, measure, compare with the baseline, and estimate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial

import numpy as np
import pyarrow as pa

from model_monitor_crds.baseline import BaselineFiles
from model_monitor_crds.data import Columns
from model_monitor_crds.model_quality import ModelQuality
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.coverage import LabelCoverage
from model_monitor_jobs.checks.judgement import Judgement
from model_monitor_jobs.checks.model_quality import default, sagemaker
from model_monitor_jobs.checks.model_quality.default import judged_metrics
from model_monitor_jobs.checks.model_quality.measured import MeasuredMetric, measure
from model_monitor_jobs.checks.model_quality.metrics import values
from model_monitor_jobs.checks.model_quality.reference import Performance, Reference
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.estimation.backtest import Backtest, EstimatedAndRealised, backtest
from model_monitor_jobs.estimation.estimates import Estimate, Estimates
from model_monitor_jobs.estimation.samples import ReferenceSample
from model_monitor_jobs.profiles.baseline_profile import SegmentKey
from model_monitor_jobs.profiles.performance.multiclass import MulticlassCounts
from model_monitor_jobs.profiles.performance.parts import PerformanceParts
from model_monitor_jobs.profiles.performance.problem import Problem, listed
from model_monitor_jobs.profiles.performance.regression import RegressionCounts
from model_monitor_jobs.profiles.performance.rows import LabelledRows
from model_monitor_jobs.runs.answers import AnswerColumns
from model_monitor_jobs.runs.history import History
from model_monitor_jobs.runs.label_classes import with_classes
from model_monitor_jobs.runs.labelled import (
    input_uri,
    least_coverage,
    open_labelled,
    open_records,
)
from model_monitor_jobs.runs.labelled_result import coverage_note
from model_monitor_jobs.runs.labelled_window import labelled_fields
from model_monitor_jobs.runs.labels_as_of import LabelsAsOf
from model_monitor_jobs.runs.model_quality_loading import LoadedPerformance, load_performance
from model_monitor_jobs.runs.model_quality_result import (
    ModelQualityResult,
    Outlook,
    read_estimates,
)
from model_monitor_jobs.runs.read_rows import AnsweredRows, ReadRows, on_labels
from model_monitor_jobs.runs.reference_sample import WindowSampler, windows_of
from model_monitor_jobs.runs.remarks import known_windows, what_limits_of_metrics_know, without_effect
from model_monitor_jobs.sources.label_join import join_labels
from model_monitor_jobs.sources.selection import LABEL, RECORD_HASH
from model_monitor_jobs.storage import Storage


def run_model_quality(
    monitor: MonitoringScheduleSpec, files: BaselineFiles, window: Window, known: LabelsAsOf, storage: Storage
) -> ModelQualityResult:
    """Judge one window with the labels known at a time.

    Raises InputError for data that are missing or can't be used, ConfigurationError, StorageUnavailable.
    """
    columns, settings = monitor.columns or Columns(), monitor.quality_settings
    baseline = load_performance(files, settings, storage, window)
    if not baseline.classes_known:
        baseline = with_classes(baseline, monitor, columns, window, known.as_of, storage)
    problem = baseline.reference.problem
    answers = AnswerColumns.of(columns, problem)
    segments = _segments(baseline, columns)
    foreseen = _foreseen(known.history, window, files) if settings.estimate and known.estimate else None
    ahead = known.latest is not None and known.latest != window
    wanted = settings.estimate and known.estimate and (foreseen is None or ahead)
    sample = baseline.sample(storage) if wanted else None
    estimator = _Estimator(sample, answers, baseline.reference) if sample is not None else None
    collecting = estimator.sampler() if estimator is not None and foreseen is None else None
    also = frozenset(segments) | (estimator.columns if estimator and collecting else frozenset())
    records = open_labelled(
        monitor.input, monitor.ground_truth, columns, answers, baseline.roles, window, known.as_of, storage, also
    )
    parts = PerformanceParts(problem, segments, scored=answers.scored, shift=_shift(baseline, None))
    known_labels = f"the baseline knows {listed(problem.classes)}" if problem.classes else "a number is expected"
    read, answered = ReadRows(known_labels), AnsweredRows(segments)
    for batch in records:
        decoded = answers.decode(problem, batch, batch.column(LABEL), batch.column(RECORD_HASH).to_numpy())
        if not parts.profiles[()].rows:
            shift = _shift(baseline, decoded.rows)
            parts = PerformanceParts(problem, segments, scored=answers.scored, shift=shift)
        parts.add(batch.filter(pa.array(decoded.kept)), decoded.rows)
        read.add(batch.num_rows, decoded)
        answered.add(batch, decoded.answered)
        if collecting is not None:
            collecting.add(batch, batch.column(RECORD_HASH).to_numpy())
    uri = input_uri(monitor.input)
    records.check(uri)
    answers.check(records.columns, uri)
    read.check(records, monitor, uri)
    performances = {
        key: Performance(profile, measure(profile.counts, profile.overall, settings.costs))
        for key, profile in parts.profiles.items()
        if not key or profile.rows
    }
    least = least_coverage(monitor)
    covered = {
        key: LabelCoverage(answered.counts[key], performance.profile.rows, least)
        for key, performance in performances.items()
    }
    coverage = covered[()]
    judgement = _judge(baseline, performances, settings, covered, window, answers.scored)
    metrics = judged_metrics(settings, problem, scored=answers.scored)
    estimates = estimator.estimates(collecting) if estimator is not None and collecting is not None else foreseen
    trials = _backtests(known.history, performances[()].measured, estimates, coverage)
    outlook = None
    if estimator is not None and known.latest is not None and ahead:
        outlook = _outlook(estimator, monitor, columns, answers, baseline, known.latest, storage)
    notes = (
        *baseline.notes,
        *records.notes,
        *read.notes(),
        *_unknown_classes(problem, performances[()]),
        *on_labels(records, monitor),
        *coverage_note(records.coverage, coverage, judged=settings.compatibility == "Default"),
        *_remarks(judgement, baseline, settings),
        *_on_estimates(estimates, trials, settings, baseline),
    )
    return ModelQualityResult(
        **labelled_fields(
            records,
            judgement,
            coverage,
            notes,
            monitor=monitor,
            files=files,
            window=window,
            labels=known,
            compatibility=settings.compatibility,
            storage=storage,
        ),
        parts=performances,
        reference=baseline.reference,
        judged_metrics=metrics,
        estimates=estimates,
        backtests=trials,
        outlook=outlook,
    )


def _judge(
    baseline: LoadedPerformance,
    parts: Mapping[SegmentKey, Performance],
    settings: ModelQuality,
    coverage: Mapping[SegmentKey, LabelCoverage],
    window: Window,
    scored: bool,
) -> Judgement:
    if settings.compatibility == "SageMaker":
        return Judgement(sagemaker.compare(baseline.reference, parts[()].measured))
    evaluate = partial(values, costs=settings.costs)
    return default.compare(baseline.reference, parts, settings, coverage, evaluate, window, scored)


def _segments(baseline: LoadedPerformance, columns: Columns) -> dict[str, tuple[str, ...]]:
    """The values of each column that are judged apart. Raises ConfigurationError where the baseline has none."""
    unknown = [column for column in columns.segments if column not in baseline.segments]
    if unknown:
        raise ConfigurationError(
            f"spec.columns.segments: the baseline was not made with {', '.join(map(repr, unknown))}",
            remedy="name the same columns under spec.columns.segments of the Baseline",
        )
    return {column: baseline.segments[column] for column in columns.segments}


def _shift(baseline: LoadedPerformance, rows: LabelledRows | None) -> float:
    """What labels are shifted by: the same as in the baseline, so that both can be compared, else a label of theirs."""
    performance = baseline.reference.baseline
    if performance is not None:
        counts = performance.everything.counts
        return counts.shift if isinstance(counts, RegressionCounts) else 0.0
    regression = baseline.reference.problem.type == "Regression"
    return float(np.median(rows.actual)) if regression and rows is not None and len(rows) else 0.0


def _unknown_classes(problem: Problem, performance: Performance) -> Iterator[str]:
    """Classes of a multiclass problem that only the window's labels have."""
    counts = performance.profile.counts.total()
    if isinstance(counts, MulticlassCounts):
        labelled = dict(zip(counts.problem.classes, counts.by_class[0, :, 1].tolist(), strict=True))
        if unknown := {name: rows for name, rows in labelled.items() if rows and name not in problem.classes}:
            rows = sum(unknown.values())
            yield f"{rows:,} labels are of classes that the baseline does not know: {listed(unknown)}"


class _Estimator:
    """Estimates the performance in windows of one monitor."""

    def __init__(self, sample: ReferenceSample, answers: AnswerColumns, reference: Reference) -> None:
        self._reference = sample
        self._answers = answers
        self._problem = reference.problem
        self._windows = windows_of(sample, reference.baseline)

    @property
    def columns(self) -> frozenset[str]:
        """The features that are looked at."""
        return frozenset(column.name for column in self._reference.features.columns)

    def sampler(self) -> WindowSampler:
        """Collects the rows of a window."""
        return WindowSampler(self._reference.features.columns, self._answers, self._problem)

    def estimates(self, collected: WindowSampler) -> Estimates:
        """What the window's labels will show."""
        from model_monitor_jobs.estimation.estimate import estimate

        window = collected.sample()
        if window is None:
            return Estimates(reason="the window has answers that the baseline does not know")
        return estimate(self._problem, self._reference, window, self._windows)


def _backtests(
    history: History, measured: Mapping[str, MeasuredMetric], estimates: Estimates | None, coverage: LabelCoverage
) -> dict[str, Backtest]:
    """How good estimates of each metric have been, this window's among them once it has its labels."""
    trials = {}
    for name, estimate in estimates.metrics.items() if estimates is not None else ():
        pairs = list(_pairs(history, name))
        if coverage.enough and name in measured and measured[name].defined:
            pairs.append(EstimatedAndRealised(estimate, measured[name].value))
        trials[name] = backtest(pairs)
    return trials


def _pairs(history: History, metric: str) -> Iterable[EstimatedAndRealised]:
    for result in history.results:
        earlier = result.metrics.get(metric)
        if earlier is None or not result.labelled or earlier.value is None:
            continue
        if earlier.estimate is not None and earlier.estimate_low is not None and earlier.estimate_high is not None:
            estimate = Estimate(metric, earlier.estimate, earlier.estimate_low, earlier.estimate_high)
            yield EstimatedAndRealised(estimate, earlier.value)


def _outlook(
    estimator: _Estimator,
    monitor: MonitoringScheduleSpec,
    columns: Columns,
    answers: AnswerColumns,
    baseline: LoadedPerformance,
    window: Window,
    storage: Storage,
) -> Outlook | None:
    """What the newest window is estimated to show; None where it has no data."""
    collecting = estimator.sampler()
    try:
        records = open_records(monitor.input, columns, answers, baseline.roles, window, storage, estimator.columns)
        for batch in join_labels(records, []):
            collecting.add(batch, batch.column(RECORD_HASH).to_numpy())
    except InputError:
        return None
    return Outlook(window, estimator.estimates(collecting), baseline.files.sample_uri or "")


def _foreseen(history: History, window: Window, files: BaselineFiles) -> Estimates | None:
    """What was estimated of a window from the same baseline when it was the newest: its records have not changed."""
    for result in history.results:
        told = result.outlook
        if told is not None and (told.start, told.end, told.sample_uri) == (window.start, window.end, files.sample_uri):
            return read_estimates(told.told)
    return None


def _remarks(judgement: Judgement, baseline: LoadedPerformance, settings: ModelQuality) -> Iterator[str]:
    if settings.compatibility == "SageMaker":
        fields = ("metrics", "threshold", "alpha", "compare_with")
        yield from without_effect(settings, "modelQuality", fields, "thresholds are those of constraints.json")
        return
    known = known_windows(baseline.reference.baseline)
    yield from what_limits_of_metrics_know(
        judgement, known, settings.compare_with, baseline.unlearned, settings.threshold
    )


def _on_estimates(
    estimates: Estimates | None,
    trials: Mapping[str, Backtest],
    settings: ModelQuality,
    baseline: LoadedPerformance,
) -> Iterator[str]:
    if estimates is None:
        if settings.estimate and baseline.files.sample_uri is None:
            yield "performance is not estimated without labels: the baseline was not made from a dataset"
        return
    if not estimates.metrics:
        yield f"performance is not estimated without labels: {estimates.reason}"
        return
    for name, trial in trials.items():
        if trial.trusted is False:
            yield f"the estimate of {name} without labels is not shown: {trial.reason}"
