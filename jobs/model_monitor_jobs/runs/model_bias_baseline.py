"""A bias baseline: measure the bias of a dataset and of a model's answers, or adopt an analysis.json."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import pyarrow as pa

from model_monitor_crds.baseline import BaselineFiles, BaselineSpec, ExistingBaseline
from model_monitor_crds.bias import BiasProblem as ProblemSettings
from model_monitor_crds.data import Columns, Dataset
from model_monitor_crds.engine import LOCAL, Engine
from model_monitor_jobs.checks.bias.flip_test import flip_test
from model_monitor_jobs.checks.bias.measured import MeasuredBias, measure, measure_flips, unmeasured_flips
from model_monitor_jobs.checks.bias.words import facet_name
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.profiles.bias import BiasCounts, BiasProblem, BiasProfile, Flips, FlipSample, decode_bias
from model_monitor_jobs.profiles.bias.baseline import BaselineBias
from model_monitor_jobs.runs.answers import AnswerColumns, column_of
from model_monitor_jobs.runs.baseline_files import PROFILE, DatasetBaseline, MadeBaseline
from model_monitor_jobs.runs.bias_problem import check_scores, given_problem, measurable, problem_of
from model_monitor_jobs.runs.dataset_windows import DatasetWindows, read_zone
from model_monitor_jobs.runs.labelled_dataset import (
    UnusableRows,
    first_look,
    hashed_batches,
    roles_of,
)
from model_monitor_jobs.runs.result import ANALYSIS
from model_monitor_jobs.runs.traffic import open_rows
from model_monitor_jobs.sagemaker.analysis import MeasuredFacet, analysis_document, read_analysis
from model_monitor_jobs.sagemaker.bias_drift import bias_constraints
from model_monitor_jobs.sagemaker.documents import to_json
from model_monitor_jobs.storage import Storage

MeasuredFacets = Sequence[Mapping[str, MeasuredBias]]


@dataclass(frozen=True)
class MeasuredDataset(DatasetBaseline):
    """A dataset whose bias was measured, and the baseline's files by name."""

    bias: BaselineBias = field(kw_only=True)
    measured: MeasuredFacets = field(kw_only=True)


def make_model_bias_baseline(spec: BaselineSpec, storage: Storage) -> MadeBaseline:
    """Measure the bias of a spec's dataset, or adopt its analysis.json; raises as `make_baseline`."""
    if spec.existing is not None:
        return MadeBaseline(adopt(spec.existing, storage), judges="metrics")
    if spec.dataset is None or spec.output is None or spec.model_bias is None:
        raise ConfigurationError("spec: set dataset, output.uri and modelBias, or existing")
    made = measure_dataset(
        spec.dataset, spec.columns, spec.model_bias, storage, spec.windows, spec.time_zone, spec.engine
    )
    files = made.write_below(spec.output.uri, storage)
    bias = {facet_name(facet): metrics for facet, metrics in zip(made.bias.problem.facets, made.measured, strict=True)}
    return MadeBaseline(files, None, made.report, made.notes, judges="metrics", bias=bias)


def measure_dataset(
    dataset: Dataset,
    columns: Columns,
    settings: ProblemSettings,
    storage: Storage,
    windows: Sequence[str] = (),
    time_zone: str = "Etc/UTC",
    engine: Engine = LOCAL,
) -> MeasuredDataset:
    """Measure the bias in a dataset with labels, with a model's answers or with both.

    Raises InputError for data that can't be used, ConfigurationError for columns that it does not have and for facets
    and labels that don't fit theirs.
    """
    zone = read_zone(time_zone)
    refuse_segments(columns)
    answers = AnswerColumns(columns.prediction, columns.probability)
    label = columns.ground_truth
    outcome = label or columns.prediction or columns.probability
    if outcome is None:
        raise ConfigurationError(
            "spec.columns: ModelBias needs groundTruth, prediction or probability",
            remedy="name the columns with labels and with the model's answers",
        )
    given = given_problem(settings, storage)
    stream = open_rows(dataset, storage)
    table = first_look(stream, dataset, columns, engine, list(dict.fromkeys([outcome, *given.columns])))
    answers.check(table.order, dataset.uri)
    problem = given.resolved(table.columns, outcome)
    if settings.analysis_config_uri is not None:
        check_scores(problem, columns.prediction, columns.probability, settings.analysis_config_uri)
    roles = roles_of(table.order, columns, label, answers)
    features = [name for name, role in roles.items() if role == "feature"]
    profile = BiasProfile.empty(problem)
    by_window = DatasetWindows(lambda: BiasCounts.empty(problem, 1), {}, windows, columns.timestamp, zone)
    sample = FlipSample(features, len(problem.facets))
    faults = UnusableRows()
    for batch, hashes in hashed_batches(stream):
        present = {name: batch.column(place) for place, name in enumerate(batch.schema.names)}
        prediction, probability, _ = answers.arrays(batch)
        labels = column_of(batch, label) if label is not None else None
        decoded = decode_bias(problem, present, labels, prediction, probability, hashes)
        faults.add(batch.num_rows, decoded)
        profile.update(decoded)
        if answers.names:
            sample.update(present, decoded, hashes)
        by_window.add(batch.filter(pa.array(decoded.kept)), decoded.rows)
    if not profile.rows:
        raise InputError(f"{dataset.uri}: no row has a label or an answer", remedy="check spec.columns")
    faults.check(profile.rows, dataset.max_unreadable_share, dataset.uri)
    learned = by_window.windows(profile.rows, dataset.uri)
    _check_facets(profile, dataset.uri)
    _check_outcomes(profile, dataset.uri)
    flips = flips_of(sample, problem) if answers.names else ()
    measured = measure_all(profile, flips)
    bias = BaselineBias(problem, roles, profile, learned, time_zone, flips)
    name = label or outcome
    known = measurable(labels=label is not None, answers=bool(answers.names))
    written = [only(metrics, given.metrics & known) for metrics in measured]
    content = {ANALYSIS: to_json(document_of(name, profile, written)), PROFILE: bias.to_parquet()}
    notes = (
        *given.notes,
        *on_rows(profile, faults.rows, labels=label is not None, answers=bool(answers.names)),
        *by_window.learned(learned),
    )
    return MeasuredDataset(
        stream.report,
        content,
        profile.rows,
        sum(metric.defined for metrics in written for metric in metrics.values()),
        notes,
        constraints=ANALYSIS,
        bias=bias,
        measured=measured,
    )


