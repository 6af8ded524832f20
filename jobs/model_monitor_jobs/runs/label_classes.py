"""The labels that a problem has, where its baseline does not tell them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from model_monitor_crds.data import Columns
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.window import Window
from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.profiles.performance.problem import canonical_labels, find_classes
from model_monitor_jobs.profiles.performance.rows import label_texts
from model_monitor_jobs.runs.answers import AnswerColumns
from model_monitor_jobs.runs.labelled import open_labelled
from model_monitor_jobs.runs.model_quality_loading import LoadedPerformance
from model_monitor_jobs.sources.labels import read_labels
from model_monitor_jobs.sources.selection import LABEL
from model_monitor_jobs.storage import Storage


def with_classes(
    baseline: LoadedPerformance,
    monitor: MonitoringScheduleSpec,
    columns: Columns,
    window: Window,
    as_of: datetime,
    storage: Storage,
) -> LoadedPerformance:
    """The baseline with the labels that its problem has, from the window's: adopted files do not tell them.

    Raises ConfigurationError where they are not two, or where it can't be told which is the positive one.
    """
    problem, truth = baseline.reference.problem, monitor.ground_truth
    if problem.type != "BinaryClassification":
        return baseline
    batches: Iterable[pa.RecordBatch]
    if truth is not None:
        batches = read_labels(storage, truth, columns.ground_truth, window, as_of)
    else:
        answers = AnswerColumns.of(columns, problem)
        batches = open_labelled(
            monitor.input, None, columns, answers, baseline.roles, window, as_of, storage, frozenset()
        )
    found: set[str] = set()
    for batch in batches:
        found.update(text for text in pc.unique(canonical_labels(label_texts(batch.column(LABEL)))).to_pylist() if text)
        if len(found) > 2:
            break
    positive = monitor.quality_settings.positive_label
    if not found and positive is None:
        return replace(baseline, reference=replace(baseline.reference, problem=replace(problem, classes=("0", "1"))))
    place = truth.uri if truth is not None else f"column {columns.ground_truth!r}"
    try:
        classes = find_classes(found, positive)
    except ConfigurationError as error:
        raise ConfigurationError(f"{place}: {error.message}", remedy=error.remedy) from error
    return replace(baseline, reference=replace(baseline.reference, problem=replace(problem, classes=classes)))
