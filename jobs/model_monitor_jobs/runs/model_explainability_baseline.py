"""An explainability baseline: explain a model's answers to a dataset, or adopt an analysis.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from model_monitor_crds.baseline import BaselineFiles, BaselineSpec, ExistingBaseline
from model_monitor_crds.data import Columns, Dataset
from model_monitor_crds.engine import LOCAL, Engine
from model_monitor_crds.model_explainability import ExplainedModel
from model_monitor_crds.window import parse_duration
from model_monitor_jobs.attribution.aggregate import aggregate
from model_monitor_jobs.attribution.background import MOST_CLUSTERS, Background, cluster
from model_monitor_jobs.attribution.baseline import UNSTAMPED, BaselineAttributions
from model_monitor_jobs.attribution.feature_types import FeatureType, type_of, typed_rows
from model_monitor_jobs.attribution.kernel_shap import Attributions
from model_monitor_jobs.decisions import FEWEST_ROWS
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.estimation.sampler import Sampler
from model_monitor_jobs.profiles.instants import instants
from model_monitor_jobs.profiles.windows import Calendar
from model_monitor_jobs.runs.answers import AnswerColumns
from model_monitor_jobs.runs.baseline_files import PROFILE, DatasetBaseline, MadeBaseline
from model_monitor_jobs.runs.dataset_windows import check_times, read_zone, what_was_learned
from model_monitor_jobs.runs.explained_rows import KeptProgress, explain_rows
from model_monitor_jobs.runs.explanation_problem import (
    ExplanationProblem,
    given_background,
    given_explanation,
)
from model_monitor_jobs.runs.labelled_dataset import first_look, hashed_batches, roles_of
from model_monitor_jobs.runs.reading import first_columns
from model_monitor_jobs.runs.result import ANALYSIS
from model_monitor_jobs.runs.traffic import open_rows
from model_monitor_jobs.sagemaker.analysis import analysis_document, read_analysis
from model_monitor_jobs.sagemaker.attributions import (
    LabelExplanation,
    explanations,
    label_names,
    local_values_file,
    read_explanations,
)
from model_monitor_jobs.sagemaker.documents import to_json
from model_monitor_jobs.sources import RecordStream
from model_monitor_jobs.storage import Storage

LOCAL_VALUES: Final = "explanations_shap/out.csv"
BACKGROUND: Final = "explanations_shap/baseline.csv"
_CLUSTERED_ROWS: Final = 10_000
"""Of a larger dataset, so many rows are clustered."""


@dataclass(frozen=True)
class ExplainedDataset(DatasetBaseline):
    """A dataset whose answers were explained, and the baseline's files by name."""

    baseline: BaselineAttributions = field(kw_only=True)
    explained: Mapping[str, LabelExplanation] = field(kw_only=True)


def make_model_explainability_baseline(spec: BaselineSpec, storage: Storage) -> MadeBaseline:
    """Explain a model's answers to a spec's dataset, or adopt its analysis.json; raises as `make_baseline`."""
    if spec.existing is not None:
        return MadeBaseline(adopt(spec.existing, storage), judges="features")
    if spec.dataset is None or spec.output is None or spec.model_explainability is None:
        raise ConfigurationError("spec: set dataset, output.uri and modelExplainability, or existing")
    progress = KeptProgress(storage, spec.output.uri)
    made = explain_dataset(
        spec.dataset,
        spec.columns,
        spec.model_explainability,
        storage,
        spec.windows,
        spec.time_zone,
        spec.engine,
        progress,
    )
    files = made.write_below(spec.output.uri, storage)
    progress.forget()
    return MadeBaseline(files, None, made.report, made.notes, judges="features", explained=made.explained)


def explain_dataset(
    dataset: Dataset,
    columns: Columns,
    settings: ExplainedModel,
    storage: Storage,
    windows: Sequence[str] = (),
    time_zone: str = "Etc/UTC",
    engine: Engine = LOCAL,
    progress: KeptProgress | None = None,
) -> ExplainedDataset:
    """Explain a model's answers to rows of a dataset.

    Raises InputError for data that can't be used, ConfigurationError for columns that it does not have and for a model
    that can't be asked so, ModelUnavailable where it does not answer.
    """
    zone = read_zone(time_zone)
    refuse_segments(columns)
    problem = given_explanation(settings, storage)
    stream = open_rows(dataset, storage)
    roles = roles_of(
        first_columns(stream),
        columns,
        columns.ground_truth,
        AnswerColumns(columns.prediction, columns.probability, columns.probabilities),
    )
    roles |= {name: "excluded" for name in roles if name in problem.excluded and roles[name] == "feature"}
    features = [name for name, role in roles.items() if role == "feature"]
    if not features:
        raise ConfigurationError(f"spec.columns: {dataset.uri} has no column that is a feature")
    table = first_look(stream, dataset, columns, engine, features)
    sample, clustered, rows = _sampled(stream, features, columns.timestamp, settings.sample_size)
    types: dict[str, FeatureType] = {name: type_of(clustered.column(name)) for name in features}
    typed, strays = typed_rows(sample, types)
    background = given_background(problem, types, dataset, storage)
    if background is None:
        background = cluster(typed_rows(clustered, types)[0], problem.shap.clusters or MOST_CLUSTERS, problem.shap.seed)
    explained = explain_rows(problem, typed, background, progress)
    attributions = explained.attributions
    if not attributions.local.any():
        raise InputError(
            f"{dataset.uri}: the model answers {attributions.expected[0]:g} to all rows: no feature moves it",
            remedy="check modelExplainability.model, and what it answers to these rows",
        )
    labels = tuple(label_names(len(attributions.expected), problem.model.labels))
    lengths = tuple(sorted({parse_duration(window) for window in windows})) if columns.timestamp else ()
    times = _times(sample, columns.timestamp)
    unstamped = int((times == UNSTAMPED).sum())
    check_times(unstamped, len(times), columns.timestamp if lengths else None, dataset.uri)
    baseline = BaselineAttributions(
        problem.document(),
        roles,
        types,
        labels,
        background,
        attributions,
        times,
        lengths,
        explained.dependence,
        time_zone,
    )
    found = explanation_of(attributions, labels, problem)
    stamped = times[times != UNSTAMPED]
    starts = [(_learnable(Calendar(length, zone).starts(stamped)), length) for length in lengths]
    notes = (
        *problem.notes,
        *on_sample(len(times), rows),
        *on_strays(strays),
        *what_was_learned(starts, zone, columns.timestamp, unstamped),
    )
    return ExplainedDataset(
        stream.report,
        {
            ANALYSIS: to_json(analysis_document("", "", [], explanations=explanations(found, explained.dependence))),
            PROFILE: baseline.to_parquet(),
            **local_files(problem, attributions, labels, background),
        },
        table.rows,
        len(features),
        notes,
        constraints=ANALYSIS,
        baseline=baseline,
        explained=found,
    )


