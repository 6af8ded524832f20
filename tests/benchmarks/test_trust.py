"""The benchmark of the decision rule, in a tiny form, and its parts against known answers."""

from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import kstest, wasserstein_distance

from benchmarks.profiles.report import put
from benchmarks.trust.alerts import Verdicts, onsets, seen
from benchmarks.trust.features import Kind, twenty_features
from benchmarks.trust.peers import PEERS, _doane, _jensen_shannon, evidently, whylogs
from benchmarks.trust.publish import DOCUMENTS, RESULTS
from benchmarks.trust.run import OURS, run
from benchmarks.trust.streams import SCENARIOS, Change, Scenario, Stream, Windows, with_outlier
from benchmarks.trust.table import as_document, as_text

FEATURES = {feature.name: feature for feature in twenty_features()}
INDEPENDENT = Scenario("independent")


def windows(name: str, rows: int, days: int, shift: float = 0.0, seed: int = 1) -> Windows:
    return Stream(FEATURES[name], INDEPENDENT, rows, np.random.default_rng(seed)).month(days, Change("", shift=shift))


def test_a_tiny_form_of_the_benchmark() -> None:
    cell = run(INDEPENDENT, rows=10_000, months=1, seed=1, days=1)
    ours = cell.tallies[OURS]
    assert ours.onsets == 0
    assert cell.limit == pytest.approx(0.022, abs=0.001)
    assert sum(ours.trials["shift .1 sd"]) / len(ours.trials["shift .1 sd"]) > 0.95
    assert "| independent | 10,000 | 0.0 | 0.022 |" in as_text([cell])
    assert set(as_document([cell])[0]["rules"]) == {OURS, *(peer.name for peer in PEERS)}


def test_twenty_features_of_all_kinds_with_shares_that_add_up() -> None:
    assert len(FEATURES) == 20
    assert {feature.kind for feature in FEATURES.values()} == set(Kind)
    for feature in FEATURES.values():
        shares = feature.probabilities(np.array([0.0, 0.3]), 1.0)
        assert shares.sum(axis=1) == pytest.approx(1)
        assert (shares >= 0).all()
        assert shares[:, -1] == pytest.approx(0)


def test_windows_have_the_rows_the_missing_values_and_the_shift_that_were_asked_for() -> None:
    made = windows("normal_3", 10_000, 4, shift=0.25)
    assert (made.rows == 10_000).all()
    assert 1 - made.present.sum() / made.rows.sum() == pytest.approx(0.1, abs=0.002)
    mean = made.counts.sum(axis=0) @ FEATURES["normal_3"].values / made.present.sum()
    assert mean == pytest.approx(0.25, abs=0.01)
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)


def test_an_outlier_takes_the_place_of_one_row() -> None:
    made = windows("normal_0", 500, 1)
    touched = with_outlier(made.counts, np.array([3]))
    assert (touched.sum(axis=1) == made.counts.sum(axis=1)).all()
    assert touched[:, -1].tolist() == [int(place == 3) for place in range(24)]


def raw(feature: str, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.repeat(FEATURES[feature].values, counts)


def test_evidentlys_distance_is_scipys() -> None:
    baseline, month = windows("normal_0", 500, 2), windows("normal_0", 500, 1, shift=0.12, seed=2)
    reference = raw("normal_0", baseline.counts.sum(axis=0))
    expected = [wasserstein_distance(raw("normal_0", one), reference) / reference.std() >= 0.1 for one in month.counts]
    assert evidently(FEATURES["normal_0"], baseline, month)[0].violated.tolist() == expected
    assert 0 < sum(expected) < 24


def test_whylogs_p_value_is_that_of_a_kolmogorov_smirnov_test() -> None:
    baseline, month = windows("normal_0", 500, 2), windows("normal_0", 500, 4, shift=0.06, seed=2)
    reference = raw("normal_0", baseline.counts.sum(axis=0))
    exact = np.array([kstest(raw("normal_0", one), reference).pvalue for one in month.counts])
    flagged = whylogs(FEATURES["normal_0"], baseline, month)[0].violated
    # A hundred quantiles of each side come close to all points.
    assert not flagged[exact > 0.1].any()
    assert flagged[exact < 0.02].all()
    assert 0 < flagged.sum() < len(flagged)


def test_whylogs_calls_any_new_value_drift() -> None:
    baseline, month = windows("plan", 500, 2), windows("plan", 500, 1, seed=2)
    touched = Windows(with_outlier(month.counts, np.array([3])), month.rows, month.hours)
    assert whylogs(FEATURES["plan"], baseline, touched)[0].violated[3]


def test_bins_are_numpys() -> None:
    values, counts = np.array([0.0, 1.0, 2.5, 7.0]), np.array([50, 30, 15, 5])
    assert _doane(values, counts) == pytest.approx(np.histogram_bin_edges(np.repeat(values, counts), bins="doane"))


def test_jensen_shannon_in_both_bases() -> None:
    apart = _jensen_shannon(np.array([[10, 0]]), np.array([0, 10]), 2)
    assert apart == pytest.approx([1.0])
    assert _jensen_shannon(np.array([[10, 0]]), np.array([0, 10]), np.e) == pytest.approx([np.sqrt(np.log(2))])


def flags(*places: int) -> NDArray[np.bool_]:
    return np.isin(np.arange(12), places)


def test_onsets_and_trials_by_two_of_three() -> None:
    violated = Verdicts.plain("a", "drift", flags(1, 2, 8))
    apart = Verdicts.plain("b", "drift", flags(0, 3, 6, 9))
    assert onsets([violated, apart]) == 1
    assert onsets([violated, Verdicts.plain("b", "drift", flags(5, 6))]) == 2
    assert onsets([]) == 0
    assert seen([violated]).tolist() == [True, False, False, False]
    at_once = Verdicts(apart.check, flags(), flags(7), flags(*range(12)))
    assert seen([violated, at_once]).tolist() == [True, False, True, False]


def test_the_documents_show_the_figures_that_were_written_last() -> None:
    results = json.loads(RESULTS.read_text())
    for path, table in DOCUMENTS:
        text = path.read_text()
        assert put(text, "trust", table(results)) == text, f"{path.name}: run python -m benchmarks.trust.publish"
