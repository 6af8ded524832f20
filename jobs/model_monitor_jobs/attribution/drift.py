"""How far attributions have moved from the baseline's, and what of that may be chance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model_monitor_jobs.attribution.aggregate import DRAWS, Aggregation, aggregate, resample
from model_monitor_jobs.attribution.coalitions import SEED
from model_monitor_jobs.attribution.ndcg import ndcg
from model_monitor_jobs.errors import InputError

Doubles = NDArray[np.float64]

LEVEL: Final = 0.95


@dataclass(frozen=True)
class ShareChange:
    """A feature's share of all attribution, before and now, and the interval of the change."""

    feature: str
    baseline: float
    current: float
    low: float
    high: float

    @property
    def change(self) -> float:
        """Current less baseline."""
        return self.current - self.baseline

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return not self.low <= 0 <= self.high


@dataclass(frozen=True)
class AttributionDrift:
    """NDCG against the baseline with its interval, NaN where the baseline attributes nothing, and the change of each
    feature's share, the largest first; `rows` were explained."""

    ndcg: float
    low: float
    high: float
    rows: int
    shares: tuple[ShareChange, ...]

    def is_below(self, threshold: float) -> bool:
        """Whether the NDCG is below a threshold beyond chance: the upper end of its interval is.

        Noise disorders features and so only lowers the NDCG; itself below the threshold, it may be no more than noise.
        """
        return self.high < threshold


def measure_drift(
    baseline: Mapping[str, float],
    features: Sequence[str],
    local: Doubles,
    method: Aggregation,
    baseline_local: Doubles | None = None,
    level: float = LEVEL,
    draws: int = DRAWS,
) -> AttributionDrift:
    """Compare local values (rows, features) with the baseline's global ones, by feature.

    Features that the baseline does not name are left out. With `baseline_local`, (rows, those of the baseline), the
    intervals know of chance in the baseline as well; without, only of that in the rows. Raises InputError where no
    feature is named, or one that is named was not explained.
    """
    columns = _columns(baseline, features)
    own = local[:, columns]
    gains = np.array([*baseline.values()])
    current = aggregate(own, method)
    drawn = resample(own, method, draws)
    others = (
        np.broadcast_to(gains, drawn.shape)
        if baseline_local is None
        else resample(baseline_local, method, draws, SEED + 1)
    )
    found = ndcg(gains, current)
    replicates = np.array([ndcg(gain, each) for gain, each in zip(others, drawn, strict=True)])
    low, high = _interval(found, replicates, level)
    before, now = _shares(gains), _shares(current)
    changes = np.quantile(_shares(drawn) - _shares(others), _tails(level), axis=0)
    shares = [
        ShareChange(name, float(before[place]), float(now[place]), float(changes[0, place]), float(changes[1, place]))
        for place, name in enumerate(baseline)
    ]
    shares.sort(key=lambda share: -abs(share.change))
    return AttributionDrift(found, low, high, len(local), tuple(shares))


def _columns(baseline: Iterable[str], features: Sequence[str]) -> list[int]:
    places = {name: place for place, name in enumerate(features)}
    named = [*baseline]
    if not named:
        raise InputError("the baseline's explanations name no feature")
    missing = [name for name in named if name not in places]
    if missing:
        raise InputError(
            f"the baseline has attributions of {missing[0]!r}, which is no feature of the data",
            remedy="make the baseline anew, or delete the feature from it",
        )
    return [places[name] for name in named]


def _shares(values: Doubles) -> Doubles:
    """Along the last axis; nothing is a share of 0."""
    sizes = np.abs(values)
    total = sizes.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(sizes, total, out=np.zeros_like(sizes), where=total > 0))


def _tails(level: float) -> tuple[float, float]:
    return (1 - level) / 2, (1 + level) / 2


def _interval(found: float, replicates: Doubles, level: float) -> tuple[float, float]:
    """Covers both the percentile interval and the basic one (Davison, Hinkley 1997, 5.6 and 5.2).

    Where features are nearly tied, replicates are further below the value found than that is below the truth, and the
    percentile interval lies too low; where a large feature may or may not lead, the basic one is too short.
    """
    low, high = np.quantile(replicates, _tails(level))
    ends = np.clip([low, 2 * found - high, high, 2 * found - low], 0, 1)
    return float(ends[:2].min()), float(ends[2:].max())
