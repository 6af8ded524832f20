"""The quantile sketch on hard input, against exact ranks and against Apache DataSketches' KLL."""

from __future__ import annotations

from functools import reduce

import datasketches
import numpy as np
import pytest
from numpy.typing import NDArray

from model_monitor_jobs.profiles.hashes import splitmix64
from model_monitor_jobs.profiles.moments import Moments
from model_monitor_jobs.profiles.sketch import Doubles, QuantileSketch, published_error

COUNT = 400_000
BLOCK = 32_768
random = np.random.default_rng(7)
STREAMS: dict[str, Doubles] = {
    "sorted": np.arange(COUNT, dtype=float),
    "reversed": np.arange(COUNT, dtype=float)[::-1],
    "sawtooth of a block": (np.arange(COUNT) % BLOCK).astype(np.float64),
    "sawtooth beside a block": (np.arange(COUNT) % (BLOCK + 1)).astype(np.float64),
    "outside in": np.where(np.arange(COUNT) % 2, np.arange(COUNT), -np.arange(COUNT)) + 0.0,
    "ties": random.poisson(3, COUNT).astype(float),
    "mostly one value": np.where(random.random(COUNT) < 0.999, 0.0, random.normal(size=COUNT)),
    "lognormal": random.lognormal(0, 3, COUNT),
    "Cauchy": random.standard_cauchy(COUNT),
    "an outlier": np.append(random.normal(size=COUNT - 1), 1e6),
}
COMBINED = {
    "one stream": (1, "left"),
    "two parts": (2, "left"),
    "a chain of 50": (50, "left"),
    "a tree of 64": (64, "tree"),
}


def merged(sketches: list[QuantileSketch], shape: str) -> QuantileSketch:
    def join(first: QuantileSketch, second: QuantileSketch) -> QuantileSketch:
        first.merge(second)
        return first

    while shape == "tree" and len(sketches) > 1:
        sketches = [reduce(join, sketches[start : start + 2]) for start in range(0, len(sketches), 2)]
    return reduce(join, sketches)


def sketch_of(values: Doubles, parts: int, shape: str) -> QuantileSketch:
    sketches = []
    for ordinal, part in enumerate(np.array_split(values, parts)):
        sketch = QuantileSketch(seed=splitmix64(ordinal))
        for start in range(0, len(part), BLOCK):
            sketch.update(part[start : start + BLOCK])
        sketches.append(sketch)
    return merged(sketches, shape)


def errors(found: NDArray[np.float64], values: Doubles, points: Doubles) -> NDArray[np.float64]:
    return np.abs(found - np.searchsorted(np.sort(values), points, side="right") / len(values))


@pytest.mark.parametrize("combined", COMBINED)
@pytest.mark.parametrize("name", STREAMS)
def test_ranks_are_no_worse_than_the_certificate_and_kll_promise(name: str, combined: str) -> None:
    values = STREAMS[name]
    sketch = sketch_of(values, *COMBINED[combined])
    points = np.unique(np.quantile(values, np.arange(1, 500) / 500, method="inverted_cdf"))
    ours = errors(sketch.ranks(points), values, points)
    assert sketch.count == len(values)
    assert 0 < sketch.rank_error < 1.3 * published_error(sketch.size)
    assert (ours <= sketch.rank_error).mean() >= 0.99
    assert ours.max() < published_error(sketch.size)
    assert sum(map(len, sketch.levels)) <= sketch.size * len(sketch.levels)


@pytest.mark.parametrize("name", STREAMS)
def test_ranks_are_as_good_as_those_of_datasketches(name: str) -> None:
    values = STREAMS[name]
    theirs = datasketches.kll_doubles_sketch(2048)
    theirs.update(values.copy())
    points = np.unique(np.quantile(values, np.arange(1, 500) / 500, method="inverted_cdf"))
    found = np.array([theirs.get_rank(point, True) for point in points])
    bound = theirs.normalized_rank_error(False)
    assert errors(found, values, points).max() < 2 * bound, "the second opinion is one"
    assert errors(sketch_of(values, 1, "left").ranks(points), values, points).max() <= bound
    assert published_error(2048) == pytest.approx(bound, rel=0.02)


def test_the_certificate_holds_for_sketches_of_any_history() -> None:
    """Of 200 sketches made in different ways, no more than a few may be further off than their bound at the median."""
    values = np.random.default_rng(1).normal(size=40_000)
    median = np.array([np.median(values)])
    outside = 0
    for seed in range(200):
        sketch, start = QuantileSketch(size=64, seed=splitmix64(seed)), 0
        while start < len(values):
            size = 1 + splitmix64(seed * 1_000_003 + start) % 3_000
            sketch.update(values[start : start + size])
            start += size
        outside += abs(sketch.ranks(median)[0] - 0.5) > sketch.rank_error
    assert outside <= 6


def test_a_block_up_to_the_size_is_kept_whole() -> None:
    values = random.normal(size=2_048)
    sketch = QuantileSketch()
    sketch.update(values)
    assert sketch.rank_error == 0
    assert sketch.levels[0].tolist() == np.sort(values).tolist()


@pytest.mark.parametrize(("mean", "spread"), [(1e9, 1e-3), (-1e12, 1.0), (1e150, 1e140)])
def test_a_spread_far_from_zero_is_kept_over_many_blocks(mean: float, spread: float) -> None:
    values = mean + spread * np.random.default_rng(2).normal(size=200_000)
    moments = Moments()
    for block in np.array_split(values, 31):
        moments.merge(Moments.of(np.sort(block)))
    assert moments.standard_deviation == pytest.approx(float(np.std(values.astype(np.longdouble))), rel=1e-6, abs=0)
    assert moments.mean == pytest.approx(float(np.mean(values.astype(np.longdouble))), rel=1e-12, abs=1e-6 * spread)
