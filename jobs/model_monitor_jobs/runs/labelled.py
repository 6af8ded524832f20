"""The records of a window with their labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import pyarrow as pa

from model_monitor_crds.data import Columns
from model_monitor_crds.ground_truth import MINIMUM_COVERAGE, GroundTruth
from model_monitor_crds.monitoringschedule import Batch, Input, MonitoringScheduleSpec
from model_monitor_crds.window import Window
from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.profiles.roles import ColumnRole
from model_monitor_jobs.runs.answers import AnswerColumns
from model_monitor_jobs.runs.reading import check_readable
from model_monitor_jobs.runs.scripts import fetched_script
from model_monitor_jobs.runs.traffic import of_window
from model_monitor_jobs.sources import CSVDialect, ReadReport, RecordStream
from model_monitor_jobs.sources.batch import read_batch
from model_monitor_jobs.sources.batch_pairs import read_beside
from model_monitor_jobs.sources.capture import read_capture
from model_monitor_jobs.sources.label_join import join_labels
from model_monitor_jobs.sources.label_match import Coverage
from model_monitor_jobs.sources.labels import labels_digest, read_labels
from model_monitor_jobs.sources.selection import LABEL, Selection
from model_monitor_jobs.sources.selectors import absent_output
from model_monitor_jobs.storage import Storage

Roles = Mapping[str, ColumnRole]
"""What each column of a baseline's dataset is for, in their order."""


class LabelledRecords:
    """Batches of a window's records with LABEL, null where there is none, and RECORD_HASH.

    `coverage` and the reports fill up while they are read; so check only then what was read.
    """

    def __init__(
        self,
        records: RecordStream,
        labels: RecordStream | None,
        source: Input,
        truth: GroundTruth | None,
        label: str,
        *,
        label_free: bool,
    ) -> None:
        """`label` is the records' own column with the label, where there is no ground truth.

        `label_free`: they may lack that.
        """
        self._records = records
        self._labels = labels
        self._source = source
        self._truth = truth
        self._label = label
        self._label_free = label_free
        self._seen: dict[str, None] = {}
        self.coverage = Coverage()

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Read all records, then all labels, and join them."""
        for batch in self._joined() if self._labels is not None else self._own_labels():
            self._seen.update(dict.fromkeys(batch.schema.names))
            yield batch

    def _joined(self) -> Iterator[pa.RecordBatch]:
        joined = join_labels(self._records, self._labels or [])
        yield from joined
        self.coverage = joined.counts

    @property
    def report(self) -> ReadReport:
        """How the records were read."""
        return self._records.report

    @property
    def label_report(self) -> ReadReport | None:
        """How the labels were read; None where they are in the records."""
        return self._labels.report if self._labels is not None else None

    @property
    def notes(self) -> tuple[str, ...]:
        """What the readers of records and labels note."""
        return (*self.report.notes, *(self.label_report.notes if self.label_report is not None else ()))

    @property
    def columns(self) -> Sequence[str]:
        """The columns that the records have, the ones that were not asked for among them."""
        return [name for name in (*self._records.report.columns, *self._seen) if not name.startswith("\0")]

    def check(self, uri: str) -> None:
        """Raise InputError where too much could not be read."""
        check_readable(self.report, self._source.max_unreadable_share, uri)
        if self._labels is None and not self._label_free and self._label not in self.columns:
            raise absent_output("spec.columns.groundTruth", self._label, self.columns, uri)
        if self._truth is not None and self._labels is not None:
            check_readable(self._labels.report, self._truth.max_unreadable_share, self._truth.uri)

    def _own_labels(self) -> Iterator[pa.RecordBatch]:
        # Joined with nothing, they get their hashes as all records do.
        self.coverage = Coverage()
        for batch in join_labels(self._records, []):
            index = batch.schema.get_field_index(self._label)
            labels = batch.column(index) if index >= 0 else pa.nulls(batch.num_rows, pa.string())
            self.coverage.records += batch.num_rows
            self.coverage.matched += batch.num_rows - labels.null_count
            yield batch.set_column(batch.schema.get_field_index(LABEL), LABEL, labels)


def open_labelled(
    source: Input,
    truth: GroundTruth | None,
    columns: Columns,
    answers: AnswerColumns,
    roles: Roles,
    window: Window,
    as_of: datetime,
    storage: Storage,
    also: frozenset[str],
    *,
    label_free: bool = False,
) -> LabelledRecords:
    """The records of a window with the labels known at a time; `also` are other columns that are wanted.

    `roles` are the columns of the baseline's dataset in their order. `label_free`: there may be no labels at all.
    Raises InputError where there are no records, ConfigurationError, StorageUnavailable.
    """
    label = columns.ground_truth
    if truth is None and label is None and not label_free:
        raise ConfigurationError(
            "spec.groundTruth: is missing", remedy="say where labels are, or name their column in columns.groundTruth"
        )
    records = open_records(source, columns, answers, roles, window, storage, also, own_label=truth is None)
    labels = read_labels(storage, truth, label, window, as_of) if truth is not None else None
    return LabelledRecords(records, labels, source, truth, label or "", label_free=label_free)


def open_records(
    source: Input,
    columns: Columns,
    answers: AnswerColumns,
    roles: Roles,
    window: Window,
    storage: Storage,
    also: frozenset[str],
    *,
    own_label: bool = False,
) -> RecordStream:
    """The records of a window with their ids and the model's answers."""
    wanted = also | ({columns.ground_truth} if own_label and columns.ground_truth else set())
    selection = Selection(ids=True, outputs=answers.selectors, columns=wanted)
    if source.endpoint is None:
        if source.batch is None:
            raise ConfigurationError("spec.input: set exactly one of endpoint and batch")
        return _batch(source, source.batch, columns, selection, window, storage)
    expected, alternatives = layouts(roles, answers)
    return read_capture(
        storage,
        source.endpoint.capture_uri,
        window,
        expected=expected or None,
        alternatives=alternatives,
        selection=selection,
        script=fetched_script(source.record_preprocessor, storage),
    )


