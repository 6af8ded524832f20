"""Distances that are reported, against scipy."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial import distance
from scipy.stats import entropy
from scipy.stats import wasserstein_distance as exact_wasserstein_distance

from model_monitor_crds.data_quality import DataQuality
from model_monitor_jobs.checks.data_quality import default
from model_monitor_jobs.checks.data_quality.reference import Reference
from model_monitor_jobs.checks.data_quality.reported import (
    distances_of_categories,
    distances_of_numbers,
    jensen_shannon_distance,
    population_stability_index,
    smoothed_shares,
    tenths,
)
from model_monitor_jobs.checks.finding import Distances, Finding
from model_monitor_jobs.profiles.cells import count_cells, cut_points, reference_shares
from model_monitor_jobs.profiles.sketch import Doubles, QuantileSketch
from model_monitor_jobs.profiles.table import ProfileRequest, profile
from model_monitor_jobs.runs.outcome import finding_document
from model_monitor_jobs.sagemaker.constraints import constraints_document, read_constraints
from model_monitor_jobs.sagemaker.documents import to_json
from model_monitor_jobs.sagemaker.statistics import read_statistics, statistics_document

counts = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1, max_size=30)
numbers = st.floats(-1e6, 1e6, allow_subnormal=False)
few_values = st.lists(st.integers(-50, 50), min_size=1, max_size=200)


def sketch_of(values: Doubles) -> QuantileSketch:
    sketch = QuantileSketch()
    sketch.update(values)
    return sketch


def distances(window: Doubles, baseline: Doubles) -> Distances:
    sketch = sketch_of(baseline)
    cuts = cut_points(sketch)
    return distances_of_numbers(
        sketch_of(window), span(window), count_cells(cuts, window), cuts, sketch, span(baseline)
    )


def span(values: Doubles) -> tuple[float, float]:
    return float(values.min()), float(values.max())


@given(counts)
def test_shares_are_smoothed_as_by_jeffreys_prior(pairs: list[tuple[int, int]]) -> None:
    now = [pair[0] for pair in pairs]
    shares = smoothed_shares(now)
    assert shares.sum() == pytest.approx(1)
    assert shares == pytest.approx([(count + 0.5) / (sum(now) + len(now) / 2) for count in now])


@given(counts)
def test_distances_of_categories_are_scipys(pairs: list[tuple[int, int]]) -> None:
    now, then = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    found = distances_of_categories(now, then)
    p, q = smoothed_shares(now), smoothed_shares(then)
    assert found.population_stability_index == pytest.approx(entropy(p, q) + entropy(q, p), rel=1e-9, abs=1e-12)
    assert found.jensen_shannon_distance == pytest.approx(distance.jensenshannon(p, q, base=2), rel=1e-6, abs=1e-7)
    assert found.wasserstein_distance is found.minimum is None


def test_distances_at_their_ends() -> None:
    one, other = smoothed_shares([10**9, 0]), smoothed_shares([0, 10**9])
    assert jensen_shannon_distance(one, other) == pytest.approx(1, abs=1e-6)
    assert jensen_shannon_distance(one, one) == population_stability_index(one, one) == 0
    # Worked by hand: (.6 - .5)·ln(.6/.5) + (.4 - .5)·ln(.4/.5)
    assert population_stability_index(np.array([0.6, 0.4]), np.array([0.5, 0.5])) == pytest.approx(0.0405465108)


@given(few_values)
def test_parts_end_at_the_baselines_deciles(values: list[int]) -> None:
    baseline = np.array(values, dtype=float)
    cuts = cut_points(sketch_of(baseline))
    edges = cuts[tenths(reference_shares(cuts, sketch_of(baseline)))]
    deciles = np.quantile(baseline, np.arange(1, 10) / 10, method="inverted_cdf")
    assert edges.tolist() == np.unique(deciles).tolist()


@given(few_values, few_values)
def test_stability_index_and_shannon_distance_are_those_of_the_parts(one: list[int], other: list[int]) -> None:
    window, baseline = np.array(one, dtype=float), np.array(other, dtype=float)
    edges = np.unique(np.quantile(baseline, np.arange(1, 10) / 10, method="inverted_cdf"))
    p, q = (
        smoothed_shares(np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1))
        for values in (window, baseline)
    )
    found = distances(window, baseline)
    assert found.population_stability_index == pytest.approx(entropy(p, q) + entropy(q, p), rel=1e-6, abs=1e-9)
    assert found.jensen_shannon_distance == pytest.approx(distance.jensenshannon(p, q, base=2), rel=1e-6, abs=1e-6)


@given(st.lists(numbers, min_size=1, max_size=100), st.lists(numbers, min_size=1, max_size=100))
def test_wasserstein_is_scipys_where_sketches_are_exact(one: list[float], other: list[float]) -> None:
    window, baseline = np.array(one), np.array(other)
    found = distances(window, baseline).wasserstein_distance
    assert found == pytest.approx(exact_wasserstein_distance(window, baseline), rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("make", ["normal", "standard_exponential", "standard_cauchy"])
@pytest.mark.parametrize("shift", [0.0, 0.1, 3.0, -40.0])
def test_wasserstein_of_many_values_is_scipys_within_what_sketches_can_tell(make: str, shift: float) -> None:
    random = np.random.default_rng(5)
    window, baseline = (np.clip(getattr(random, make)(size=50_000), -30, 30) for _ in range(2))
    found = distances(window + shift, baseline).wasserstein_distance
    assert found == pytest.approx(exact_wasserstein_distance(window + shift, baseline), rel=0.01, abs=0.02)


def test_numbers_beyond_doubles_have_no_wasserstein_distance() -> None:
    found = distances(np.array([-1.7e308]), np.array([1.7e308]))
    assert found.wasserstein_distance is None
    assert found.minimum == -1.7e308
    assert math.isfinite(found.population_stability_index)


def judged(window: dict[str, list[object]], baseline: dict[str, list[object]]) -> dict[str, Finding]:
    table = profile([pa.record_batch(baseline)])
    reference = Reference.of(
        read_statistics(to_json(statistics_document(table)), "statistics.json"),
        read_constraints(to_json(constraints_document(table)), "constraints.json"),
    )
    found = profile([pa.record_batch(window)], ProfileRequest(tracking=reference.tracking()))
    return {
        f.column: f
        for f in default.compare(reference, found, DataQuality()).findings
        if f.check == "baseline_drift_check"
    }


def test_a_compared_distribution_carries_its_distances_into_the_results() -> None:
    baseline: dict[str, list[object]] = {"age": list(range(1, 301)), "state": ["TX", "CA", "NY"] * 100}
    window: dict[str, list[object]] = {"age": list(range(11, 311)), "state": ["TX", "CA", "TX"] * 100}
    findings = judged(window, baseline)
    ages = finding_document(findings["age"])["distances"]
    assert ages.keys() == {
        "populationStabilityIndex", "jensenShannonDistance", "wassersteinDistance",
        "minimum", "maximum", "baselineMinimum", "baselineMaximum",
    }  # fmt: skip
    assert (ages["minimum"], ages["maximum"], ages["baselineMinimum"], ages["baselineMaximum"]) == (11, 310, 1, 300)
    assert ages["wassersteinDistance"] == pytest.approx(10, rel=0.01)
    assert finding_document(findings["state"])["distances"].keys() == {
        "populationStabilityIndex",
        "jensenShannonDistance",
    }


@pytest.mark.parametrize("values", [[None] * 300, ["none"] * 300])
def test_nothing_to_compare_has_no_distances(values: list[object]) -> None:
    baseline: dict[str, list[object]] = {"age": list(range(300))}
    found = judged({"age": pa.array(values, pa.string()).to_pylist()}, baseline)["age"]
    assert found.distances is None
    assert "distances" not in finding_document(found)


def test_the_index_of_a_window_grows_with_its_shift() -> None:
    random = np.random.default_rng(3)
    baseline: NDArray[np.float64] = random.normal(size=5_000)
    found = [distances(random.normal(shift, size=5_000), baseline) for shift in (0, 0.25, 0.5, 1, 2)]
    assert [d.population_stability_index for d in found] == sorted(d.population_stability_index for d in found)
    # A shift by a tenth of a standard deviation is .0096, by a quarter .06 (d² for normal distributions, less binning).
    assert found[1].population_stability_index == pytest.approx(0.0625, rel=0.25)
