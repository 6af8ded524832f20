"""How well scores tell positives from negatives: the table of all scores of a window, and what follows from it.

Tables have scores in ascending order and, for each, how many rows are negative and positive: shape (..., d, 2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from model_monitor_jobs.profiles.grouped_arrays import Counts, Part
from model_monitor_jobs.profiles.hashes import Hashes
from model_monitor_jobs.profiles.performance.counts import Doubles
from model_monitor_jobs.profiles.performance.overall import Overall
from model_monitor_jobs.profiles.performance.rows import LabelledRows

MOST_SCORES: Final = 65_536
MOST_POINTS: Final = 1_000
TOP_SHARE: Final = 0.1
"""Lift is that of so many of the rows, those with the greatest scores."""
_MANTISSA: Final = 52
_WAITING: Final = 4 * MOST_SCORES


@dataclass(frozen=True)
class Curve:
    """Points of a curve, for files and drawings."""

    x: Doubles
    y: Doubles


class ScoreTable(Overall):
    """The distinct scores of a window with their labels.

    Exact up to 65,536 distinct scores. Beyond, the lowest `dropped` bits of the 52 of each score's mantissa are cut
    off, the fewest that make the scores fit, so a score is less than 2^(dropped - 52) of itself below what it was. As
    cells of a coarser table are joined cells of a finer one, the table depends on the rows only, never on the order in
    which they came and were merged.
    """

    def __init__(self) -> None:
        self._keys: Hashes = np.empty(0, dtype=np.uint64)
        """The bits of the scores, which order numbers from 0 to 1 as the numbers themselves."""
        self._counts: Counts = np.empty((0, 2), dtype=np.int64)
        self._waiting: list[tuple[Hashes, Counts]] = []
        self._waiting_scores = 0
        self._dropped = 0

    def update(self, rows: LabelledRows) -> None:
        """Add rows of a binary problem; raises ValueError where they have no scores."""
        if rows.score is None:
            raise ValueError("rows without scores")
        if not len(rows):
            return
        bits = (rows.score + 0.0).view(np.uint64)
        # Numbers up to 1 leave the two highest bits free: the label travels in the lowest one.
        ordered = np.sort(bits << np.uint64(1) | rows.actual.astype(np.uint64))
        keys, labels = ordered >> np.uint64(1), (ordered & np.uint64(1)).astype(np.int64)
        starts = _starts(keys)
        positives = np.add.reduceat(labels, starts)
        every = np.diff(starts, append=len(keys))
        self._add(keys[starts], np.stack((every - positives, positives), axis=-1))

    def merge(self, other: Overall) -> None:
        """Add the rows of another part."""
        if not isinstance(other, ScoreTable):
            raise ValueError("parts of different problems")
        other._settle()
        self._dropped = max(self._dropped, other._dropped)
        self._add(other._keys, other._counts)

    @property
    def scores(self) -> Doubles:
        """The distinct scores in ascending order, shape (d,)."""
        self._settle()
        return self._keys.view(np.float64)

    @property
    def counts(self) -> Counts:
        """Negative and positive rows of each score, shape (d, 2)."""
        self._settle()
        return self._counts

    @property
    def dropped(self) -> int:
        """How many bits of each score's mantissa are cut off."""
        self._settle()
        return self._dropped

    @property
    def exact(self) -> bool:
        """Whether the scores are those of the rows, bit by bit."""
        return self.dropped == 0

    def arrays(self) -> dict[str, Part]:
        """All that `from_arrays` needs."""
        return {"scores": self.scores, "counts": self.counts, "dropped": np.array([self._dropped], dtype=np.int64)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Part]) -> ScoreTable:
        """What `arrays` gave; raises ValueError for arrays of other names or shapes, and scores out of order."""
        if arrays.keys() != {"scores", "counts", "dropped"}:
            raise ValueError(f"arrays {', '.join(sorted(arrays))} are no table of scores")
        scores, counts = np.array(arrays["scores"], dtype=np.float64), np.array(arrays["counts"], dtype=np.int64)
        if counts.shape != (len(scores), 2) or arrays["dropped"].shape != (1,) or not (np.diff(scores) > 0).all():
            raise ValueError("the arrays of a table of scores do not fit together")
        made = cls()
        made._keys, made._counts, made._dropped = scores.view(np.uint64), counts, int(arrays["dropped"][0])
        return made

    def _add(self, keys: Hashes, counts: Counts) -> None:
        if not len(keys):
            return
        self._waiting.append((keys, counts))
        self._waiting_scores += len(keys)
        if self._waiting_scores > _WAITING:
            self._settle()

    def _settle(self) -> None:
        if not self._waiting:
            return
        parts = [(self._keys, self._counts), *self._waiting]
        self._waiting, self._waiting_scores = [], 0
        keys, counts = (np.concatenate(part) for part in zip(*parts, strict=True))
        order = np.argsort(keys, kind="stable")
        keys, counts = keys[order], counts[order]
        while True:
            # Cutting bits off keeps the order.
            cut = keys >> np.uint64(self._dropped)
            starts = _starts(cut)
            if len(starts) <= MOST_SCORES:
                break
            self._dropped += 1
        self._keys = cut[starts] << np.uint64(self._dropped)
        self._counts = np.add.reduceat(counts, starts, axis=0)


