"""Rows of a window that could not be measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.profiles.baseline_profile import SegmentKey
from model_monitor_jobs.profiles.performance.problem import listed
from model_monitor_jobs.profiles.performance.rows import InvalidValues
from model_monitor_jobs.profiles.row_types import Mask
from model_monitor_jobs.profiles.segments import SegmentValues, segment_codes
from model_monitor_jobs.runs.labelled import LabelledRecords
from model_monitor_jobs.runs.labelled_dataset import DecodedRows


class ReadRows:
    """What was read of a window besides its labelled rows."""

    def __init__(self, expected: str, *, label_free: bool = False) -> None:
        """`expected`: what a label can be, in words; `label_free`: rows count without a label too."""
        self._expected = expected
        self._label_free = label_free
        self._rows = self._unanswered = 0
        self._labels, self._answers = InvalidValues(), InvalidValues()

    @property
    def answered(self) -> int:
        """Rows that would count if they had a label."""
        return self._rows - self._unanswered - self._answers.rows

    def add(self, rows: int, decoded: DecodedRows) -> None:
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
            field = "groundTruth.maxUnreadableShare" if truth is not None else "input.maxUnreadableShare"
            raise InputError(
                f"{truth.uri if truth is not None else uri}: {self._labels.rows:,} of {matched:,} labels can't be "
                f"used, more than {field} allows: {listed(self._labels.texts)}; {self._expected}",
                remedy="check where labels come from, and the Baseline's settings",
            )
        if self._answers.rows > most * self._rows:
            raise InputError(
                f"{uri}: {self._answers.rows:,} of {self._rows:,} answers can't be used, more than "
                f"input.maxUnreadableShare allows: {listed(self._answers.texts)}",
                remedy="check columns.prediction and columns.probability (from 0 to 1): in captured CSV an answer is "
                'named by its position in the output, such as "0"',
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


class AnsweredRows:
    """How many rows of each segment count, or would if they had a usable label."""

    def __init__(self, segments: SegmentValues) -> None:
        self._segments = segments
        self.counts: Counter[SegmentKey] = Counter()

    def add(self, batch: pa.RecordBatch, answered: Mask) -> None:
        """Add a batch; `answered` says which of its rows those are."""
        self.counts[()] += int(answered.sum())
        for column, values in self._segments.items():
            codes = segment_codes(batch, column, values)[answered]
            found = np.bincount(codes[codes >= 0], minlength=len(values))
            self.counts.update({(column, value): int(count) for value, count in zip(values, found, strict=True)})


def on_labels(records: LabelledRecords, monitor: MonitoringScheduleSpec) -> Iterator[str]:
    """Where labels were looked for and none were, and settings that have no effect on them."""
    truth, report = monitor.ground_truth, records.label_report
    if truth is not None and report is not None and not report.files:
        yield f"there are no files of labels for this window below {truth.uri} (spec.groundTruth.uri, format)"
    if monitor.engine.type != "Local":
        yield f"engine: {monitor.engine.type} has no effect here: records and labels are joined in one process"
