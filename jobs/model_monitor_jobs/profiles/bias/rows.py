"""The facets, labels and answers of single rows, from the columns of a file to codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from model_monitor_jobs.profiles.bias.problem import UNKNOWN, BiasProblem
from model_monitor_jobs.profiles.bias.selection import Marked, Selection, codes_of
from model_monitor_jobs.profiles.hashes import Hashes
from model_monitor_jobs.profiles.performance.problem import Problem
from model_monitor_jobs.profiles.performance.rows import (
    Doubles,
    Indices,
    InvalidValues,
    block_of,
    decode_answers,
)
from model_monitor_jobs.profiles.row_types import Mask, as_texts


@dataclass(frozen=True)
class Values:
    """The value of each of n rows: its place among `names`, which are in ascending order; -1 where there is none."""

    codes: Indices
    names: tuple[str, ...]

    def at(self, places: Any) -> Values:
        """Some of the rows."""
        return Values(self.codes[places], self.names)


@dataclass(frozen=True)
class BiasRows:
    """n rows of which a label or an answer is known, or both.

    `label`, `predicted`: 0 negative, 1 positive, 2 unknown. `disadvantaged`, `given`: (facets, n), whether the row is
    of the facet's disadvantaged group, and whether it has a value there at all. `strata`, `label_values`: None where
    the problem has none. `blocks`: the jackknife block of each row, 0 to 63.
    """

    disadvantaged: Mask
    given: Mask
    label: Indices
    predicted: Indices
    strata: Values | None
    label_values: Values | None
    blocks: Indices

    def __len__(self) -> int:
        return len(self.label)

    def at(self, places: Any) -> BiasRows:
        """Some of the rows, by a mask or by their places."""
        return BiasRows(
            self.disadvantaged[:, places],
            self.given[:, places],
            self.label[places],
            self.predicted[places],
            None if self.strata is None else self.strata.at(places),
            None if self.label_values is None else self.label_values.at(places),
            self.blocks[places],
        )


@dataclass(frozen=True)
class Extents:
    """The greatest number of each facet with a threshold, and last of the label; NaN without numbers or threshold.

    `fractional`: whether some number is not whole. Both of shape (facets + 1,).
    """

    maxima: Doubles
    fractional: Mask

    @classmethod
    def empty(cls, facets: int) -> Extents:
        """Of no rows."""
        return cls(np.full(facets + 1, np.nan), np.zeros(facets + 1, dtype=np.bool_))

    def joined(self, other: Extents) -> Extents:
        """Of the rows of both."""
        return Extents(np.fmax(self.maxima, other.maxima), self.fractional | other.fractional)


@dataclass(frozen=True)
class DecodedBias:
    """Rows with a label or an answer, and what became of the others.

    Each input row may lack its label, have an invalid one, lack its answer, have an invalid one; it is kept where one
    of both is known.
    """

    rows: BiasRows
    kept: Mask
    """Which rows of the input `rows` holds."""
    extents: Extents
    unlabelled: int
    unanswered: int
    invalid_labels: InvalidValues
    invalid_answers: InvalidValues


def decode_bias(
    problem: BiasProblem,
    columns: Mapping[str, pa.Array],
    label: pa.Array | None,
    prediction: pa.Array | None,
    probability: pa.Array | None,
    hashes: Hashes,
) -> DecodedBias:
    """Read the columns of n rows, texts as written in CSV and JSON or typed columns of Parquet.

    `columns` has those of the facets and of the strata, as far as the rows have them: what is not there is missing.
    `label`: None where labels are not known. An answer is the prediction where there is a column of it, else the
    probability compared with the threshold; None of both where answers are not known. Null, NaN and blank are no
    value. Every label or prediction that is not positive is negative, as in Clarify; where the positive ones are
    those above a threshold, something that is no number is invalid, as is a probability that is not between 0 and 1.
    `hashes`: of the rows' ids, or of their ordinals.
    """
    count = len(hashes)
    labels = _outcomes(problem.positive, label, count)
    answers = _outcomes(problem.positive, prediction, count)
    if prediction is None and probability is not None:
        answers = _above(problem.threshold, probability)
    facets = [_marked(facet.selection, columns.get(facet.column), count) for facet in problem.facets]
    kept = (labels.codes != UNKNOWN) | (answers.codes != UNKNOWN)
    rows = BiasRows(
        np.stack([facet.chosen for facet in facets]),
        np.stack([facet.present for facet in facets]),
        labels.codes,
        answers.codes,
        None if problem.stratified_by is None else _values(columns.get(problem.stratified_by), count),
        _values(label, count) if problem.every_label else None,
        block_of(hashes),
    )
    return DecodedBias(
        rows if kept.all() else rows.at(kept),
        kept,
        _extents([facet.numbers for facet in facets] + [labels.numbers], kept),
        labels.missing,
        answers.missing,
        labels.invalid,
        answers.invalid,
    )


@dataclass(frozen=True)
class _Outcomes:
    codes: Indices
    missing: int
    invalid: InvalidValues
    numbers: Doubles | None = None


def _outcomes(positive: Selection, column: pa.Array | None, count: int) -> _Outcomes:
    invalid = InvalidValues()
    if column is None:
        return _Outcomes(np.full(count, UNKNOWN, dtype=np.int64), count, invalid)
    marked = positive.marked(column)
    codes = np.where(marked.present, marked.chosen.astype(np.int64), UNKNOWN)
    missing = count - int(marked.present.sum())
    if positive.threshold is not None and missing:
        others = column.filter(pa.array(~marked.present))
        written = as_texts(others.filter(pa.array(codes_of(others)[0] >= 0)))
        invalid.add({entry["values"]: entry["counts"] for entry in written.value_counts().to_pylist()})
        missing -= invalid.rows
    return _Outcomes(codes, missing, invalid, marked.numbers)


def _above(threshold: float, probability: pa.Array) -> _Outcomes:
    binary = Problem("BinaryClassification", ("negative", "positive"), threshold)
    answers = decode_answers(binary, None, probability, None)
    return _Outcomes(np.where(answers.valid, answers.predicted, UNKNOWN), answers.missing, answers.invalid)


def _marked(selection: Selection, column: pa.Array | None, count: int) -> Marked:
    if column is None:
        none = np.zeros(count, dtype=np.bool_)
        return Marked(none, none)
    return selection.marked(column)


def _values(column: pa.Array | None, count: int) -> Values:
    return Values(np.full(count, -1, dtype=np.int64), ()) if column is None else Values(*codes_of(column))


def _extents(columns: list[Doubles | None], kept: Mask) -> Extents:
    extents = Extents.empty(len(columns) - 1)
    for place, column in enumerate(columns):
        numbers = np.empty(0) if column is None else column[kept & ~np.isnan(column)]
        if len(numbers):
            extents.maxima[place] = numbers.max()
            extents.fractional[place] = bool((numbers != np.floor(numbers)).any())
    return extents
