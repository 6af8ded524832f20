"""A model quality baseline: measure a model on a dataset with labels, or adopt files that exist."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import pyarrow as pa

from model_monitor_crds.baseline import BaselineFiles, BaselineSpec, ExistingBaseline
from model_monitor_crds.data import Columns, Dataset
from model_monitor_crds.engine import LOCAL, Engine
from model_monitor_crds.model_quality import Problem as ProblemSpec
from model_monitor_jobs.checks.model_quality.measured import measure, measure_best_constant
from model_monitor_jobs.checks.model_quality.reference import Measured
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.profiles.by_window import EVERYTHING
from model_monitor_jobs.profiles.performance.baseline import BaselinePerformance
from model_monitor_jobs.profiles.performance.by_problem import empty_counts
from model_monitor_jobs.profiles.performance.parts import PerformanceParts
from model_monitor_jobs.profiles.performance.problem import (
    Problem,
    canonical_label,
    find_classes,
    joined_classes,
    listed,
)
from model_monitor_jobs.profiles.segments import segment_values
from model_monitor_jobs.profiles.table import TableProfile
from model_monitor_jobs.runs.answers import AnswerColumns
from model_monitor_jobs.runs.baseline_files import PROFILE, SAMPLE, DatasetBaseline, MadeBaseline
from model_monitor_jobs.runs.dataset_windows import DatasetWindows, read_zone
from model_monitor_jobs.runs.labelled_dataset import (
    UnusableRows,
    first_look,
    hashed_batches,
    roles_of,
)
from model_monitor_jobs.runs.reference_sample import ReferenceSampler
from model_monitor_jobs.runs.result import CONSTRAINTS, STATISTICS
from model_monitor_jobs.runs.traffic import open_rows
from model_monitor_jobs.sagemaker.documents import to_json
from model_monitor_jobs.sagemaker.model_quality import read_model_quality_statistics, statistics_document
from model_monitor_jobs.sagemaker.model_quality_constraints import (
    constraints_document,
    problem_of,
    read_model_quality_constraints,
)
from model_monitor_jobs.storage import Storage


@dataclass(frozen=True)
class MeasuredDataset(DatasetBaseline):
    """A dataset on which a model was measured, and the baseline's files by name."""

    performance: BaselinePerformance = field(kw_only=True)
    measured: Measured = field(kw_only=True)


def make_model_quality_baseline(spec: BaselineSpec, storage: Storage) -> MadeBaseline:
    """Measure the model on the dataset of a spec, or adopt its files; raises as `make_baseline`."""
    if spec.existing is not None:
        return MadeBaseline(adopt(spec.existing, spec.model_quality, storage), judges="metrics")
    if spec.dataset is None or spec.output is None or spec.model_quality is None:
        raise ConfigurationError("spec: set dataset, output.uri and modelQuality.problemType, or existing")
    made = measure_dataset(
        spec.dataset, spec.columns, spec.model_quality, storage, spec.windows, spec.time_zone, spec.engine
    )
    files = made.write_below(spec.output.uri, storage)
    return MadeBaseline(files, None, made.report, made.notes, made.measured, "metrics")