def _batch(
    source: Input, batch: Batch, columns: Columns, selection: Selection, window: Window, storage: Storage
) -> RecordStream:
    dialect = CSVDialect(batch.csv.header, batch.csv.delimiter)
    bounds = window if columns.timestamp else None
    uri = of_window(batch.data_uri, window)
    if batch.predictions_uri is None:
        return read_batch(
            storage,
            uri,
            batch.format,
            selection=selection,
            id=columns.id,
            csv=dialect,
            window=bounds,
            timestamp=columns.timestamp,
            script=fetched_script(source.record_preprocessor, storage),
        )
    return read_beside(
        storage,
        uri,
        of_window(batch.predictions_uri, window),
        batch.format,
        selection=selection,
        id=columns.id,
        csv=dialect,
        window=bounds,
        timestamp=columns.timestamp,
    )


def layouts(roles: Roles, answers: AnswerColumns) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The orders that values without names may have, the likeliest first: the baseline's columns but for its labels.

    Answers come first, as a record's outputs come before its inputs, wherever they stand in the dataset. Those that are
    selected by their place in the output are none of them. Traffic may lack an answer that the dataset has, and have
    columns that the baseline leaves out.
    """
    chosen = set(answers.names)
    answered = {name for name, role in roles.items() if role in ("prediction", "probability", "probabilities")}
    orders = []
    for own_answers in (answered & chosen, answered, set[str]()):
        for left_out in ({"groundTruth", "timestamp", "excluded"}, {"groundTruth", "timestamp"}):
            features = [name for name, role in roles.items() if role not in left_out and name not in answered]
            order = (*(name for name in roles if name in own_answers), *features)
            if order not in orders:
                orders.append(order)
    return (orders[0], tuple(orders[1:])) if orders else ((), ())


def input_uri(source: Input) -> str:
    """Where records come from, as it was given."""
    return source.endpoint.capture_uri if source.endpoint is not None else source.batch.data_uri if source.batch else ""


def least_coverage(monitor: MonitoringScheduleSpec) -> float:
    """The share of records that need a label for a verdict; labels of the records' own are due as those of others."""
    truth = monitor.ground_truth
    return truth.minimum_coverage if truth is not None else MINIMUM_COVERAGE


def published_labels(monitor: MonitoringScheduleSpec, window: Window, as_of: datetime, storage: Storage) -> str:
    """Tells a later run whether labels have come since; empty where none looks back."""
    truth = monitor.ground_truth
    return labels_digest(storage, truth, window, as_of) if truth is not None and truth.recheck is not None else ""
