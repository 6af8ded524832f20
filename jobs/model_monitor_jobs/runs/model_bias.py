"""One run of a bias monitor: join records with labels, measure bias, compare with the baseline."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from model_monitor_crds.baseline import BaselineFiles
from model_monitor_crds.bias import ModelBias
from model_monitor_crds.data import Columns
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.bias import default, sagemaker
from model_monitor_jobs.checks.bias.default import Known, judged_metrics
from model_monitor_jobs.checks.bias.measured import MeasuredBias
from model_monitor_jobs.checks.coverage import LabelCoverage
from model_monitor_jobs.checks.judgement import Judgement
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.profiles.bias import BiasProblem, BiasProfile, FlipSample, decode_bias
from model_monitor_jobs.runs.answers import AnswerColumns
from model_monitor_jobs.runs.bias_problem import check_scores, measurable
from model_monitor_jobs.runs.labelled import input_uri, least_coverage, open_labelled
from model_monitor_jobs.runs.labelled_result import coverage_note
from model_monitor_jobs.runs.labelled_window import labelled_fields
from model_monitor_jobs.runs.labels_as_of import LabelsAsOf
from model_monitor_jobs.runs.model_bias_baseline import flips_of, measure_all, on_rows, only, refuse_segments
from model_monitor_jobs.runs.model_bias_loading import LoadedBias, load_bias
from model_monitor_jobs.runs.model_bias_result import ModelBiasResult
from model_monitor_jobs.runs.read_rows import ReadRows
from model_monitor_jobs.runs.reading import meant
from model_monitor_jobs.runs.remarks import known_windows, what_limits_of_metrics_know, without_effect
from model_monitor_jobs.sources.selection import LABEL, RECORD_HASH
from model_monitor_jobs.storage import Storage

EXPECTED_GOOD: Final = 20
"""So many good labels are expected where none at all is no chance."""
_NO_FEATURES: Final = (
    "the baseline does not tell which columns are features; make it from a dataset, or set modelBias.analysisConfigURI"
)


def run_model_bias(
    monitor: MonitoringScheduleSpec, files: BaselineFiles, window: Window, labels: LabelsAsOf, storage: Storage
) -> ModelBiasResult:
    """Judge one window with the labels known at a time.

    Raises InputError for data that are missing or can't be used, ConfigurationError, StorageUnavailable.
    """
    columns, settings = _columns(monitor), monitor.model_bias
    refuse_segments(columns)
    baseline = load_bias(files, settings, storage, window)
    problem = baseline.reference.problem
    answers = AnswerColumns(columns.prediction, columns.probability)
    if baseline.reference.baseline is None:
        check_scores(problem, columns.prediction, columns.probability, files.constraints_uri)
    labelled = monitor.ground_truth is not None or columns.ground_truth is not None
    if not labelled and not answers.names:
        raise ConfigurationError(
            "spec: there are neither labels nor answers",
            remedy="set groundTruth, or name columns.prediction or columns.probability",
        )
    features = [name for name, role in baseline.roles.items() if role == "feature"] if answers.names else []
    also = frozenset([*(facet.column for facet in problem.facets), *features])
    also |= {problem.stratified_by} if problem.stratified_by is not None else set()
    records = open_labelled(
        monitor.input,
        monitor.ground_truth,
        columns,
        answers,
        baseline.roles,
        window,
        labels.as_of,
        storage,
        also,
        label_free=True,
    )
    profile, sample = BiasProfile.empty(problem), FlipSample(features, len(problem.facets))
    read = ReadRows("modelBias.positiveThreshold expects numbers", label_free=True)
    rows = 0
    for batch in records:
        rows += batch.num_rows
        hashes = batch.column(RECORD_HASH).to_numpy()
        present = {name: batch.column(place) for place, name in enumerate(batch.schema.names)}
        prediction, probability, _ = answers.arrays(batch)
        known = batch.column(LABEL) if labelled else None
        decoded = decode_bias(problem, present, known, prediction, probability, hashes)
        profile.update(decoded)
        read.add(batch.num_rows, decoded)
        if features:
            sample.update(present, decoded, hashes)
    uri = input_uri(monitor.input)
    records.check(uri)
    answers.check(records.columns, uri)
    _check_facets(problem, records.columns, uri)
    read.check(records, monitor, uri)
    on_outcomes = _on_outcomes(profile, baseline, uri)
    there = measurable(labels=labelled, answers=bool(answers.names))
    flips = flips_of(sample, problem) if features else ()
    measured = [only(metrics, there) for metrics in measure_all(profile, flips, _NO_FEATURES)]
    coverage = _coverage(profile, monitor, rows, answered=bool(answers.names))
    state = Known(labelled, bool(answers.names), coverage)
    judgement = _judge(baseline, profile, measured, settings, state, window)
    notes = (
        *baseline.notes,
        *records.notes,
        *read.notes(),
        *on_outcomes,
        *on_rows(profile, rows, labels=False, answers=False),
        *(coverage_note(records.coverage, coverage, judged=settings.compatibility == "Default") if labelled else ()),
        *_unmeasured(baseline, there),
        *_remarks(judgement, baseline, settings),
    )
    return ModelBiasResult(
        **labelled_fields(
            records,
            judgement,
            coverage,
            notes,
            monitor=monitor,
            files=files,
            window=window,
            labels=labels,
            compatibility=settings.compatibility,
            storage=storage,
        ),
        label=columns.ground_truth or baseline.label,
        profile=profile,
        measured=tuple(measured),
        reference=baseline.reference,
        judged_metrics=judged_metrics(settings, state),
        label_free=not labelled,
    )


def _on_outcomes(profile: BiasProfile, baseline: LoadedBias, uri: str) -> list[str]:
    """That no answer is a good one though many should be: written otherwise, it would count as bad on both sides.

    Raises InputError where no label is.
    """
    known = baseline.reference.baseline
    if known is None:
        return []
    own, then = (each.counts.table.sum(axis=0)[0].sum(axis=0) for each in (profile, known.whole))
    said = []
    for what, axis in (("label", 1), ("answer", 0)):
        (negative, positive, _), (bad, good, _) = own.sum(axis=axis).tolist(), then.sum(axis=axis).tolist()
        share = good / max(1, good + bad)
        if positive or negative * share < EXPECTED_GOOD:
            continue
        wanted = known.whole.label_text or "a positive one"
        text = f"no {what} of {negative:,} is {wanted}, {share:.0%} were in the baseline"
        if what == "label":
            raise InputError(f"{uri}: {text}", remedy="are labels written as in the baseline?")
        said.append(f"{text}: nobody is given a good answer, or answers are written otherwise now")
    return said


def _columns(monitor: MonitoringScheduleSpec) -> Columns:
    """The monitor's columns; captured data has no labels of its own."""
    columns = monitor.columns or Columns()
    if monitor.ground_truth is None and monitor.input.batch is None:
        return columns.model_copy(update={"ground_truth": None})
    return columns


