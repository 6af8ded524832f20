"""How far what a baseline's own windows showed lies from what is estimated of them, beyond chance.

Days differ in more than features and scores tell: weather, staff, a campaign. What a window shows then strays from any
estimate, however many rows it has. The baseline's windows tell how far, as their labels are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model_monitor_jobs.estimation.contributions import Expected
from model_monitor_jobs.estimation.features import Doubles

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

FOLDS: Final = 5
FEWEST_WINDOWS: Final = 5
FEWEST_ROWS: Final = 30
NO_WINDOW: Final = -1
"""Of a row whose time is unknown."""


def stray_of_metrics(
    windows: Integers,
    labels: Doubles,
    calibrated: Callable[[Flags, Flags], Doubles],
    expected: Callable[[Doubles, Flags], Iterable[Expected]],
) -> dict[str, float]:
    """Variance of each metric of a window around its estimate, without that of chance in the labels; none is below 0.

    `windows` has the window of each of the reference's n rows, `labels` of shape (n, K) is 1 where a row has a label.
    `calibrated(learned, asked)` gives the chances of some rows' labels, learned from others; `expected(chances, rows)`
    the metrics of some rows. Empty for fewer than FEWEST_WINDOWS windows of FEWEST_ROWS rows.
    """
    excess: dict[str, list[float]] = {}
    for learned, folds in _folds(windows):
        asked = ~learned
        chances = np.empty_like(labels)
        chances[asked] = calibrated(learned, asked)
        for own in folds:
            shown = {each.metric: each.value for each in expected(labels[own], own)}
            for each in expected(chances[own], own):
                if each.metric in shown:
                    chance = _chance(chances[own], each.parts)
                    excess.setdefault(each.metric, []).append((shown[each.metric] - each.value) ** 2 - chance)
    return {name: max(0.0, float(np.mean(own))) for name, own in excess.items() if len(own) >= FEWEST_WINDOWS}


def stray_of_mean(windows: Integers, errors: Doubles) -> float:
    """Variance of a window's mean error beyond that of independent rows; `errors` are of rows held out."""
    means = []
    for own in _large(windows):
        found = errors[windows == own]
        means.append((float(found.mean() - errors.mean())) ** 2 - float(found.var()) / len(found))
    return max(0.0, float(np.mean(means))) if len(means) >= FEWEST_WINDOWS else 0.0


def _folds(windows: Integers) -> Iterator[tuple[Flags, list[Flags]]]:
    """Rows to learn from, and the rows of each window that is held out."""
    large = _large(windows)
    for fold in range(FOLDS):
        held_out = large[fold::FOLDS]
        if len(large) >= FEWEST_WINDOWS:
            yield ~np.isin(windows, held_out), [windows == own for own in held_out]


def _large(windows: Integers) -> Integers:
    names, counts = np.unique(windows, return_counts=True)
    return np.asarray(names[(counts >= FEWEST_ROWS) & (names != NO_WINDOW)], dtype=np.int64)


def _chance(chances: Doubles, parts: Doubles) -> float:
    """Variance by chance in the labels, as in the interval of an estimate."""
    means = (chances * parts).sum(axis=1)
    return float((chances * np.square(parts)).sum() - np.square(means).sum())
