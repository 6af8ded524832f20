"""The table of scores: exact, bounded, the same in any order, and what is computed from it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from model_monitor_jobs.profiles.performance import LabelledRows, ScoreTable
from model_monitor_jobs.profiles.performance import scores as module
from model_monitor_jobs.profiles.performance.scores import (
    MOST_POINTS,
    MOST_SCORES,
    auc,
    auc_variance,
    lift,
    precision_recall_curve,
    roc_curve,
    thinned,
)


def rows(score: Any, actual: Any) -> LabelledRows:
    score, actual = np.asarray(score, dtype=np.float64), np.asarray(actual, dtype=np.int64)
    return LabelledRows(actual, actual, score, np.zeros(len(score), dtype=np.int64))


def table(score: Any, actual: Any) -> Any:
    made = ScoreTable()
    made.update(rows(score, actual))
    return made.counts


def drawn(seed: int, count: int, decimals: int) -> tuple[Any, Any]:
    random = np.random.RandomState(seed)
    score = np.round(random.beta(1, 3, count), decimals)
    return score, (random.rand(count) < score**0.7).astype(np.int64)


DRAWS = [(1, 20, 1), (2, 300, 1), (3, 300, 2), (4, 1000, 15), (5, 5000, 3)]


def test_scores_are_counted_by_label() -> None:
    made = ScoreTable()
    made.update(rows([0.5, 0.0, 1.0, 0.5, -0.0], [1, 0, 1, 0, 1]))
    assert made.scores.tolist() == [0.0, 0.5, 1.0]
    assert made.counts.tolist() == [[1, 1], [1, 1], [0, 1]]
    assert made.exact


@pytest.mark.parametrize("draw", DRAWS)
def test_the_auc_is_scikit_learns(draw: tuple[int, int, int]) -> None:
    score, actual = drawn(*draw)
    assert float(auc(table(score, actual))) == pytest.approx(metrics.roc_auc_score(actual, score), rel=1e-14)


@pytest.mark.parametrize("draw", DRAWS)
def test_the_variance_is_delongs(draw: tuple[int, int, int]) -> None:
    """From the structural components of all pairs."""
    score, actual = drawn(*draw)
    positive, negative = score[actual == 1], score[actual == 0]
    pairs = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    of_positives, of_negatives = pairs.mean(axis=1), pairs.mean(axis=0)
    expected = of_positives.var(ddof=1) / len(positive) + of_negatives.var(ddof=1) / len(negative)
    assert auc_variance(table(score, actual)) == pytest.approx(expected, rel=1e-11)


def test_the_variance_is_that_of_repeated_samples() -> None:
    random = np.random.RandomState(20_220_711)
    areas, variances = [], []
    for _ in range(800):
        actual = np.repeat([0, 1], [120, 40])
        counts = table(np.round(1 / (1 + np.exp(-random.normal(actual, 1))), 2), actual)
        areas.append(float(auc(counts)))
        variances.append(auc_variance(counts))
    assert np.mean(variances) == pytest.approx(np.var(areas), rel=0.15)


@pytest.mark.parametrize(("score", "actual"), [([], []), ([0.5, 0.7], [1, 1]), ([0.5], [0])])
def test_one_label_has_no_auc(score: list[float], actual: list[int]) -> None:
    counts = table(score, actual)
    assert np.isnan(auc(counts))
    assert np.isnan(auc_variance(counts))
    assert len(roc_curve(counts).x) == 0


@pytest.mark.parametrize("draw", DRAWS)
def test_the_curves_are_scikit_learns(draw: tuple[int, int, int]) -> None:
    score, actual = drawn(*draw)
    counts = table(score, actual)
    false_rates, true_rates, _ = metrics.roc_curve(actual, score, drop_intermediate=False)
    found = roc_curve(counts)
    np.testing.assert_allclose(found.x, false_rates, atol=1e-15)
    np.testing.assert_allclose(found.y, true_rates, atol=1e-15)
    precisions, recalls, _ = metrics.precision_recall_curve(actual, score)
    first_whole = np.flatnonzero(recalls == 1.0)[-1]
    precisions, recalls = precisions[first_whole:][::-1], recalls[first_whole:][::-1]
    found = precision_recall_curve(counts)
    np.testing.assert_allclose(found.x, recalls, atol=1e-15)
    np.testing.assert_allclose(found.y[1:], precisions[1:], atol=1e-15)
    assert found.y[0] == found.y[1]


def test_lift_is_the_top_tenths() -> None:
    """Without ties: the mean label of the highest tenth over that of all."""
    random = np.random.RandomState(3)
    score = random.permutation(np.linspace(0, 1, 500))
    actual = (random.rand(500) < score).astype(np.int64)
    expected = actual[np.argsort(-score)[:50]].mean() / actual.mean()
    assert float(lift(table(score, actual))) == pytest.approx(expected, rel=1e-12)


def test_lift_shares_equal_scores() -> None:
    """A tenth of 10 rows is one row, one third of the three highest: two of them are positive, and 4 of all."""
    score, actual = [0.9] * 3 + [0.1] * 7, [1, 1, 0, 1, 1, 0, 0, 0, 0, 0]
    assert float(lift(table(score, actual))) == pytest.approx((2 / 3) / 0.4)
    assert float(lift(table([0.5] * 7, [1, 0, 0, 0, 0, 0, 1]))) == pytest.approx(1.0)
    assert np.isnan(lift(table([0.5, 0.6], [0, 0])))


def test_many_scores_are_rounded_down_alike_in_any_order() -> None:
    random = np.random.RandomState(11)
    score = random.beta(2, 8, 250_000)
    actual = (random.rand(len(score)) < score).astype(np.int64)
    pieces = np.array_split(np.arange(len(score)), 9)

    def of(*order: int) -> ScoreTable:
        made = ScoreTable()
        for piece in order:
            made.update(rows(score[pieces[piece]], actual[pieces[piece]]))
        return made

    whole = of(*range(9))
    merged = of(7, 1)
    for part in (of(8), of(0, 3, 2), ScoreTable(), of(6, 5), of(4)):
        merged.merge(part)
    assert merged.arrays().keys() == whole.arrays().keys()
    for name, array in whole.arrays().items():
        assert np.array_equal(array, merged.arrays()[name]), name
    assert not whole.exact
    assert MOST_SCORES / 2 < len(whole.scores) <= MOST_SCORES
    assert whole.counts.sum(axis=0).tolist() == [int((actual == 0).sum()), int(actual.sum())]
    # The documented bound of a score, and that of the area.
    lowered = whole.scores[np.searchsorted(whole.scores, score, side="right") - 1]
    assert (lowered <= score).all()
    assert (score - lowered <= score * 2.0 ** (whole.dropped - 52)).all()
    off = abs(float(auc(whole.counts)) - metrics.roc_auc_score(actual, score))
    # Half the share of pairs of a negative and a positive with equal scores.
    most = float(whole.counts.prod(axis=-1).sum() / (2 * whole.counts.sum(axis=0).prod()))
    assert 0 < off <= most < 1e-4


def test_the_fewest_bits_are_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SCORES", 3)
    made = ScoreTable()
    made.update(rows([0.5, 0.625, 0.75, 0.875], [0, 1, 0, 1]))
    assert made.dropped == 51
    assert made.scores.tolist() == [0.5, 0.75]
    assert made.counts.tolist() == [[1, 1], [1, 1]]


@pytest.mark.parametrize("curve", [roc_curve, precision_recall_curve])
def test_long_curves_are_thinned(curve: Any) -> None:
    score, actual = drawn(8, 20_000, 15)
    whole = curve(table(score, actual))
    few = thinned(whole)
    assert len(whole.x) > MOST_POINTS
    assert 0.5 * MOST_POINTS < len(few.x) <= MOST_POINTS
    for end in (0, -1):
        assert (few.x[end], few.y[end]) == (whole.x[end], whole.y[end])
    known = set(zip(whole.x.tolist(), whole.y.tolist(), strict=True))
    assert known.issuperset(zip(few.x.tolist(), few.y.tolist(), strict=True))
    assert np.trapezoid(few.y, few.x) == pytest.approx(np.trapezoid(whole.y, whole.x), abs=2e-3)
    assert thinned(few) is few


def test_broken_tables_are_refused() -> None:
    made = ScoreTable()
    made.update(rows([0.2, 0.7], [0, 1]))
    arrays = made.arrays()
    for broken in (
        {"scores": arrays["scores"]},
        arrays | {"scores": arrays["scores"][::-1]},
        arrays | {"counts": arrays["counts"][:1]},
    ):
        with pytest.raises(ValueError, match="table of scores"):
            ScoreTable.from_arrays(broken)
    with pytest.raises(ValueError, match="without scores"):
        made.update(LabelledRows(np.ones(1), np.ones(1), None, np.zeros(1, dtype=np.int64)))
