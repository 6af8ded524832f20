"""What the performance of a classifier of many classes is computed from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from model_monitor_jobs.profiles.grouped_arrays import Counts, Part
from model_monitor_jobs.profiles.performance.counts import (
    BINS,
    LEAST_PROBABILITY,
    Doubles,
    Grouping,
    PerformanceCounts,
    checked,
)
from model_monitor_jobs.profiles.performance.overall import Overall
from model_monitor_jobs.profiles.performance.problem import Problem, class_places, joined_classes
from model_monitor_jobs.profiles.performance.rows import LabelledRows


@dataclass
class MulticlassCounts(PerformanceCounts):
    """Sums over rows of a multiclass problem; classes that rows or other counts have besides are added, in order.

    `losses` and `calibration` are None where answers have no probabilities.
    """

    by_class: Counts
    """(G, K, 3): rows of which the class is predicted and actual, actual, predicted."""
    losses: Doubles | None = None
    """(G, 2): log loss in nats; Brier score as the sum over classes of (probability - actual)², 0 to 2 (Brier 1950)."""
    calibration: Doubles | None = None
    """(G, 10, 3): rows, rows whose most probable class is the actual one, sum of the largest probability; of bins of
    equal width of the largest probability (Guo et al. 2017)."""

    @classmethod
    def empty(cls, problem: Problem, groups: int, *, scored: bool = False) -> MulticlassCounts:
        """Counts without rows."""
        by_class = np.zeros((groups, len(problem.classes), 3), dtype=np.int64)
        if not scored:
            return cls(problem, by_class)
        return cls(problem, by_class, np.zeros((groups, 2)), np.zeros((groups, BINS, 3)))

    @property
    def rows(self) -> Counts:
        """Rows of each group."""
        return np.asarray(self.by_class[..., 1].sum(axis=1), dtype=np.int64)

    @property
    def scored(self) -> bool:
        """Whether answers have probabilities."""
        return self.losses is not None

    def with_classes(self, classes: tuple[str, ...]) -> MulticlassCounts:
        """The same with all of its classes and these."""
        joined = joined_classes(self.problem.classes, classes)
        if joined == self.problem.classes:
            return self
        by_class = np.zeros((self.groups, len(joined), 3), dtype=np.int64)
        by_class[:, class_places(self.problem.classes, joined)] = self.by_class
        return replace(self, problem=replace(self.problem, classes=joined), by_class=by_class)

    def arrays(self) -> dict[str, Part]:
        """All that `from_arrays` needs besides the problem's type: the classes too."""
        return self.parts() | {"classes": encoded(self.problem.classes)}

    def _add(self, rows: LabelledRows, into: Grouping) -> None:
        if (rows.score is None) == self.scored:
            raise ValueError("rows with probabilities, and counts without; or the other way round")
        wider = self.with_classes(rows.classes)
        self.problem, self.by_class = wider.problem, wider.by_class
        places, count = class_places(rows.classes, self.problem.classes), len(self.problem.classes)
        actual, predicted = places[rows.actual], places[rows.predicted]
        hit = actual == predicted
        counts = (
            into.counts(actual * 2 + hit, count, 2),
            into.counts(predicted, count),
        )
        self.by_class[into.span] += np.stack((counts[0][..., 1], counts[0].sum(axis=-1), counts[1]), axis=-1)
        if rows.score is None or self.losses is None or self.calibration is None:
            return
        of_actual = rows.score[np.arange(len(rows)), rows.actual]
        log_loss = -np.log(np.clip(of_actual, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY))
        self.losses[into.span, 0] += into.sums(log_loss)
        self.losses[into.span, 1] += into.sums(np.square(rows.score).sum(axis=1) - 2 * of_actual + 1)
        right = (rows.score.argmax(axis=1) == rows.actual).astype(np.int64)
        self.calibration[into.span] += into.calibration(rows.score.max(axis=1), right)

    def _alike(self, other: PerformanceCounts, *, spread: bool = False) -> tuple[MulticlassCounts, MulticlassCounts]:
        own, theirs = super()._alike(other, spread=spread)
        own = own.with_classes(theirs.problem.classes)
        return own, theirs.with_classes(own.problem.classes)

    @classmethod
    def from_arrays(cls, problem: Problem, arrays: Mapping[str, Part]) -> MulticlassCounts:
        """What `arrays` gave, with its classes; raises ValueError for arrays of other names, types or shapes."""
        classes, parts = without_classes(arrays)
        return super().from_arrays(replace(problem, classes=classes), parts)

    @classmethod
    def _like(cls, problem: Problem, groups: int, arrays: Mapping[str, Part]) -> MulticlassCounts:
        return cls.empty(problem, groups, scored="losses" in arrays)


class ConfusionMatrix(Overall):
    """How often each class was answered for each, over all rows of a window."""

    def __init__(self, classes: tuple[str, ...] = (), counts: Counts | None = None) -> None:
        self.classes = classes
        self.counts = np.zeros((len(classes),) * 2, dtype=np.int64) if counts is None else counts
        """(K, K): actual, predicted."""

    def update(self, rows: LabelledRows) -> None:
        """Add rows."""
        self._widen(rows.classes)
        places, count = class_places(rows.classes, self.classes), len(self.classes)
        pairs = places[rows.actual] * count + places[rows.predicted]
        self.counts += np.bincount(pairs, minlength=count * count).reshape(count, count)

    def merge(self, other: Overall) -> None:
        """Add the rows of another part."""
        if not isinstance(other, ConfusionMatrix):
            raise ValueError("parts of different problems")
        self._widen(other.classes)
        places = class_places(other.classes, self.classes)
        self.counts[np.ix_(places, places)] += other.counts

    def arrays(self) -> dict[str, Part]:
        """All that `from_arrays` needs."""
        return {"classes": encoded(self.classes), "counts": self.counts}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Part]) -> ConfusionMatrix:
        """What `arrays` gave; raises ValueError for arrays of other names, types or shapes."""
        classes, parts = without_classes(arrays)
        return cls(classes, checked({"counts": cls(classes).counts}, parts)["counts"])

    def _widen(self, classes: tuple[str, ...]) -> None:
        joined = joined_classes(self.classes, classes)
        if joined != self.classes:
            wider = np.zeros((len(joined),) * 2, dtype=np.int64)
            places = class_places(self.classes, joined)
            wider[np.ix_(places, places)] = self.counts
            self.classes, self.counts = joined, wider


def encoded(classes: tuple[str, ...]) -> Part:
    """Classes as bytes, to store them beside other arrays."""
    return np.frombuffer(json.dumps(classes).encode(), dtype=np.uint8)


def without_classes(arrays: Mapping[str, Part]) -> tuple[tuple[str, ...], dict[str, Part]]:
    """The classes that `encoded` stored, and all other arrays; raises ValueError where there are none."""
    if "classes" not in arrays:
        raise ValueError("classes are missing")
    classes = json.loads(arrays["classes"].tobytes())
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        raise ValueError("classes are no list of texts")
    return tuple(classes), {name: array for name, array in arrays.items() if name != "classes"}
