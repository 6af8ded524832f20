"""One run of an explainability monitor: sample the window, ask the model, compare attributions with the baseline's."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import pyarrow as pa

from model_monitor_crds.baseline import BaselineFiles
from model_monitor_crds.data import Columns, Dataset
from model_monitor_crds.model_explainability import ModelExplainability
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.window import Window
from model_monitor_jobs.attribution.background import MOST_CLUSTERS, Background, cluster
from model_monitor_jobs.attribution.feature_types import FeatureType, type_of, typed_rows
from model_monitor_jobs.attribution.kernel_shap import Attributions
from model_monitor_jobs.checks.explainability import default, sagemaker
from model_monitor_jobs.checks.explainability.measured import measure
from model_monitor_jobs.checks.judgement import Judgement
from model_monitor_jobs.decisions import FEWEST_ROWS
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.estimation.sampler import Sampler
from model_monitor_jobs.profiles.by_window import EVERYTHING
from model_monitor_jobs.runs.answers import AnswerColumns
from model_monitor_jobs.runs.explained_rows import KeptProgress, explain_rows
from model_monitor_jobs.runs.explanation_problem import given_background
from model_monitor_jobs.runs.labelled import LabelledRecords, input_uri, open_labelled
from model_monitor_jobs.runs.labels_as_of import LabelsAsOf
from model_monitor_jobs.runs.model_explainability_baseline import on_sample, on_strays, refuse_segments
from model_monitor_jobs.runs.model_explainability_loading import LoadedExplanation, load_explanation
from model_monitor_jobs.runs.model_explainability_result import ModelExplainabilityResult
from model_monitor_jobs.runs.reading import meant
from model_monitor_jobs.runs.remarks import KnownWindows, what_limits_of_metrics_know, without_effect
from model_monitor_jobs.runs.traffic import batch_dataset
from model_monitor_jobs.sagemaker.attributions import label_names
from model_monitor_jobs.sources.selection import RECORD_HASH
from model_monitor_jobs.storage import Storage


def run_model_explainability(
    monitor: MonitoringScheduleSpec,
    files: BaselineFiles,
    window: Window,
    now: LabelsAsOf,
    storage: Storage,
    folder: str | None = None,
) -> ModelExplainabilityResult:
    """Judge one window; `folder` is where its results will lie, and what is explained is kept until then.

    Raises InputError for data that are missing or can't be used, ConfigurationError, StorageUnavailable, and
    ModelUnavailable where the model does not answer.
    """
    columns, settings = monitor.columns or Columns(), monitor.explainability_settings
    refuse_segments(columns)
    baseline = load_explanation(files, settings, storage, window)
    features = baseline.features
    records = open_labelled(
        monitor.input,
        None,
        columns.model_copy(update={"ground_truth": None}),
        AnswerColumns(),
        baseline.roles,
        window,
        now.as_of,
        storage,
        frozenset(features),
        label_free=True,
    )
    sample, rows = _sampled(records, features, settings.sample_size)
    uri = input_uri(monitor.input)
    records.check(uri)
    _check_features(features, records.columns, uri)
    types, known_background = _known(baseline)
    if not types:
        types = {name: type_of(sample.column(name)) for name in features}
    typed, strays = typed_rows(sample, types)
    source = batch_dataset(monitor.input.batch, window, 1.0) if monitor.input.batch is not None else None
    background = known_background or _background(baseline, types, typed, source, storage)
    progress = KeptProgress(storage, folder) if folder is not None else None
    explained = explain_rows(baseline.problem, typed, background, progress)
    outputs = len(explained.attributions.expected)
    labels = tuple(label_names(outputs, baseline.problem.model.labels))
    measured = measure(baseline.reference, explained.attributions, labels)
    judgement = (
        Judgement(sagemaker.compare(measured))
        if settings.compatibility == "SageMaker"
        else default.compare(baseline.reference, measured, settings, window)
    )
    notes = (
        *baseline.notes,
        *records.report.notes,
        *on_sample(typed.num_rows, rows),
        *on_strays(strays),
        *_on_nothing(explained.attributions),
        *_remarks(judgement, baseline, settings),
    )
    return ModelExplainabilityResult(
        window,
        records.report,
        tuple(judgement.findings),
        baseline.files,
        notes,
        records=rows,
        measured=measured,
        reference=baseline.reference,
        problem=baseline.problem,
        attributions=explained.attributions,
        labels=labels,
        background=background,
        dependence=explained.dependence,
        compatibility=settings.compatibility,
    )


def _sampled(records: LabelledRecords, features: Sequence[str], most: int) -> tuple[pa.RecordBatch, int]:
    """The rows with the smallest hashes, and how many there are. A column that a batch lacks is missing there."""
    sampler, rows = Sampler(most), 0
    for batch in records:
        rows += batch.num_rows
        hashes = batch.column(batch.schema.get_field_index(RECORD_HASH)).to_numpy()
        sampler.add(batch.select([name for name in features if name in batch.schema.names]), hashes)
    sample, _ = sampler.sample()
    if sample is None:
        raise InputError("no rows in the window", remedy="check the URI, the format and whether data was written")
    lacking = [name for name in features if name not in sample.schema.names]
    for name in lacking:
        sample = sample.append_column(name, pa.nulls(sample.num_rows, pa.string()))
    return sample, rows


def _on_nothing(found: Attributions) -> Iterator[str]:
    if not found.local.any():
        yield "no feature moves the answers any more: the model gives all explained rows the same one"


def _check_features(features: Sequence[str], known: Collection[str], uri: str) -> None:
    """Raise InputError where no record has a feature: the model would be asked with nothing in its place."""
    for name in features:
        if name not in known:
            raise InputError(
                f"{uri}: no record has the feature {name!r}{meant(name, known)}",
                remedy="features must have the same names as in the baseline, or the same order where they have none",
            )


def _known(baseline: LoadedExplanation) -> tuple[dict[str, FeatureType], Background | None]:
    own = baseline.reference.baseline
    return (dict(own.types), own.background) if own is not None else ({}, None)


def _background(
    baseline: LoadedExplanation,
    types: dict[str, FeatureType],
    sample: pa.RecordBatch,
    source: Dataset | None,
    storage: Storage,
) -> Background:
    """The background that is given where the baseline has none; with `clusters`, those of the window."""
    found = given_background(baseline.problem, types, source, storage)
    if found is not None:
        return found
    if baseline.problem.shap.clusters is None:
        raise ConfigurationError(
            "spec.modelExplainability.shap: the Baseline adopts an analysis.json, which has no background",
            remedy="set shap.backgroundURI to the rows that SageMaker had as SHAP baseline, or shap.background;"
            f" shap.clusters (such as {MOST_CLUSTERS}) takes each window's own rows",
        )
    return cluster(sample, baseline.problem.shap.clusters, baseline.problem.shap.seed)


def _remarks(judgement: Judgement, baseline: LoadedExplanation, settings: ModelExplainability) -> Iterator[str]:
    if settings.compatibility == "SageMaker":
        fields = ("threshold", "share_threshold", "alpha", "compare_with")
        yield from without_effect(settings, "modelExplainability", fields, "NDCG is held against 0.9")
        return
    own, known = baseline.reference.baseline, None
    if own is not None and baseline.reference.length is not None:
        windows = own.windows(baseline.reference.length, abs(own.attributions.local))
        if windows is not None:
            learnable = windows.counts[EVERYTHING].rows >= FEWEST_ROWS
            known = KnownWindows(windows.starts[learnable], windows.length, own.zone)
    yield from what_limits_of_metrics_know(
        judgement, known, settings.compare_with, baseline.unlearned, settings.share_threshold
    )
