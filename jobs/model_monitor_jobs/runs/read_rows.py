"""Rows of a window that could not be measured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.profiles.performance.problem import listed
from model_monitor_jobs.profiles.performance.rows import InvalidValues
from model_monitor_jobs.runs.labelled import LabelledRecords


class _Decoded(Protocol):
    @property
    def unanswered(self) -> int: ...

    @property
    def invalid_labels(self) -> InvalidValues: ...

    @property
    def invalid_answers(self) -> InvalidValues: ...


class ReadRows:
    """What was read of a window besides its labelled rows."""

    def __init__(self, settings: str, *, label_free: bool = False) -> None:
        """`settings` are those to check where labels can't be used; `label_free`: rows count without a label too."""
        self._settings = settings
        self._label_free = label_free
        self._rows = self._unanswered = 0
        self._labels, self._answers = InvalidValues(), InvalidValues()

    @property
    def answered(self) -> int:
        """Rows that would count if they had a label."""
        return self._rows - self._unanswered - self._answers.rows

    def add(self, rows: int, decoded: _Decoded) -> None:
        """Add a batch."""
        self._rows += rows
        self._unanswered += decoded.unanswered
        self._labels.merge(decoded.invalid_labels)
        self._answers.merge(decoded.invalid_answers)

    def check(self, records: LabelledRecords, monitor: MonitoringScheduleSpec, uri: str) -> None:
        """Raise InputError where more labels or answers are of no use than may be."""
        truth, most = monitor.ground_truth, monitor.input.max_unreadable_share
        matched = records.coverage.matched
        if self._labels.rows > (truth.max_unreadable_share if truth is not None else most) * max(matched, 1):
            raise InputError(
                f"{truth.uri if truth is not None else uri}: {self._labels.rows:,} of {matched:,} labels can't be "
                f"used: {listed(self._labels.texts)}",
                remedy=f"check {self._settings}, and where labels come from",
            )
        if self._answers.rows > most * self._rows:
            raise InputError(
                f"{uri}: {self._answers.rows:,} of {self._rows:,} answers can't be used: {listed(self._answers.texts)}",
                remedy="check columns.prediction and columns.probability (from 0 to 1)",
            )

    def notes(self) -> Iterator[str]:
        """What was left out, for a person."""
        if self._unanswered:
            which = "records" if self._label_free else "records with a label"
            yield f"{self._unanswered:,} {which} have no answer"
        for what, found in (("label", self._labels), ("answer", self._answers)):
            if found.rows:
                left_out = f"count as without {what}" if self._label_free else "are left out"
                yield f"{found.rows:,} records {left_out} because their {what} can't be used: {listed(found.texts)}"
