"""Answers and labels of single rows, from the columns of a file to indices and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from model_monitor_jobs.profiles.hashes import Hashes
from model_monitor_jobs.profiles.performance.problem import (
    Problem,
    canonical_label,
    canonical_labels,
    class_places,
    joined_classes,
)
from model_monitor_jobs.profiles.row_types import Mask, as_texts

BLOCKS: Final = 64
"""Into so many blocks the rows of a window are dealt, for the jackknife."""
_BLOCK_SHIFT: Final = np.uint64(58)
_NUMBER: Final = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_MOST_TEXTS: Final = 20
_LONGEST: Final = 80

Doubles = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class LabelledRows:
    """n rows that have a valid label and a valid answer.

    `actual` and `predicted`: indices into `classes`, of a regression finite doubles. `score`: shape (n,), the
    probability of the positive class of a binary problem; (n, K), of each class of a multiclass problem; None where
    there are none. `blocks`: the jackknife block of each row, 0 to 63. `classes`: the problem's, of a multiclass
    problem with those that occurred besides, in ascending order.
    """

    actual: NDArray[Any]
    predicted: NDArray[Any]
    score: Doubles | None
    blocks: Indices
    classes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.actual)

    def at(self, places: Any) -> LabelledRows:
        """Some of the rows, by a mask or by their places."""
        score = None if self.score is None else self.score[places]
        return LabelledRows(self.actual[places], self.predicted[places], score, self.blocks[places], self.classes)


@dataclass
class InvalidValues:
    """Rows whose label or answer can't be used: how many, and how often the first 20 distinct texts occurred."""

    rows: int = 0
    texts: dict[str, int] = field(default_factory=dict)

    def add(self, texts: Mapping[str, int]) -> None:
        """Add some rows, each text with how many have it."""
        self.rows += sum(texts.values())
        for text, count in texts.items():
            shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
            if shown in self.texts or len(self.texts) < _MOST_TEXTS:
                self.texts[shown] = self.texts.get(shown, 0) + count

    def merge(self, other: InvalidValues) -> None:
        """Add the rows of another part."""
        rows = self.rows + other.rows
        self.add(other.texts)
        self.rows = rows


@dataclass(frozen=True)
class Answers:
    """What the model answered in n rows, where it is valid: in other rows `predicted` is 0 and `score` NaN.

    `predicted`, `score` and `classes` as in `LabelledRows`.
    """

    predicted: NDArray[Any]
    score: Doubles | None
    valid: Mask
    missing: int
    """Rows without an answer."""
    invalid: InvalidValues
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Decoded:
    """Rows with labels, and what became of all others.

    Each row is one of: kept, unlabelled, with an invalid label, unanswered, with an invalid answer; the first that
    fits in the order unlabelled, invalid label, unanswered, invalid answer.
    """

    rows: LabelledRows
    kept: Mask
    """Which rows of the input `rows` holds."""
    answered: Mask
    """Which rows count, or would if they had a usable label: their answers are valid."""
    unlabelled: int
    unanswered: int
    invalid_labels: InvalidValues
    invalid_answers: InvalidValues


def decode(
    problem: Problem,
    label: pa.Array,
    prediction: pa.Array | None,
    probability: pa.Array | None,
    probabilities: Mapping[str, pa.Array] | None,
    hashes: Hashes,
) -> Decoded:
    """Read labels and answers, texts as written in CSV and JSON or typed columns of Parquet, all of n rows.

    `probability`: of the positive class (binary). `probabilities`: of each class (multiclass). `hashes`: of the rows'
    ids, or of their ordinals. Null, NaN and blank are no label and no answer. A binary problem's label that is neither
    class is invalid; a multiclass problem's is a new class. See `decode_answers` for answers. Raises
    ConfigurationError beyond 1,000 classes.
    """
    invalid_labels, forms = InvalidValues(), None
    actual: NDArray[Any]
    if problem.type == "Regression":
        actual, present = _numbers(label)
        labelled = np.isfinite(actual)
    else:
        forms = canonical_labels(label_texts(label))
        present = _mask(forms.is_valid())
        labelled = present if problem.type == "MulticlassClassification" else _indices(forms, problem.classes) >= 0
    invalid_labels.add(_counted(label, present & ~labelled))
    answers = decode_answers(problem, prediction, probability, probabilities, labelled)
    kept = labelled & answers.valid
    predicted, score = answers.predicted[kept], None if answers.score is None else answers.score[kept]
    classes = problem.classes
    if forms is not None:
        if problem.type == "MulticlassClassification":
            classes = joined_classes(answers.classes, pc.unique(forms.drop_null()).to_pylist())
            predicted, score = _among(classes, answers.classes, predicted, score)
        actual = _indices(forms, classes)
    rows = LabelledRows(actual[kept], predicted, score, block_of(hashes[kept]), classes)
    unlabelled = len(label) - int(present.sum())
    return Decoded(rows, kept, answers.valid, unlabelled, answers.missing, invalid_labels, answers.invalid)