def _starts(ordered: Hashes) -> Any:
    return np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))


def auc(table: Counts) -> Any:
    """Area under the ROC curve of tables (..., d, 2), equal scores counted half; NaN without positives or negatives."""
    negative, positive = table[..., 0], table[..., 1]
    below = 2 * np.cumsum(negative, axis=-1) - negative
    with np.errstate(invalid="ignore", divide="ignore"):
        return (positive * below).sum(axis=-1) / (2 * negative.sum(axis=-1) * positive.sum(axis=-1))


def auc_variance(table: Counts) -> float:
    """Variance of the AUC of one table (d, 2), of two rows of each label or more; else NaN.

    DeLong, DeLong and Clarke-Pearson 1988 from their structural components, which rows of equal score and label share.
    """
    negative, positive = table[:, 0], table[:, 1]
    negatives, positives = negative.sum(), positive.sum()
    if min(negatives, positives) < 2:
        return float("nan")
    of_positives = (np.cumsum(negative) - negative / 2) / negatives
    of_negatives = (positives - np.cumsum(positive) + positive / 2) / positives
    area = float(auc(table))
    spread = (positive * (of_positives - area) ** 2).sum() / (positives - 1) / positives
    return float(spread + (negative * (of_negatives - area) ** 2).sum() / (negatives - 1) / negatives)


def lift(table: Counts, share: float = TOP_SHARE) -> Any:
    """Share of positives among the rows with the greatest scores, over their share among all; of tables (..., d, 2).

    The top `share` of the rows need not be a whole number of them: of rows with equal scores the part that is needed
    is taken, positives in proportion. NaN without positives.
    """
    table = table[..., ::-1, :]
    rows = table.sum(axis=-1)
    every = rows.sum(axis=-1)
    wanted = share * every
    left = wanted[..., np.newaxis] - (np.cumsum(rows, axis=-1) - rows)
    taken = np.clip(left, 0, rows) / np.maximum(rows, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (taken * table[..., 1]).sum(axis=-1) / wanted
        return found / (table[..., 1].sum(axis=-1) / every)


def roc_curve(table: Counts) -> Curve:
    """False against true positive rates of a table (d, 2), from (0, 0) to (1, 1); empty without either label."""
    hits = np.cumsum(table[::-1], axis=0)
    if not len(hits) or not hits[-1].all():
        return Curve(np.empty(0), np.empty(0))
    rates = np.concatenate((np.zeros((1, 2)), hits / hits[-1]))
    return Curve(rates[:, 0], rates[:, 1])


def precision_recall_curve(table: Counts) -> Curve:
    """Recalls against precisions of a table (d, 2), the highest scores first; empty without positives.

    It begins at recall 0 with the precision of the highest score, and ends where recall first is 1.
    """
    hits = np.cumsum(table[::-1], axis=0)
    if not len(hits) or not hits[-1, 1]:
        return Curve(np.empty(0), np.empty(0))
    hits = hits[: int(np.argmax(hits[:, 1] == hits[-1, 1])) + 1]
    precisions, recalls = hits[:, 1] / hits.sum(axis=1), hits[:, 1] / hits[-1, 1]
    return Curve(np.concatenate(([0.0], recalls)), np.concatenate((precisions[:1], precisions)))


def thinned(curve: Curve, most: int = MOST_POINTS) -> Curve:
    """At most `most` points of a curve: both ends, and between them the points nearest to equal steps along it.

    The way along a curve is how far x and y have moved in all.
    """
    if len(curve.x) <= most:
        return curve
    moved = np.abs(np.diff(curve.x)) + np.abs(np.diff(curve.y))
    way = np.concatenate(([0.0], np.cumsum(moved)))
    places = np.unique(np.searchsorted(way, np.linspace(0, way[-1], most - 1), side="left").clip(0, len(way) - 1))
    places = np.union1d(places, [0, len(way) - 1])
    return Curve(curve.x[places], curve.y[places])