def _sampled(
    stream: RecordStream, features: Sequence[str], timestamp: str | None, most: int
) -> tuple[pa.RecordBatch, pa.RecordBatch, int]:
    """The rows to explain, those to cluster, and how many rows there are."""
    wanted = [*features, *([timestamp] if timestamp is not None and timestamp not in features else [])]
    chosen, clustered, rows = Sampler(most), Sampler(max(most, _CLUSTERED_ROWS)), 0
    for batch, hashes in hashed_batches(stream):
        rows += batch.num_rows
        selected = batch.select([name for name in wanted if name in batch.schema.names])
        chosen.add(selected, hashes)
        clustered.add(selected, hashes)
    sample, others = chosen.sample()[0], clustered.sample()[0]
    if sample is None or others is None:
        raise ValueError("a dataset with rows has none any more")
    return sample, others, rows


def _learnable(starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Windows with enough explained rows to learn from, by the starts of the window of each row."""
    known, counts = np.unique(starts, return_counts=True)
    return np.asarray(known[counts >= FEWEST_ROWS])


def _times(sample: pa.RecordBatch, timestamp: str | None) -> NDArray[np.int64]:
    if timestamp is None or timestamp not in sample.schema.names:
        return np.full(sample.num_rows, UNSTAMPED, dtype=np.int64)
    moments = instants(sample.column(timestamp)).cast(pa.int64()).fill_null(UNSTAMPED)
    return np.asarray(moments.to_numpy(zero_copy_only=False), dtype=np.int64)


def explanation_of(
    attributions: Attributions, labels: Sequence[str], problem: ExplanationProblem
) -> dict[str, LabelExplanation]:
    """The global values of each label, as analysis.json has them."""
    found = {}
    for place, label in enumerate(labels):
        values = aggregate(attributions.local[place], problem.shap.aggregation)
        found[label] = LabelExplanation(
            global_shap_values=dict(zip(attributions.features, map(float, values), strict=True)),
            expected_value=float(attributions.expected[place]),
        )
    return found


def local_files(
    problem: ExplanationProblem, attributions: Attributions, labels: Sequence[str], background: Background
) -> dict[str, bytes]:
    """Clarify's files of the values of each row, where they are asked for."""
    if not problem.shap.save_local_values:
        return {}
    from pyarrow import csv

    sink = pa.BufferOutputStream()
    csv.write_csv(pa.Table.from_batches([background.rows]), sink)
    return {
        LOCAL_VALUES: local_values_file(attributions.features, labels, attributions.local),
        BACKGROUND: sink.getvalue().to_pybytes(),
    }


def on_sample(explained: int, rows: int) -> list[str]:
    """How many rows were explained, for a person."""
    return [f"{explained:,} of {rows:,} rows were explained"] if explained < rows else []


def on_strays(strays: Mapping[str, int]) -> list[str]:
    """Values that are no numbers where the baseline has numbers, for a person."""
    return [
        f"{count:,} values of {name} are of another type than in the baseline, and were asked for as missing"
        for name, count in strays.items()
    ]


def refuse_segments(columns: Columns) -> None:
    """Raise ConfigurationError where rows shall be judged apart, which attributions are not."""
    if columns.segments:
        raise ConfigurationError(
            "spec.columns.segments: not for ModelExplainability",
            remedy="leave it out; a schedule of its own may read one segment's data",
        )


def adopt(existing: ExistingBaseline, storage: Storage) -> BaselineFiles:
    """Read an existing analysis.json, so that a fault shows now and not in the first run, and tell what is in it."""
    uri = existing.constraints_uri
    content = storage.read_bytes(uri)
    found = read_explanations(read_analysis(content, uri), uri)
    return BaselineFiles(
        constraints_uri=uri,
        constraints_sha256=sha256(content).hexdigest(),
        record_count=0,
        column_count=max(len(each.global_shap_values) for each in found.values()),
    )
