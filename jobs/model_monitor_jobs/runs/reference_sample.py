"""Rows of a dataset or of a window, kept for estimating performance without labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from model_monitor_jobs.estimation.features import Encoder, FeatureColumn
from model_monitor_jobs.estimation.sampler import Sampler, sample_rows
from model_monitor_jobs.estimation.samples import UNSTAMPED, ReferenceSample, WindowSample
from model_monitor_jobs.estimation.stray import NO_WINDOW
from model_monitor_jobs.profiles.hashes import Hashes
from model_monitor_jobs.profiles.instants import instants
from model_monitor_jobs.profiles.performance.baseline import BaselinePerformance
from model_monitor_jobs.profiles.performance.problem import Problem
from model_monitor_jobs.profiles.windows import Calendar
from model_monitor_jobs.runs.answers import AnswerColumns


class ReferenceSampler:
    """Collects rows of a baseline's dataset, all of which have labels."""

    def __init__(self, features: Sequence[str], answers: AnswerColumns, label: str, timestamp: str | None) -> None:
        self._features = features
        self._answers = answers
        self._label = label
        self._timestamp = timestamp
        also = [label] if timestamp is None else [label, timestamp]
        self._wanted = list(dict.fromkeys([*features, *answers.names, *also]))
        self._sampler = Sampler(sample_rows(len(features)))

    def add(self, batch: pa.RecordBatch, hashes: Hashes) -> None:
        """Add rows."""
        self._sampler.add(_select(batch, self._wanted), hashes)

    def sample(self, problem: Problem) -> ReferenceSample:
        """The rows that were kept, by the problem's classes."""
        batch, hashes = self._sampler.sample()
        if batch is None:
            raise ValueError("no row was added")
        decoded = self._answers.decode(problem, batch, batch.column(self._label), hashes)
        rows = decoded.rows
        kept = batch.filter(pa.array(decoded.kept))
        known = [name for name in self._features if name in kept.schema.names]
        features = Encoder.learn(kept, known).encode(kept)
        times = self._times(kept)
        return ReferenceSample(features, rows.actual, rows.predicted, rows.score, rows.classes, times)

    def _times(self, batch: pa.RecordBatch) -> NDArray[np.int64] | None:
        if self._timestamp is None or self._timestamp not in batch.schema.names:
            return None
        moments = instants(batch.column(self._timestamp)).cast(pa.int64()).fill_null(UNSTAMPED)
        return np.asarray(moments.to_numpy(zero_copy_only=False), dtype=np.int64)


class WindowSampler:
    """Collects rows of a window, whether they have labels or not, to be estimated from a reference."""

    def __init__(self, columns: Sequence[FeatureColumn], answers: AnswerColumns, problem: Problem) -> None:
        self._encoder = Encoder(tuple(columns))
        self._answers = answers
        self._problem = problem
        self._wanted = list(dict.fromkeys([*(column.name for column in columns), *answers.names]))
        self._sampler = Sampler(sample_rows(len(columns)))

    def add(self, batch: pa.RecordBatch, hashes: Hashes) -> None:
        """Add rows."""
        self._sampler.add(_select(batch, self._wanted), hashes)

    def sample(self) -> WindowSample | None:
        """The rows that were kept and have an answer by the reference's classes; None where there are none."""
        batch, _ = self._sampler.sample()
        if batch is None:
            return None
        answers = self._answers.answers(self._problem, batch)
        fits = answers.valid & (answers.predicted < len(self._problem.classes) if self._problem.classes else True)
        if answers.classes != self._problem.classes and self._problem.classes:
            return None
        kept = batch.filter(pa.array(fits))
        score = None if answers.score is None else answers.score[fits]
        share = kept.num_rows / batch.num_rows
        rows = round(self._sampler.rows * share)
        return WindowSample(self._encoder.encode(kept), answers.predicted[fits], score, rows)


def windows_of(sample: ReferenceSample, baseline: BaselinePerformance | None) -> NDArray[np.int64] | None:
    """The start of the window that each row of a sample lies in, as long as the judged one; None where unknown."""
    if sample.times is None or baseline is None or not baseline.windows:
        return None
    starts = Calendar(baseline.windows[0].length, baseline.zone).starts(sample.times)
    return np.where(sample.times == UNSTAMPED, NO_WINDOW, starts)


def _select(batch: pa.RecordBatch, names: Sequence[str]) -> pa.RecordBatch:
    known = [name for name in names if name in batch.schema.names]
    return batch.select(known)
