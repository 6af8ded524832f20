"""What a model answers, and the labels that it answers with."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from model_monitor_crds.model_quality import ProblemType
from model_monitor_jobs.errors import ConfigurationError

MOST_CLASSES: Final = 1_000
BETAS: Final = {"f0_5": 0.5, "f1": 1.0, "f2": 2.0}
"""Of the F-scores by their names: how many times as much recall counts as precision."""
_NUMBER: Final = re.compile(r"[+-]?(0|[1-9]\d*)(\.\d*)?([eE][+-]?\d{1,3})?")
_DIGITS: Final = re.compile(r"\+?(-?[1-9]\d*)")
_EXACT: Final = 2.0**53
"""From here on not every whole number is a double."""
_MOST_SHOWN: Final = 10
_DEFAULTS: Final = (("0", "1"), ("false", "true"))
"""Negative and positive label where nobody said which is which."""


@dataclass(frozen=True)
class Problem:
    """What a model answers.

    `classes` are canonical labels: (negative, positive) of a binary problem, the known ones of a multiclass problem
    in ascending order, none for a regression.
    """

    type: ProblemType
    classes: tuple[str, ...] = ()
    threshold: float = 0.5
    """Binary: an answer that is only a probability is positive where it is greater (strictly, as in SageMaker)."""


def canonical_labels(texts: pa.Array) -> pa.Array:
    """Labels in one form, however they were written; a string array of the same length.

    Blanks around a label are dropped, and a label of blanks is none (null). Whole numbers become digits: `1.0`, `1e0`
    and `+1` are `1`; a number with zeros in front, such as `007`, is a code and stays. `True` and `TRUE` are `true`.
    """
    encoded = pc.dictionary_encode(texts)
    forms = pa.array([_canonical(text) for text in encoded.dictionary.to_pylist()], type=pa.string())
    return forms.take(encoded.indices)


def canonical_label(text: str) -> str:
    """One label in the form that `canonical_labels` gives it, empty where it is blank."""
    return _canonical(text) or ""


def find_classes(labels: Iterable[str], positive_label: str | None = None) -> tuple[str, str]:
    """Negative and positive label of a binary problem, from the labels that occur.

    Without `positive_label`, 1 of 0 and 1, or true of false and true. Raises ConfigurationError that names the labels
    found where there is none, where there are more than two, and where it is unclear which is the positive one.
    """
    found = sorted({form for form in map(canonical_label, labels) if form})
    if not found:
        raise ConfigurationError("there are no labels", remedy="check the column of the label")
    shown = listed(found)
    if len(found) > 2:
        raise ConfigurationError(
            f"a binary problem has two labels; found {shown}",
            remedy="set modelQuality.problemType or the label's column",
        )
    if positive_label is None:
        for pair in _DEFAULTS:
            if set(found) <= set(pair):
                return pair
        raise ConfigurationError(
            f"which label is the positive one is unclear; found {shown}", remedy="set modelQuality.positiveLabel"
        )
    positive = canonical_label(positive_label)
    others = [label for label in found if label != positive]
    if len(others) == 1:
        return others[0], positive
    if not others:
        for first, second in _DEFAULTS:
            if positive in (first, second):
                return (first, second) if positive == second else (second, first)
        raise ConfigurationError(
            f"all labels are {shown}; which is the other one is unknown", remedy="give data that have both labels"
        )
    raise ConfigurationError(
        f'no label is "{positive_label}"; found {shown}', remedy="set modelQuality.positiveLabel to one of them"
    )


def joined_classes(*lists: Iterable[str]) -> tuple[str, ...]:
    """All classes of the lists, in ascending order; raises ConfigurationError beyond 1,000."""
    joined = sorted(set().union(*lists))
    if len(joined) > MOST_CLASSES:
        raise ConfigurationError(
            f"more than {MOST_CLASSES:,} classes: {listed(joined)}",
            remedy="set modelQuality.problemType to Regression if the label is a number",
        )
    return tuple(joined)


def class_places(classes: tuple[str, ...], among: tuple[str, ...]) -> NDArray[np.int64]:
    """The place of each class among others, of which it is one."""
    where = {name: place for place, name in enumerate(among)}
    return np.array([where[name] for name in classes], dtype=np.int64)


def listed(labels: Iterable[str]) -> str:
    """Labels in an error's words."""
    every = list(labels)
    shown = ", ".join(f'"{label}"' for label in every[:_MOST_SHOWN])
    return f"{shown} and {len(every) - _MOST_SHOWN:,} more" if len(every) > _MOST_SHOWN else shown


def _canonical(text: str | None) -> str | None:
    text = (text or "").strip()
    if text.lower() in ("true", "false"):
        return text.lower()
    if digits := _DIGITS.fullmatch(text):
        return digits[1]
    if _NUMBER.fullmatch(text):
        value = float(text)
        if abs(value) < _EXACT and value.is_integer():
            return str(int(value))
    return text or None