def measure_dataset(
    dataset: Dataset,
    columns: Columns,
    settings: ProblemSpec,
    storage: Storage,
    windows: Sequence[str] = (),
    time_zone: str = "Etc/UTC",
    engine: Engine = LOCAL,
) -> MeasuredDataset:
    """Measure a model on a dataset with labels, as a whole and in each of its windows.

    Raises InputError for data that can't be used, ConfigurationError for columns that it does not have and for labels
    that don't fit the problem.
    """
    zone = read_zone(time_zone)
    label = columns.ground_truth
    if label is None:
        raise ConfigurationError("spec.columns.groundTruth: is missing", remedy="name the column with the label")
    stream = open_rows(dataset, storage)
    table = first_look(stream, dataset, columns, engine, [label, *columns.segments])
    problem, shift = _problem(settings, table, label, dataset.uri)
    answers = AnswerColumns.of(columns, problem)
    answers.check(table.order, dataset.uri)
    segments = segment_values(table, columns.segments)
    parts = PerformanceParts(problem, segments, scored=answers.scored, shift=shift)
    by_window = DatasetWindows(
        lambda: empty_counts(problem, 1, scored=answers.scored, shift=shift),
        segments,
        windows,
        columns.timestamp,
        zone,
    )
    roles = roles_of(table.order, columns, label, answers)
    sampler = ReferenceSampler(
        [name for name, role in roles.items() if role == "feature"], answers, label, columns.timestamp
    )
    faults = UnusableRows()
    for batch, hashes in hashed_batches(stream):
        index = batch.schema.get_field_index(label)
        labels = batch.column(index) if index >= 0 else pa.nulls(batch.num_rows, pa.string())
        decoded = answers.decode(problem, batch, labels, hashes)
        faults.add(batch.num_rows, decoded)
        kept = batch.filter(pa.array(decoded.kept))
        parts.add(kept, decoded.rows)
        sampler.add(kept, hashes[decoded.kept])
        by_window.add(kept, decoded.rows)
    everything = parts.profiles[EVERYTHING]
    faults.check(everything.rows, dataset.max_unreadable_share, dataset.uri)
    performance = BaselinePerformance(
        everything.counts.problem,
        answers.scored,
        roles,
        parts.profiles,
        by_window.windows(everything.rows, dataset.uri),
        time_zone,
        segments,
    )
    measured = measure(everything.counts, everything.overall)
    constant = measure_best_constant(everything.counts)
    statistics = statistics_document(everything.counts, everything.overall, measured, constant)
    content = {
        STATISTICS: to_json(statistics),
        PROFILE: performance.to_parquet(),
        SAMPLE: sampler.sample(performance.problem).to_parquet(),
        CONSTRAINTS: to_json(constraints_document(problem.type, measured)),
    }
    return MeasuredDataset(
        stream.report,
        content,
        everything.rows,
        sum(metric.defined for metric in measured.values()),
        (*faults.notes(), *by_window.learned(performance.windows)),
        performance=performance,
        measured=measured,
    )


def adopt(existing: ExistingBaseline, settings: ProblemSpec | None, storage: Storage) -> BaselineFiles:
    """Read existing files, so that a fault shows now and not in the first run, and tell what is in them.

    Raises InputError for files that can't be used, ConfigurationError where they are of another problem.
    """
    content = storage.read_bytes(existing.constraints_uri)
    problem = problem_of(content, existing.constraints_uri)
    if settings is not None and settings.problem_type != problem:
        raise ConfigurationError(
            f"spec.modelQuality.problemType: is {settings.problem_type}, {existing.constraints_uri} is of {problem}",
            remedy="leave modelQuality out, or name the constraints of this problem",
        )
    constraints = read_model_quality_constraints(content, existing.constraints_uri, problem)
    rows, digest = 0, None
    if existing.statistics_uri is not None:
        statistics = storage.read_bytes(existing.statistics_uri)
        rows = read_model_quality_statistics(statistics, existing.statistics_uri, problem).dataset.item_count
        digest = sha256(statistics).hexdigest()
    return BaselineFiles(
        statistics_uri=existing.statistics_uri,
        constraints_uri=existing.constraints_uri,
        statistics_sha256=digest,
        constraints_sha256=sha256(content).hexdigest(),
        record_count=rows,
        column_count=len(constraints.metrics(problem)),
    )


def _problem(settings: ProblemSpec, table: TableProfile, label: str, uri: str) -> tuple[Problem, float]:
    """The problem with its classes, and a number near the mean of a regression's labels."""
    column = table.columns[label]
    if not column.present:
        raise InputError(f"{uri}: no row has a label in {label!r}", remedy="name another column in columns.groundTruth")
    if settings.problem_type == "Regression":
        if not column.moments.count:
            some = listed(list(column.frequencies.counts)[:3])
            raise InputError(
                f"{uri}: no label in {label!r} is a number; found {some}",
                remedy="set modelQuality.problemType to a classification, or name another column",
            )
        return Problem("Regression"), column.moments.mean
    labels = list(column.frequencies.counts)
    try:
        if settings.problem_type == "MulticlassClassification":
            return Problem("MulticlassClassification", joined_classes(_canonical(labels))), 0.0
        classes = find_classes(labels, settings.positive_label)
    except ConfigurationError as error:
        raise ConfigurationError(f"{uri}: column {label!r}: {error.message}", remedy=error.remedy) from error
    if len(set(_canonical(labels))) < 2:
        raise InputError(
            f"{uri}: all {column.present:,} labels in {label!r} are {listed(_canonical(labels))}",
            remedy="a baseline needs rows of both classes",
        )
    return Problem("BinaryClassification", classes, settings.probability_threshold), 0.0


def _canonical(labels: Iterable[str]) -> list[str]:
    return sorted({form for form in map(canonical_label, labels) if form})