def decode_answers(
    problem: Problem,
    prediction: pa.Array | None,
    probability: pa.Array | None,
    probabilities: Mapping[str, pa.Array] | None,
    among: Mask | None = None,
) -> Answers:
    """Read the answers of rows; only faults `among` some of them are counted, by default all.

    A prediction is followed as given; where there is none, a binary answer is positive where its probability is
    greater than the threshold, and a multiclass one is the most probable class (the first of equals). Where there are
    columns of probabilities, each row needs them. Probabilities are used as they are, also where they do not add up
    to 1. Invalid: a probability that is no number from 0 to 1, a binary prediction that is neither class, a
    regression's that is no finite number.
    """
    columns: dict[str, pa.Array] = {}
    if problem.type == "BinaryClassification" and probability is not None:
        columns = {problem.classes[1]: probability}
    elif problem.type == "MulticlassClassification":
        columns = {canonical_label(name): column for name, column in (probabilities or {}).items()}
    given = prediction if prediction is not None else next(iter(columns.values()), None)
    if given is None:
        raise ValueError("answers need predictions, or probabilities of a classification")
    faults = _Faults(np.ones(len(given), dtype=bool) if among is None else among)
    if problem.type == "Regression":
        numbers, present = _numbers(given)
        faults.found(given, ~np.isfinite(numbers), present)
        return Answers(np.where(faults.valid, numbers, 0.0), None, faults.valid, faults.missing, faults.invalid, ())
    forms = None if prediction is None else canonical_labels(label_texts(prediction))
    classes = problem.classes
    if problem.type == "MulticlassClassification":
        classes = joined_classes(classes, [] if forms is None else pc.unique(forms.drop_null()).to_pylist(), columns)
    score = _scores(columns, classes, faults) if columns else None
    predicted = np.zeros(len(given), dtype=np.int64)
    if score is not None:
        binary = problem.type == "BinaryClassification"
        predicted = (score[:, 1] > problem.threshold).astype(np.int64) if binary else score.argmax(axis=1)
        score = score[:, 1] if binary else score
    if forms is not None:
        places, present = _indices(forms, classes), _mask(forms.is_valid())
        faults.found(prediction, (places < 0) & (present if columns else True), present)
        predicted = np.where(places >= 0, places, predicted)
    predicted[~faults.valid] = 0
    if score is not None:
        score[~faults.valid] = np.nan
    return Answers(predicted, score, faults.valid, faults.missing, faults.invalid, classes)


def block_of(hashes: Hashes) -> Indices:
    """The jackknife block of each row, 0 to 63: the top six bits of its hash (`profiles.hashes`)."""
    return (hashes >> _BLOCK_SHIFT).astype(np.int64)


class _Faults:
    """Which answers are valid, and what is wrong with the others, each counted for its first fault."""

    def __init__(self, among: Mask) -> None:
        self._among = among
        self.valid: Mask = np.ones(len(among), dtype=np.bool_)
        self.missing = 0
        self.invalid = InvalidValues()

    def found(self, column: pa.Array, wrong: Mask, present: Mask) -> None:
        """Count the rows of a column that are wrong."""
        counted = wrong & self.valid & self._among
        self.missing += int((counted & ~present).sum())
        self.invalid.add(_counted(column, counted & present))
        self.valid = self.valid & ~wrong


def _scores(columns: Mapping[str, pa.Array], classes: tuple[str, ...], faults: _Faults) -> Doubles:
    """The probability of each class in each row, 0 for a class that has no column and for what is invalid."""
    score = np.zeros((len(next(iter(columns.values()))), len(classes)))
    for name, column in columns.items():
        numbers, present = _numbers(column)
        fits = (numbers >= 0) & (numbers <= 1)
        faults.found(column, ~fits, present)
        score[:, classes.index(name)] = np.where(fits, numbers, 0.0)
    return score


def _among(
    classes: tuple[str, ...], before: tuple[str, ...], predicted: Indices, score: Doubles | None
) -> tuple[Indices, Doubles | None]:
    """Answers whose indices were into `before`, into `classes`, which have more."""
    if classes == before:
        return predicted, score
    places = class_places(before, classes)
    if score is None:
        return places[predicted], None
    wider = np.zeros((len(score), len(classes)))
    wider[:, places] = score
    return places[predicted], wider


def _indices(forms: pa.Array, classes: tuple[str, ...]) -> Indices:
    """The place of each text among the classes, -1 where it is none of them or null."""
    places = pc.index_in(forms, value_set=pa.array(classes, type=pa.string()))
    return np.array(pc.fill_null(places, -1).to_numpy(zero_copy_only=False), dtype=np.int64)


def label_texts(values: pa.Array) -> pa.Array:
    """Values as texts; NaN is null."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        return label_texts(values.dictionary_decode())
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return values.cast(pa.string())
    if pa.types.is_floating(kind):
        values = pc.if_else(pc.is_nan(values), pa.scalar(None, kind), values)
    return as_texts(values)


def _numbers(values: pa.Array) -> tuple[Doubles, Mask]:
    """Values as doubles, NaN where there is none or it is no number, and which rows have a value."""
    kind = values.type
    if pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return _doubles(values), _mask(values.is_valid())
    if pa.types.is_floating(kind):
        numbers = _doubles(values)
        return numbers, ~np.isnan(numbers)
    texts = label_texts(values)
    try:
        return _doubles(texts), _mask(texts.is_valid())
    except pa.ArrowInvalid:
        trimmed = pc.utf8_trim_whitespace(texts)
        numeric = pc.match_substring_regex(trimmed, _NUMBER)
        numbers = _doubles(pc.if_else(numeric, trimmed, pa.scalar(None, pa.string())))
        return numbers, _mask(pc.fill_null(pc.not_equal(trimmed, ""), False))


def _mask(values: pa.Array) -> Mask:
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _doubles(values: pa.Array) -> Doubles:
    return np.array(pc.cast(values, pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)


def _counted(values: pa.Array, mask: Mask) -> dict[str, int]:
    """How often each text occurs in some rows, in the order in which they first occur."""
    if not mask.any():
        return {}
    found = pc.value_counts(label_texts(values.filter(pa.array(mask))))
    return {entry["values"]: entry["counts"] for entry in found.to_pylist()}