def _coverage(profile: BiasProfile, monitor: MonitoringScheduleSpec, rows: int, *, answered: bool) -> LabelCoverage:
    """How many of the rows that could have one have a label; where there are answers, of those with an answer."""
    counts, least = profile.counts, least_coverage(monitor)
    if not answered:
        return LabelCoverage(rows, int(counts.labelled.sum()), least)
    both = int(counts.table[:, 0, :, :2, :2].sum())
    return LabelCoverage(int(counts.answered.sum()), both, least)


def _judge(
    baseline: LoadedBias,
    profile: BiasProfile,
    measured: list[dict[str, MeasuredBias]],
    settings: ModelBias,
    known: Known,
    window: Window,
) -> Judgement:
    if settings.compatibility == "SageMaker":
        return Judgement(sagemaker.compare(baseline.reference, measured))
    return default.compare(baseline.reference, profile.counts, measured, settings, known, window)


def _check_facets(problem: BiasProblem, known: Collection[str], uri: str) -> None:
    """Raise InputError where no record has the column of a facet, or of the strata."""
    named = [facet.column for facet in problem.facets]
    for column in [*named, *([problem.stratified_by] if problem.stratified_by is not None else [])]:
        if column not in known:
            raise InputError(
                f"{uri}: no record has {column!r}{meant(column, known)}",
                remedy="facets and group must be columns of the records, under the same names as in the baseline",
            )


def _unmeasured(baseline: LoadedBias, there: frozenset[str]) -> Iterator[str]:
    """What analysis.json has and the window can't have."""
    named = sorted({constraint.name for constraint in baseline.reference.constraints.values()} - there)
    if named:
        yield f"not measured, as there are no labels or no answers: {', '.join(named)}"


def _remarks(judgement: Judgement, baseline: LoadedBias, settings: ModelBias) -> Iterator[str]:
    if settings.compatibility == "SageMaker":
        fields = ("metrics", "threshold", "alpha", "compare_with", "minimum_facet_size", "allowed_ranges")
        yield from without_effect(settings, "modelBias", fields, "thresholds are those of analysis.json")
        return
    if not judgement.findings:
        yield "nothing is judged: analysis.json has none of the judged metrics"
    known = known_windows(baseline.reference.baseline)
    yield from what_limits_of_metrics_know(
        judgement, known, settings.compare_with, baseline.unlearned, settings.threshold
    )
