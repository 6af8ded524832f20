"""Labels against answers, counted."""

from __future__ import annotations

from typing import Final

import numpy as np

from model_monitor_jobs.profiles.counts import Counts
from model_monitor_jobs.profiles.performance.binary import BinaryCounts
from model_monitor_jobs.profiles.performance.multiclass import ConfusionMatrix
from model_monitor_jobs.profiles.performance.profile import PerformanceProfile
from model_monitor_jobs.reports.html.model_quality.model import Confusion, ConfusionCell, ConfusionRow
from model_monitor_jobs.reports.html.words import counted, cut, label

MOST_CLASSES: Final = 12
_LONGEST_LABEL: Final = 24


def confusion_of(window: PerformanceProfile, baseline: PerformanceProfile | None) -> Confusion | None:
    """The matrix of a classifier, of many classes the most frequent and the rest together; None without rows."""
    found = _matrix(window)
    if found is None or not found[1].sum():
        return None
    before = _matrix(baseline) if baseline is not None else None
    classes = found[0]
    if before is not None:
        classes = tuple(sorted({*classes, *before[0]})) if classes != before[0] else classes
    now = _widened(found, classes)
    then = _widened(before, classes) if before is not None else None
    kept = _most_frequent(now, then)
    names = [cut(label(classes[place]), _LONGEST_LABEL) for place in kept]
    rest = len(classes) - len(kept)
    if rest:
        names.append(counted(rest, "other label"))
    now, then = _joined(now, kept), _joined(then, kept) if then is not None else None
    totals = now.sum(axis=1)
    shares_then = _shares(then) if then is not None else None
    rows = []
    for actual, name in enumerate(names):
        cells = tuple(
            ConfusionCell(
                int(now[actual, answer]),
                float(now[actual, answer] / totals[actual]) if totals[actual] else None,
                None
                if shares_then is None or np.isnan(shares_then[actual, answer])
                else float(shares_then[actual, answer]),
                # Of labels that stand together it is not known which answers were right.
                actual == answer and actual < len(kept),
            )
            for answer in range(len(names))
        )
        rows.append(ConfusionRow(name, int(totals[actual]), cells))
    return Confusion(tuple(names), tuple(rows), rest)


def _matrix(profile: PerformanceProfile) -> tuple[tuple[str, ...], Counts] | None:
    """The classes, and rows by label and answer."""
    counts, overall = profile.counts, profile.overall
    if isinstance(counts, BinaryCounts):
        return counts.problem.classes or ("negative", "positive"), counts.confusion.sum(axis=0)
    if isinstance(overall, ConfusionMatrix):
        return overall.classes, overall.counts
    return None


def _widened(found: tuple[tuple[str, ...], Counts], classes: tuple[str, ...]) -> Counts:
    own, counts = found
    if own == classes:
        return counts
    where = {name: place for place, name in enumerate(classes)}
    places = [where[name] for name in own]
    wider = np.zeros((len(classes),) * 2, dtype=np.int64)
    wider[np.ix_(places, places)] = counts
    return wider


def _most_frequent(now: Counts, then: Counts | None) -> list[int]:
    """The places of the labels that are shown, in their order."""
    most = MOST_CLASSES if len(now) <= MOST_CLASSES else MOST_CLASSES - 1
    weights = now.sum(axis=0) + now.sum(axis=1)
    tie = then.sum(axis=1) if then is not None else weights
    order = sorted(range(len(now)), key=lambda place: (-weights[place], -tie[place], place))
    return sorted(order[:most])


def _joined(counts: Counts, kept: list[int]) -> Counts:
    """Only the classes that are kept, and all others as one."""
    if len(kept) == len(counts):
        return counts
    group = np.full(len(counts), len(kept))
    group[kept] = np.arange(len(kept))
    joined = np.zeros((len(kept) + 1,) * 2, dtype=np.int64)
    np.add.at(joined, np.ix_(group, group), counts)
    return joined


def _shares(counts: Counts) -> Counts:
    totals = counts.sum(axis=1, keepdims=True)
    return np.where(totals > 0, counts / np.maximum(totals, 1), np.nan)