def flips_of(sample: FlipSample, problem: BiasProblem) -> Sequence[Flips]:
    """The flip test of each facet."""
    return tuple(flip_test(sample, facet, place) for place, facet in enumerate(problem.facets))


def measure_all(profile: BiasProfile, flips: Sequence[Flips], unmeasured: str = "") -> list[dict[str, MeasuredBias]]:
    """Every metric of each facet, FT among them where there are flips, or a reason why it was not measured."""
    made = measure(profile.counts)
    for place, metrics in enumerate(made):
        if flips:
            metrics["FT"] = measure_flips(flips[place])
        elif unmeasured:
            metrics["FT"] = unmeasured_flips(unmeasured)
    return [dict(sorted(metrics.items())) for metrics in made]


def document_of(label: str, profile: BiasProfile, measured: MeasuredFacets) -> dict[str, object]:
    """analysis.json of what was measured."""
    facets = [
        MeasuredFacet(facet.column, profile.facet_text(place), metrics)
        for place, (facet, metrics) in enumerate(zip(profile.counts.problem.facets, measured, strict=True))
    ]
    return analysis_document(label, profile.label_text, facets)


def on_rows(profile: BiasProfile, rows: int, *, labels: bool, answers: bool) -> Iterator[str]:
    """Which rows can't be counted, for a person; `labels`, `answers`: whether there are any."""
    counts = profile.counts
    if labels and (lacking := rows - int(counts.labelled.sum())):
        yield f"{lacking:,} rows have no label, and count only for metrics that need none"
    if answers and (lacking := rows - int(counts.answered.sum())):
        yield f"{lacking:,} rows have no answer, and count only for metrics that need none"
    for facet, missing in zip(counts.problem.facets, counts.missing.sum(axis=0).tolist(), strict=True):
        if missing:
            yield f"{missing:,} rows have no {facet.column}, and count as not {facet_name(facet)}"


def refuse_segments(columns: Columns) -> None:
    """Raise ConfigurationError where rows shall be judged apart: facets tell them apart already."""
    if columns.segments:
        raise ConfigurationError(
            "spec.columns.segments: not for ModelBias", remedy="name the columns as facets, or as modelBias.group"
        )


def adopt(existing: ExistingBaseline, storage: Storage) -> BaselineFiles:
    """Read an existing analysis.json, so that a fault shows now and not in the first run, and tell what is in it."""
    uri = existing.constraints_uri
    content = storage.read_bytes(uri)
    analysis = read_analysis(content, uri)
    problem_of(analysis, None, 0.5, uri)
    return BaselineFiles(
        constraints_uri=uri,
        constraints_sha256=sha256(content).hexdigest(),
        record_count=0,
        column_count=len(bias_constraints(analysis)),
    )


def only(metrics: Mapping[str, MeasuredBias], names: frozenset[str]) -> dict[str, MeasuredBias]:
    """Some of the metrics."""
    return {name: metric for name, metric in metrics.items() if name in names}


def _check_outcomes(profile: BiasProfile, uri: str) -> None:
    """Raise InputError where no label, or no answer, is a good one, as where it is written otherwise."""
    table = profile.counts.table.sum(axis=0)[0].sum(axis=0)
    for what, counts in (("label", table.sum(axis=1)), ("answer", table.sum(axis=0))):
        negative, positive, _ = counts.tolist()
        if negative and not positive:
            raise InputError(
                f"{uri}: no {what} of {negative:,} is {profile.label_text or 'a positive one'}",
                remedy="write in modelBias.positiveLabels (or positiveThreshold) what a good answer is in the data",
            )


def _check_facets(profile: BiasProfile, uri: str) -> None:
    """Raise InputError where all rows are on one side of a facet, as where a value is misspelt."""
    problem: BiasProblem = profile.counts.problem
    sides = profile.counts.table.sum(axis=(0, 3, 4))
    for facet, (others, own) in zip(problem.facets, sides.tolist(), strict=True):
        if not own or not others:
            raise InputError(
                f"{uri}: {'no' if not own else 'every'} row has {facet_name(facet)}",
                remedy="name values that some rows have and others have not in modelBias.facets",
            )
