"""A baseline's dataset with labels and the model's answers: opening it, its columns, and rows that are of no use."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

import numpy as np
import pyarrow as pa

from model_monitor_crds.data import Columns, Dataset
from model_monitor_crds.engine import Engine
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.profiles.hashes import Hashes, hash_numbers
from model_monitor_jobs.profiles.performance.problem import listed
from model_monitor_jobs.profiles.performance.rows import InvalidValues
from model_monitor_jobs.profiles.roles import ColumnRole
from model_monitor_jobs.profiles.table import TableProfile
from model_monitor_jobs.runs.answers import AnswerColumns
from model_monitor_jobs.runs.reading import check_columns, check_delimiter, check_readable, first_columns, read_profile
from model_monitor_jobs.sources import RecordStream


def first_look(
    stream: RecordStream, dataset: Dataset, columns: Columns, engine: Engine, wanted: Collection[str]
) -> TableProfile:
    """The profile of some columns, of which there must be all.

    Raises InputError where nothing can be read, ConfigurationError for columns that there are not.
    """
    excluded = frozenset(name for name in first_columns(stream) if name not in set(wanted))
    table = read_profile(stream, engine, excluded)
    check_readable(stream.report, dataset.max_unreadable_share, dataset.uri)
    if not table.rows:
        raise InputError(
            f"no rows in {dataset.uri}", remedy="a baseline needs data: check dataset.uri and dataset.format"
        )
    check_delimiter(table.order, dataset.uri)
    named = [*wanted, *columns.exclude, *([columns.timestamp] if columns.timestamp else [])]
    check_columns(table, named, columns.segments, dataset.uri)
    return table


def hashed_batches(stream: RecordStream) -> Iterator[tuple[pa.RecordBatch, Hashes]]:
    """The batches of a stream with the hashes of their rows."""
    first = 0
    for batch in stream:
        yield batch, ordinal_hashes(first, batch.num_rows)
        first += batch.num_rows


def ordinal_hashes(first: int, rows: int) -> Hashes:
    """Hashes of rows that have no ids, by their places in the stream from `first` on."""
    return hash_numbers(np.arange(first, first + rows, dtype=np.float64))


def roles_of(
    order: Sequence[str], columns: Columns, label: str | None, answers: AnswerColumns
) -> dict[str, ColumnRole]:
    """What each column of the dataset is for."""
    roles: dict[str, ColumnRole] = dict.fromkeys(order, "feature")
    roles |= dict.fromkeys([name for name in columns.exclude if name in roles], "excluded")
    roles |= dict.fromkeys(answers.probabilities.values(), "probabilities")
    for name, role in (
        (answers.prediction, "prediction"),
        (answers.probability, "probability"),
        (columns.timestamp, "timestamp"),
        (columns.id, "excluded"),
        (label, "groundTruth"),
    ):
        if name is not None and name in roles:
            roles[name] = role  # type: ignore[assignment]
    return roles


class DecodedRows(Protocol):
    """What could not be decoded of some rows."""

    @property
    def unlabelled(self) -> int:
        """Rows without a label."""

    @property
    def unanswered(self) -> int:
        """Rows without an answer."""

    @property
    def invalid_labels(self) -> InvalidValues:
        """Labels that can't be used."""

    @property
    def invalid_answers(self) -> InvalidValues:
        """Answers that can't be used."""


class UnusableRows:
    """Rows that can't be measured, of all batches; `rows` counts all that were read."""

    def __init__(self) -> None:
        self.rows = 0
        self._unlabelled = self._unanswered = 0
        self._labels, self._answers = InvalidValues(), InvalidValues()

    def add(self, rows: int, decoded: DecodedRows) -> None:
        """Add what is wrong with a batch of so many rows."""
        self.rows += rows
        self._unlabelled += decoded.unlabelled
        self._unanswered += decoded.unanswered
        self._labels.merge(decoded.invalid_labels)
        self._answers.merge(decoded.invalid_answers)

    def check(self, kept: int, most: float, uri: str) -> None:
        """Raise InputError where nothing is left, or too much could not be read."""
        for what, field_name, values in (
            ("labels", "groundTruth", self._labels),
            ("answers", "prediction or probability", self._answers),
        ):
            if values.rows > most * self.rows:
                raise InputError(
                    f"{uri}: {values.rows:,} of {self.rows:,} {what} can't be used, more than maxUnreadableShare "
                    f"{most:g} allows: {listed(values.texts)}",
                    remedy=f"check columns.{field_name} and modelQuality",
                )
        if not kept:
            raise InputError(f"{uri}: no row has both a label and an answer", remedy="check spec.columns")

    def notes(self) -> Iterator[str]:
        """What was left out, for a person."""
        if self._unlabelled:
            yield f"{self._unlabelled:,} rows have no label and are left out"
        if self._unanswered:
            yield f"{self._unanswered:,} rows have no answer and are left out"
        for what, values in (("label", self._labels), ("answer", self._answers)):
            if values.rows:
                yield f"{values.rows:,} rows are left out because their {what} can't be used: {listed(values.texts)}"
